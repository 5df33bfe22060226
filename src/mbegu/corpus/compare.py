"""Compares all documents with each other while they stream past: exact copies at once, near copies and overlap at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.core.documents import Document
from mbegu.corpus.dedup import VALUES, Signatures, find_duplicates, signatures
from mbegu.corpus.findings import EXACT, NEAR, Findings, excerpt
from mbegu.corpus.keys import Hashes, digest, letters_and_marks, skeleton
from mbegu.corpus.overlap import Spans, make_spans, sample_every, sample_spans
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.split import joined_groups, undivided_unit

BATCH_CHARACTERS = 500_000


@dataclass(frozen=True)
class Compared:
    """The documents that are kept [documents]: identifiers, sizes, groups of similar ones, sampled spans, and the share of each
    that stands in documents of other groups word for word."""

    ids: Sequence[str]
    sizes_bytes: Sequence[int]
    groups: npt.NDArray[np.int64]
    spans: Spans
    shared_share: npt.NDArray[np.float64]


class Comparison:
    """Holds what is compared: about 1 kB a document and 1.5 bytes a letter (less in large corpora); the texts are not held."""

    def __init__(self, settings: CorpusSettings, findings: Findings, total_bytes: int) -> None:
        self._settings = settings
        self._findings = findings
        self._one_in = sample_every(total_bytes)
        self._first_with: dict[bytes, int] = {}
        self._ids: list[str] = []
        self._sources: list[str] = []
        self._excerpts: list[str] = []
        self._undivided: list[str] = []
        self._sizes_bytes: list[int] = []
        self._waiting: list[tuple[str, str]] = []
        self._signatures: list[Signatures] = []
        self._span_hashes: list[Hashes] = []
        self._span_documents: list[npt.NDArray[np.int32]] = []
        self.total_bytes = 0

    def without_copies(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Yield the documents that are no exact copy of an earlier one, and remember what near copies are found by."""
        waiting_characters = 0
        for document in documents:
            key = letters_and_marks(document.text)
            first = self._first_with.setdefault(digest(key), len(self._ids))
            if first < len(self._ids):
                self._findings.drop(document.source, EXACT, f"same as {self._sources[first]}", document.text)
                continue
            size = len(document.text.encode("utf-8"))
            self._ids.append(document.id)
            self._sources.append(document.source)
            self._excerpts.append(excerpt(document.text))
            self._undivided.append(undivided_unit(document, self._settings.divide_by))
            self._sizes_bytes.append(size)
            self.total_bytes += size
            self._waiting.append((key, skeleton(key)))
            waiting_characters += len(key)
            if waiting_characters > BATCH_CHARACTERS:
                self._sign_waiting()
                waiting_characters = 0
            yield document
        self._sign_waiting()

    def finish(self) -> Compared:
        """Find near copies, record them as dropped, and return what is left."""
        signed = np.concatenate([np.zeros((0, VALUES), dtype=np.uint32), *self._signatures])
        duplicates = find_duplicates(signed, self._settings.near_duplicate, self._settings.same_side)
        for number, (first, likeness) in sorted(duplicates.earlier.items()):
            self._findings.drop(
                self._sources[number],
                NEAR,
                f"{100 * likeness:.0f} % like {self._sources[first]}",
                self._excerpts[number],
                size_bytes=self._sizes_bytes[number],
            )
        kept = np.array([number for number in range(len(self._ids)) if number not in duplicates.earlier], dtype=np.int64)
        spans = self._spans_of(kept)
        groups = joined_groups(duplicates.groups, self._undivided)[kept]
        numbers = kept.tolist()
        return Compared([self._ids[i] for i in numbers], [self._sizes_bytes[i] for i in numbers], groups, spans, spans.shared_share(groups))

    def _sign_waiting(self) -> None:
        if not self._waiting:
            return
        first = len(self._ids) - len(self._waiting)
        self._signatures.append(signatures([key for key, _ in self._waiting]))
        hashes, documents = sample_spans([bare for _, bare in self._waiting], self._one_in)
        self._span_hashes.append(hashes)
        self._span_documents.append(documents + np.int32(first))
        self._waiting = []

    def _spans_of(self, kept: npt.NDArray[np.int64]) -> Spans:
        """Return the sampled spans of the kept documents, numbered by their place among these."""
        hashes = np.concatenate([np.zeros(0, dtype=np.uint64), *self._span_hashes])
        documents = np.concatenate([np.zeros(0, dtype=np.int32), *self._span_documents])
        self._span_hashes, self._span_documents = [], []
        renumbered = np.full(len(self._ids), -1, dtype=np.int32)
        renumbered[kept] = np.arange(len(kept), dtype=np.int32)
        documents = renumbered[documents]
        return make_spans(hashes[documents >= 0], documents[documents >= 0], len(kept))
