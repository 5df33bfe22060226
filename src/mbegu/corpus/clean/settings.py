"""Settings of cleaning: what the text is, which rules to use, what to leave in."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.settings import setting
from mbegu.corpus.settings import CorpusSettings


@dataclass(frozen=True)
class CleanSettings:
    """What ``mbegu corpus clean`` is told."""

    paths: tuple[str, ...] = setting(help="files and folders with the text; they are only read")
    language: str = setting(help="ISO 639-3 code of the language, with an optional script: yor or yor_Latn")
    licence: str = setting("unknown", help="licence of the text where sources.toml says none, an SPDX identifier such as CC-BY-4.0")
    contributor: str = setting("", help="who gave the text, where sources.toml does not say")
    column: str = setting("", help="column with the text in tables; found by the longest text when empty")
    encoding: str = setting("", help="encoding of files that are not Unicode; guessed and reported when empty")
    document: str = setting("auto", help="what is one document in running text", choices=("auto", "file", "paragraph", "line"))
    rules: tuple[str, ...] = setting((), help="rules of rewriting to use; none changes anything unless it is named")
    private: bool = setting(False, help="replace private items by typed placeholders")
    regions: tuple[str, ...] = setting((), help="countries whose telephone and identity numbers are looked for, ISO 3166 codes such as NG")
    names: str = setting("", help="file with names of people to replace, one a line; the names themselves are written nowhere")
    blocked: str = setting("", help="file with words and passages that must not be used, one a line: documents with them are dropped")
    identifier: str = setting("", help="model of language identification that was taught; the built-in one when empty")
    keep_languages: tuple[str, ...] = setting((), help="languages whose lines are kept; lines in others are dropped. Empty: lines are only tagged")
    leave_in: tuple[str, ...] = setting((), help="reasons for which nothing is dropped")
    near_duplicate: float = setting(0.7, help="documents at least this similar to an earlier one are dropped; 1: only exact copies", low=0.3, high=1)
    passage_letters: int = setting(200, help="shortest passage that is dropped where it came before in another document", unit="letters", low=100)

    def reading(self) -> CorpusSettings:
        """Return how the files are read. Lines that came before are found by the pipeline itself, over the whole corpus."""
        return CorpusSettings(
            text=self.paths,
            column=self.column,
            document=self.document,
            encoding=self.encoding,
            licence=self.licence,
            contributor=self.contributor,
            repeated_lines=False,
            min_document_bytes=1,
        )
