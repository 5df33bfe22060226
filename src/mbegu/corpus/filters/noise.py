"""Keyboard noise: lines whose letters follow each other as they hardly ever do in the rest of the corpus.

The measure is the mean surprise, in bits, of a letter when the one before it is known, by counts from the corpus itself. A quotation in
another script is not taken for noise: its letters follow each other as they do in other such quotations. Letters that are rare in
the corpus are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import MARK, Batch, Limit, Mask

NAME = "keyboard noise"
MEASURES = "mean surprise of a letter when the one before it is known, in bits, by the corpus' own counts"
BINS = 1 << 16
MIN_PAIRS = 15  # fewer say too little about a line
MIN_LINES = 200  # fewer lines say too little about a corpus
SPREADS = 8.0  # robust standard deviations above the median: beyond them lie fewer than one line in 10^15 of a normal distribution
MIN_ABOVE_BITS = 2.5
RARE_SHARE = 2e-5

Counts = npt.NDArray[np.int64]


def pair_counts(batch: Batch) -> tuple[Counts, Counts]:
    """Return how often each pair of letters [BINS] and each letter that begins a pair [BINS] occurs, by hash."""
    bins, first, is_pair = _pairs(batch)
    return np.bincount(bins[is_pair], minlength=BINS), np.bincount(first[is_pair], minlength=BINS)


@dataclass(frozen=True)
class Model:
    """How surprising each pair is [BINS] but for its first letter, what that one takes off [BINS], and which letters are common [BINS]."""

    pairs: npt.NDArray[np.float32]
    letters: npt.NDArray[np.float32]
    common: Mask

    @classmethod
    def of(cls, pairs: Counts, letters: Counts) -> Model:
        """Make it from counts. A pair never seen counts as seen a tenth of a time."""
        common = letters >= max(10.0, RARE_SHARE * float(letters.sum()))
        return cls(np.log2(pairs + 0.1).astype(np.float32), np.log2(letters + 1.0).astype(np.float32), common)

    def line_surprises(self, batch: Batch) -> npt.NDArray[np.float64]:
        """Return the mean surprise of a letter after a common one in each line [lines]; 0 where there are too few of them."""
        bins, first, is_pair = _pairs(batch)
        good = is_pair & self.common[first]
        bits = np.where(good, self.letters[first] - self.pairs[bins], np.float32(0))
        pairs, totals = batch.line_sums(good), batch.line_sums(bits)
        return np.where(pairs >= MIN_PAIRS, totals / np.maximum(pairs, 1), 0.0)


def choose(sample: npt.NDArray[np.float64]) -> Limit:
    """Return the limit from the mean surprises of a sample of lines."""
    sample = sample[sample > 0]
    if len(sample) < MIN_LINES:
        return Limit(None, f"off: only {len(sample):,} lines are long enough to learn from, {MIN_LINES} are needed")
    middle = float(np.median(sample))
    spread = 1.4826 * float(np.median(np.abs(sample - middle)))
    limit = middle + max(MIN_ABOVE_BITS, SPREADS * spread)
    return Limit(round(limit, 3), f"median {middle:.2f} bits, robust standard deviation {spread:.2f}, of {len(sample):,} lines")


def _pairs(batch: Batch) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16], Mask]:
    """Return for each character the hash of it and the next, its own hash, and whether both are letters or marks of one line [characters]."""
    codes = batch.lower
    following = np.zeros_like(codes)
    following[:-1] = codes[1:]
    is_letter = batch.kinds <= MARK  # vowels of many scripts are marks
    is_pair = is_letter.copy()
    is_pair[:-1] &= is_letter[1:]
    is_pair[np.maximum(batch.starts[1:] - 1, 0)[np.diff(batch.starts) > 0]] = False
    bins = (codes * np.uint32(2654435761) + following * np.uint32(0x85EBCA6B)) >> np.uint32(16)
    return bins.astype(np.uint16), codes.astype(np.uint16), is_pair
