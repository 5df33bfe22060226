"""Keyboard noise: lines whose letters follow each other as they hardly ever do in the rest of the corpus.

The measure is the mean surprise, in bits, of a letter after the one before it, by counts from the corpus itself. Letters that are
rare in the corpus are left out of it, so that a quotation in another script is not taken for noise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import LETTER, Batch, Limit, Mask, tables
from mbegu.corpus.keys import mix

NAME = "keyboard noise"
MEASURES = "mean surprise of a letter after the one before it, in bits, by the corpus' own counts"
BINS = 1 << 16
MIN_PAIRS = 15  # fewer say too little about a line
MIN_LINES = 200  # fewer lines say too little about a corpus
SPREADS = 8.0  # robust standard deviations above the median: beyond them lie fewer than one line in 10^15 of a normal distribution
MIN_ABOVE_BITS = 2.0
RARE_SHARE = 2e-5

Counts = npt.NDArray[np.int64]


def pair_counts(batch: Batch) -> tuple[Counts, Counts]:
    """Return how often each pair of letters [BINS] and each letter [BINS] occurs, by hash."""
    bins, letters, _ = _pairs(batch)
    return np.bincount(bins, minlength=BINS), np.bincount(letters, minlength=BINS)


def surprises(counts: Counts, letters: Counts) -> npt.NDArray[np.float32]:
    """Return the surprise in bits of each pair of letters [BINS]; a pair never seen counts as seen a tenth of a time."""
    shares = (counts + 0.1) / max(1.0, float(counts.sum()))
    values: npt.NDArray[np.float32] = -np.log2(shares).astype(np.float32)
    return values


def common_letters(letters: Counts) -> Mask:
    """Return which letters [BINS], by hash, are common in the corpus."""
    common: Mask = letters >= RARE_SHARE * max(1, int(letters.sum()))
    return common


def line_surprises(batch: Batch, bits: npt.NDArray[np.float32], common: Mask) -> npt.NDArray[np.float64]:
    """Return the mean surprise of the pairs of common letters of each line [lines]; 0 where there are too few of them."""
    bins, letters, lines = _pairs(batch)
    good = common[letters]
    lines = lines[good]
    pairs = np.bincount(lines, minlength=len(batch.lines))
    totals = np.bincount(lines, weights=bits[bins[good]], minlength=len(batch.lines))
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
    """Return the hashes of pairs of neighbouring letters, of the second letter of each, and the lines that they stand in."""
    codes = tables().lower[batch.codes]
    is_letter = batch.kinds == LETTER
    lines = batch.line_of
    both = is_letter[1:] & is_letter[:-1] & (lines[1:] == lines[:-1])
    first, second = codes[:-1][both], codes[1:][both]
    bins = mix((first.astype(np.uint64) << np.uint64(20)) | second.astype(np.uint64)) % np.uint64(BINS)
    return bins.astype(np.int64), (second % BINS).astype(np.int64), lines[1:][both]
