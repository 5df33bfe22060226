"""Settings of cleaning: what the text is, how it is read, which rules to use, what to leave in."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from mbegu.core.settings import setting
from mbegu.corpus.settings import CleaningSettings, CorpusSettings, ReadingSettings


@dataclass(frozen=True)
class CleanSettings(CleaningSettings, ReadingSettings):
    """What ``mbegu corpus clean`` is told."""

    paths: tuple[str, ...] = setting(help="files and folders with the text; they are only read")
    language: str = setting(help="ISO 639-3 code of the language, with an optional script: yor or yor_Latn")
    near_duplicate: float = setting(0.7, help="documents at least this similar to an earlier one are dropped; 1: only exact copies", low=0.3, high=1)
    min_document_bytes: int = setting(1, help="shorter documents are left out", unit="bytes", low=1)

    def reading(self) -> CorpusSettings:
        """Return how the files are read. Lines that came before are found by the pipeline itself, over the whole corpus."""
        own = {each.name: getattr(self, each.name) for each in dataclasses.fields(ReadingSettings)}
        return CorpusSettings(text=self.paths, repeated_lines=False, min_document_bytes=self.min_document_bytes, **own)
