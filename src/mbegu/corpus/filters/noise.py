"""Keyboard noise: lines whose letters follow each other as they hardly ever do in the rest of the corpus.

The measure is the mean surprise, in bits, of a letter when the one before it is known, by counts from the corpus itself. A quotation in
another script is not taken for noise: its letters follow each other as they do in other such quotations. Letters that are rare in
the corpus are left out. And a line is noise only where it is so beside the others of its own kind of text too: in a collection of many
languages a rare one looks like noise beside the others. What is nothing but one letter over and over needs no counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import LETTER, MARK, Batch, Limit, Mask

NAME = "keyboard noise"
MEASURES = "mean surprise of a letter when the one before it is known, in bits, by the corpus' own counts"
BINS = 1 << 16
MIN_PAIRS = 15  # fewer say too little about a line
MIN_LINES = 200  # fewer lines say too little about a corpus
SPREADS = 8.0  # robust standard deviations above the median: beyond them lie fewer than one line in 10^15 of a normal distribution
MIN_ABOVE_BITS = 4.0  # measured on Hausa, Swahili and Yoruba news: 97 in 100 lines of keys hit at random lie above; quotations and names do not
RARE_SHARE = 2e-5
STRETCH = 5  # equal letters one after another; no word of any language needs as many
MAX_BEYOND_SHARE = 0.02  # of the lines of a kind of text: more beyond the limit are no noise, but how some of it is written

Counts = npt.NDArray[np.int64]


def pair_counts(batch: Batch, group: Counts, groups: int) -> tuple[Counts, Counts]:
    """Return how often each pair of letters [groups, BINS] and each letter that begins a pair [groups, BINS] occurs, by hash.

    Args:
        batch: the lines.
        group: of each line [lines]; those below 0 and from ``groups`` on are left out.
        groups: how many there are.
    """
    bins, first, is_pair = _pairs(batch)
    if groups == 1 and not group.any():
        return tuple(np.bincount(np.compress(is_pair, codes), minlength=BINS)[None] for codes in (bins, first))  # type: ignore[return-value]
    own = np.repeat(group, np.diff(batch.starts))
    is_pair &= (own >= 0) & (own < groups)
    shift = own[is_pair] * BINS
    size = groups * BINS
    return tuple(np.bincount(shift + codes[is_pair], minlength=size).reshape(groups, BINS) for codes in (bins, first))  # type: ignore[return-value]


def find_one_letter(batch: Batch) -> Mask:
    """Return which lines [lines] have five and more letters, and none but stretches of five and more equal ones.

    Words drawn out among others stay: that is how people write what they feel.
    """
    codes = batch.lower
    same = np.zeros(len(codes), dtype=bool)
    same[:-1] = (codes[1:] == codes[:-1]) & (batch.kinds[:-1] == LETTER)
    same[np.maximum(batch.starts[1:] - 1, 0)[np.diff(batch.starts) > 0]] = False
    stretch = same.copy()
    for step in range(1, STRETCH - 1):
        stretch[:-step] &= same[step:]
        stretch[-step:] = False
    if not stretch.any():
        return np.zeros(len(batch.lines), dtype=bool)
    inside = stretch.copy()
    for step in range(1, STRETCH):
        inside[step:] |= stretch[:-step]
    found: Mask = (batch.letters > 0) & (batch.line_sums(inside) >= batch.letters)
    return found


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
        good = is_pair & self.common.take(first)
        bits = np.where(good, self.letters.take(first) - self.pairs.take(bins), np.float32(0))
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


def choose_own(sample: npt.NDArray[np.float64]) -> Limit:
    """Return the limit for one kind of text from the mean surprises of a sample of its lines; none where the lines disagree."""
    limit = choose(sample)
    beyond = float((sample > limit.value).mean()) if limit.value is not None else 0.0
    if beyond > MAX_BEYOND_SHARE:
        return Limit(None, f"off: {100 * beyond:.0f} % of its own lines lie beyond {limit.value:.2f} bits, so it is written in several ways")
    return limit


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
