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


def find_passages(texts: Sequence[str], numbers: Sequence[int], repeated: RepeatedSpans, least_letters: int) -> list[list[Cut]]:
    """Return what is to be cut out of each of some documents [documents].

    Args:
        texts: of the documents [documents].
        numbers: of the documents in the corpus [documents].
        repeated: spans that stand in several documents.
        least_letters: of a passage.
    """
    batch = make_batch(texts)
    hashes, owner, sampled = spans_of(batch, (SPAN_LETTERS,))[0].sampled()
    first = repeated.first_of(hashes)
    hit = (first >= 0) & (first < np.array(numbers, dtype=np.int64)[owner])
    bounds = np.searchsorted(owner, np.arange(batch.documents + 1)).tolist()
    ends = np.cumsum(batch.key_sums)
    spans_before = np.cumsum(np.maximum(batch.key_sums - SPAN_LETTERS + 1, 0)).tolist()
    covered = np.zeros(len(batch.key_codes), dtype=bool)
    origins: list[list[tuple[int, int, int]]] = [[] for _ in texts]
    for number in np.unique(owner[hit]).tolist():
        own = slice(bounds[number], bounds[number + 1])
        letters, base = int(batch.key_sums[number]), int(ends[number] - batch.key_sums[number])
        places = sampled[own] - (spans_before[number - 1] if number else 0)
        for begin, end in _stretches(hit[own]):
            start, stop = _reach(places, begin, end, letters)
            if end - begin >= MIN_HITS and stop - start >= least_letters:
                covered[base + start : base + stop] = True
                origins[number].append((base + start, base + stop, Counter(first[own][begin:end].tolist()).most_common(1)[0][0]))
    return _cuts(batch, covered, origins)


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


def _cuts(batch: Batch, covered: npt.NDArray[np.bool_], origins: list[list[tuple[int, int, int]]]) -> list[list[Cut]]:
    """Return for each document the sentences that lie in what is covered."""
    cuts: list[list[Cut]] = [[] for _ in origins]
    if not covered.any():
        return cuts
    letters_before = np.concatenate([[0], np.cumsum(batch.kinds <= DIGIT)])
    covered_before = np.concatenate([[0], np.cumsum(covered)])
    starts = letters_before[batch.starts]
    first_line = np.searchsorted(batch.owner, np.arange(batch.documents))
    for number in np.flatnonzero(covered_before[starts[1:]] > covered_before[starts[:-1]]).tolist():  # lines in which anything is covered
        line, base, owner = batch.lines[number], int(batch.starts[number]), int(batch.owner[number])
        left, out, first = [], [], -1
        for start, stop in _sentences(line):
            low, high = int(letters_before[base + start]), int(letters_before[base + stop])
            if high > low and covered_before[high] - covered_before[low] >= MIN_SENTENCE_SHARE * (high - low):
                out.append(line[start:stop])
                first = next((origin for begin, end, origin in origins[owner] if begin < high and end > low), first)
            else:
                left.append(line[start:stop])
        if out:
            cuts[owner].append(Cut(number - int(first_line[owner]), "".join(left).strip(), "".join(out).strip(), first))
    return cuts


def _sentences(line: str) -> list[tuple[int, int]]:
    ends = [end for end in sentence_ends(line) if end < len(line)]
    return list(zip([0, *ends], [*ends, len(line)], strict=True))
