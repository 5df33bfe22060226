"""Documents that repeat themselves: the share of their spans of 20 letters that stand in them before.

Refrains are part of songs and of stories for children, so the limit comes from the corpus and is never below a half.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import Limit, Spans
from mbegu.corpus.keys import Hashes

NAME = "repeats itself"
MEASURES = "share of a document's spans of 20 letters that stand in it before"
SPAN_LETTERS = 20
MIN_SPANS = 100
BINS = 100
MIN_LIMIT = 0.5
DEFAULT = 0.6
MIN_DOCUMENTS = 200
SPREADS = 5.0


def repeated_shares(spans: Spans) -> npt.NDArray[np.float64]:
    """Return the share for each document [documents] from its spans of 20 letters; 0 for one of fewer than 100."""
    offsets = spans.offsets
    sizes, shares = np.diff(offsets), np.zeros(len(offsets) - 1)
    for number in np.flatnonzero(sizes >= MIN_SPANS).tolist():
        own = spans.raw[offsets[number] : offsets[number + 1]]
        shares[number] = _repeats(own) / len(own)
    return shares


def _repeats(hashes: Hashes) -> int:
    """Return how many hashes came before. Only those that share their highest bits with another are sorted, which is few."""
    bits = len(hashes).bit_length() + 3
    bins = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    shared = np.sort(np.compress(np.bincount(bins).take(bins) > 1, hashes))
    return int((shared[1:] == shared[:-1]).sum())


def histogram(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return how many documents have each share [BINS + 1]."""
    return np.bincount((shares * BINS).astype(np.int64), minlength=BINS + 1)


def choose(counts: npt.NDArray[np.int64]) -> Limit:
    """Return the limit from the histogram of the whole corpus."""
    total = int(counts.sum())
    if total < MIN_DOCUMENTS:
        return Limit(DEFAULT, f"the default, because {total:,} documents are too few to learn from; {MIN_DOCUMENTS} are needed")
    shares = np.arange(BINS + 1) / BINS
    middle = _quantile(shares, counts, 0.5)
    spread = 1.4826 * _quantile(*_sorted(np.abs(shares - middle), counts), 0.5)
    limit = min(0.9, max(MIN_LIMIT, middle + SPREADS * spread))
    return Limit(round(limit, 3), f"median {middle:.2f}, robust standard deviation {spread:.3f}, of {total:,} documents; never below a half")


def _sorted(values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    order = np.argsort(values, kind="stable")
    return values[order], counts[order]


def _quantile(values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], share: float) -> float:
    return float(values[np.searchsorted(np.cumsum(counts), share * counts.sum())])
