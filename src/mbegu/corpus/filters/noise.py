"""Keyboard noise: lines whose letters follow each other as they hardly ever do in the rest of the corpus.

The measure is the mean surprise, in bits, of a letter when the one before it is known, by counts from the corpus itself. A quotation in
another script is not taken for noise: its letters follow each other as they do in other such quotations. Letters that are rare in
the corpus are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import LETTER, Batch, Limit, Mask, tables
from mbegu.corpus.keys import mix

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
    bins, letters, _ = _pairs(batch)
    return np.bincount(bins, minlength=BINS), np.bincount(letters, minlength=BINS)


@dataclass(frozen=True)
class Model:
    """Logarithms to base 2 of how often each pair [BINS] and each letter [BINS] occurs, and which letters are common [BINS]."""

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
        bins, letters, lines = _pairs(batch)
        good = self.common[letters]
        bins, letters, lines = bins[good], letters[good], lines[good]
        pairs = np.bincount(lines, minlength=len(batch.lines))
        totals = np.bincount(lines, weights=self.letters[letters] - self.pairs[bins], minlength=len(batch.lines))
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


def _pairs(batch: Batch) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the hashes of pairs of neighbouring letters, of the first letter of each, and the lines that they stand in."""
    codes = tables().lower[batch.codes]
    is_letter = batch.kinds == LETTER
    lines = batch.line_of
    both = is_letter[1:] & is_letter[:-1] & (lines[1:] == lines[:-1])
    first, second = codes[:-1][both], codes[1:][both]
    bins = mix((first.astype(np.uint64) << np.uint64(20)) | second.astype(np.uint64)) % np.uint64(BINS)
    return bins.astype(np.int64), (first % BINS).astype(np.int64), lines[1:][both]
