"""Passages that came before in another document: which stretches of a document they are, and the document without them.

Of all spans of 50 letters one in 16 is looked at, chosen by its hash. Where several such spans one after another all stand in earlier
documents, everything from the first to the last of them does, but for a chance of 2**-64. What is cut out are whole sentences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import DIGIT, SAMPLE_ONE_IN, Batch, make_batch, spans_of
from mbegu.corpus.keys import Hashes
from mbegu.corpus.lines import sentence_ends
from mbegu.corpus.overlap import SPAN_LETTERS

NAME = "repeated passage"
MEASURES = "stretches of at least so many letters that stand in an earlier document letter by letter"
MIN_SENTENCE_SHARE = 0.8  # of a sentence's letters that must lie in the passage for it to be cut out
MIN_HITS = 3


@dataclass(frozen=True)
class Cut:
    """Sentences that are cut out of a line: its number in the text, what is left of it, what was cut out, and where it came before."""

    line: int
    left: str
    cut: str
    first: int


class RepeatedSpans:
    """The sampled spans that stand in several documents: hashes [spans], sorted, and the first document of each [spans]."""

    def __init__(self, hashes: Hashes, first: npt.NDArray[np.int64]) -> None:
        self._hashes = hashes
        self._first = first

    def first_of(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        """Return the first document with each span, or -1 where it stands in one only."""
        if not len(self._hashes):
            return np.full(len(hashes), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return np.where(self._hashes[places] == hashes, self._first[places], -1)


def find_passages(lines: Sequence[str], number: int, repeated: RepeatedSpans, least_letters: int) -> list[Cut]:
    """Return what is to be cut out of a document.

    Args:
        lines: of the document.
        number: of the document in the corpus.
        repeated: spans that stand in several documents.
        least_letters: of a passage.
    """
    batch = make_batch(["\n".join(lines)])
    hashes, _, sampled = spans_of(batch, (SPAN_LETTERS,))[0].sampled()
    first = repeated.first_of(hashes)
    hit = (first >= 0) & (first < number)
    covered = np.zeros(len(batch.key_codes), dtype=bool)
    origins: list[tuple[int, int, int]] = []
    for begin, end in _stretches(hit):
        start, stop = _reach(sampled, begin, end, len(covered))
        if end - begin >= MIN_HITS and stop - start >= least_letters:
            covered[start:stop] = True
            origins.append((start, stop, Counter(first[begin:end].tolist()).most_common(1)[0][0]))
    return _cuts(batch, covered, origins) if origins else []


def _stretches(hit: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the beginning and end of each stretch of hits."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hit.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _reach(sampled: npt.NDArray[np.int64], begin: int, end: int, letters: int) -> tuple[int, int]:
    """Return where a passage begins and ends at the utmost: before it meets a sampled span that is not repeated."""
    low = int(sampled[begin - 1]) + 1 if begin else 0
    high = int(sampled[end]) + SPAN_LETTERS - 1 if end < len(sampled) else letters
    start = max(low, int(sampled[begin]) - SAMPLE_ONE_IN)
    stop = min(high, int(sampled[end - 1]) + SPAN_LETTERS + SAMPLE_ONE_IN)
    return start, min(stop, letters)


def _cuts(batch: Batch, covered: npt.NDArray[np.bool_], origins: list[tuple[int, int, int]]) -> list[Cut]:
    """Return the sentences that lie in what is covered."""
    letters_before = np.concatenate([[0], np.cumsum(batch.kinds <= DIGIT)])
    covered_before = np.concatenate([[0], np.cumsum(covered)])
    cuts = []
    for number, line in enumerate(batch.lines):
        base, left, out, first = int(batch.starts[number]), [], [], -1
        for start, stop in _sentences(line):
            low, high = int(letters_before[base + start]), int(letters_before[base + stop])
            if high > low and covered_before[high] - covered_before[low] >= MIN_SENTENCE_SHARE * (high - low):
                out.append(line[start:stop])
                first = next((origin for begin, end, origin in origins if begin < high and end > low), first)
            else:
                left.append(line[start:stop])
        if out:
            cuts.append(Cut(number, "".join(left).strip(), "".join(out).strip(), first))
    return cuts


def _sentences(line: str) -> list[tuple[int, int]]:
    ends = [end for end in sentence_ends(line) if end < len(line)]
    return list(zip([0, *ends], [*ends, len(line)], strict=True))
