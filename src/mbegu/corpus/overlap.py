"""How much of one text stands word for word in another: shared spans of 50 letters.

Spans are taken from the text's letters without combining marks, so a copy typed without tone marks, with other punctuation or
capitals counts as the same. There are two ways to look:

- ``SpanIndex`` knows every span of a few texts and looks for them in a stream of others: exact. So the held-out text is checked.
- ``Spans`` holds of all documents a fixed fraction of spans, chosen by their hash: the same span is chosen wherever it stands, and the
  share estimated from it is unbiased. It tells beforehand which documents had better not be held out; of a short one it may know nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.core.documents import Document, in_batches
from mbegu.corpus.keys import Hashes, skeleton, span_hashes
from mbegu.corpus.leaks.words import Lookup

SPAN_LETTERS = 50
LEAST_LETTERS = 20  # fewer, such as a date or a title, stand in many texts
SAMPLE_ONE_IN = 8
FULL_SAMPLE_BYTES = 50_000_000
BATCH_CHARACTERS = 500_000

Numbers = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


class SpanIndex:
    """Every span of some texts, to be looked for in others.

    A text of fewer than 50 letters is one span; from 20 letters on it is found inside other texts too, below only as a whole text.

    Args:
        texts: as people wrote them; each has at least one span.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        skeletons = [skeleton(text) for text in texts]
        hashes, offsets = span_hashes(skeletons, SPAN_LETTERS)
        self._owners = np.repeat(np.arange(len(skeletons)), np.diff(offsets))
        different, self._numbers = np.unique(hashes, return_inverse=True)
        self._spans = Lookup(different)
        self._short = [(bare, int(self._numbers[offset])) for bare, offset in zip(skeletons, offsets.tolist(), strict=False) if _is_short(bare)]
        self._beginnings = Lookup(span_hashes([bare[:LEAST_LETTERS] for bare, _ in self._short], LEAST_LETTERS)[0])

    def shared_share(self, documents: Iterable[Document]) -> Shares:
        """Return for each text of the index [texts] which share of its spans stands in any of these documents."""
        found = np.zeros(len(self._spans.sorted), dtype=bool)
        for batch in in_batches(documents, BATCH_CHARACTERS):
            found[self._hits([skeleton(document.text) for document in batch])[:, 3]] = True
        share: Shares = np.bincount(self._owners, weights=found[self._numbers]) / np.bincount(self._owners)
        return share

    def texts_with_spans(self, texts: Sequence[str]) -> set[int]:
        """Return the numbers of the texts in which any of the spans stands."""
        return set(self._hits([skeleton(text) for text in texts])[:, 0].tolist())

    def letters_in(self, text: str) -> list[tuple[int, int]]:
        """Return which letters of a text belong to spans: the first and one past the last of each stretch, counted in its ``skeleton``."""
        stretches: list[tuple[int, int]] = []
        for _, start, end, _ in sorted(self._hits([skeleton(text)]).tolist()):
            if stretches and start <= stretches[-1][1]:
                stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
            else:
                stretches.append((start, end))
        return stretches

    def _hits(self, skeletons: Sequence[str]) -> Numbers:
        """Return each place where a span stands [places, 4]: number of the text, first letter, one past the last, number of the span."""
        hashes, offsets = span_hashes(skeletons, SPAN_LETTERS)
        places, spans = self._spans.pairs(hashes)
        texts, starts = _in_texts(places, offsets)
        whole = np.stack([texts, starts, starts + SPAN_LETTERS, spans], axis=1)
        return np.concatenate([whole, self._short_hits(skeletons)]) if self._short else whole

    def _short_hits(self, skeletons: Sequence[str]) -> Numbers:
        """Return, as ``_hits`` does, where the short texts of the index stand: looked for by their first letters, then compared."""
        hashes, offsets = span_hashes(skeletons, LEAST_LETTERS)
        places, entries = self._beginnings.pairs(hashes)
        texts, starts = _in_texts(places, offsets)
        hits = []
        for text, start, (bare, span) in zip(texts.tolist(), starts.tolist(), map(self._short.__getitem__, entries.tolist()), strict=True):
            if skeletons[text].startswith(bare, start):
                hits.append((text, start, start + len(bare), span))
        return np.array(hits, dtype=np.int64).reshape(-1, 4)


def _in_texts(places: Numbers, offsets: Numbers) -> tuple[Numbers, Numbers]:
    """Return of places in a row of texts the number of the text and the place in it; text i begins at ``offsets[i]``."""
    texts = np.searchsorted(offsets, places, side="right") - 1
    return texts, places - offsets[texts]


def _is_short(bare: str) -> bool:
    return LEAST_LETTERS <= len(bare) < SPAN_LETTERS


def share_of_bytes(share: Shares, sizes_bytes: Sequence[int]) -> float:
    """Return the mean of the shares of texts, each weighed by its size."""
    return round(float(np.dot(share, sizes_bytes)) / max(1, sum(sizes_bytes)), 6)


@dataclass(frozen=True)
class Spans:
    """Sampled spans of all documents: their hashes [spans], sorted, and the document of each [spans]."""

    hashes: Hashes
    documents: npt.NDArray[np.int32]
    count: int

    def shared_share(self, side: Numbers) -> Shares:
        """Return for each document [documents] which share of its spans also stands on another side; 0 of one without a sampled span.

        Args:
            side: a number for each document [documents].
        """
        if not len(self.hashes):
            return np.zeros(self.count)
        sides = side[self.documents]
        starts = np.flatnonzero(np.concatenate([[True], self.hashes[1:] != self.hashes[:-1]]))
        lengths = np.diff(np.append(starts, len(self.hashes)))
        shared = np.repeat(np.minimum.reduceat(sides, starts) != np.maximum.reduceat(sides, starts), lengths)
        all_spans = np.bincount(self.documents, minlength=self.count)
        share: Shares = np.bincount(self.documents, weights=shared, minlength=self.count) / np.maximum(all_spans, 1)
        return share


def sample_every(total_bytes: int) -> int:
    """Return of how many spans one is looked at: 8, and more for large corpora, so that memory stays bounded (12 bytes a span)."""
    return SAMPLE_ONE_IN * max(1, -(-total_bytes // FULL_SAMPLE_BYTES))


def sample_spans(skeletons: Sequence[str], one_in: int) -> tuple[Hashes, npt.NDArray[np.int32]]:
    """Return the sampled span hashes of texts one after another, and the number of the text of each.

    Args:
        skeletons: letters of the texts without marks.
        one_in: of how many spans one is taken.
    """
    hashes, offsets = span_hashes(skeletons, SPAN_LETTERS)
    documents = np.repeat(np.arange(len(skeletons), dtype=np.int32), np.diff(offsets))
    taken = hashes % np.uint64(one_in) == 0
    return hashes[taken], documents[taken]


def make_spans(hashes: Hashes, documents: npt.NDArray[np.int32], count: int) -> Spans:
    """Sort sampled spans by hash; ``count`` is the number of documents."""
    order = np.argsort(hashes, kind="stable")
    return Spans(hashes[order], documents[order], count)
