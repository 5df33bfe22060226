"""Boilerplate and repeated lines: what stands again and again in different documents.

Short lines that stand in many documents are menus, labels and headings: all of them go. Long lines that came before may be a verse, a
notice, a quotation: the first stays, unless another filter takes it (as part of a list, or with a stub). A document that is dropped because it
repeats itself is not where a line stands first.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import LONG_LETTERS, Batch, Limit, Mask
from mbegu.corpus.keys import Hashes

NAME = "boilerplate"
REPEATED = "repeated line"
MEASURES = {
    NAME: f"in how many documents a line of fewer than {LONG_LETTERS} letters and digits stands",
    REPEATED: f"whether a line of at least {LONG_LETTERS} letters and digits came before, here or in another document",
}
MIN_DOCUMENTS = 5
MIN_SHARE = 0.01
_LONG = np.uint64(1)


def choose(documents: int) -> Limit:
    """Return in how many of ``documents`` a short line must stand to be boilerplate: five, and one in a hundred where there are many."""
    least = max(MIN_DOCUMENTS, math.ceil(MIN_SHARE * documents))
    return Limit(least, f"{MIN_DOCUMENTS} documents and at least {100 * MIN_SHARE:g} % of {documents:,}")


def line_keys(batch: Batch) -> Hashes:
    """Return the hash of each line [lines] with its lowest bit telling whether it is long; 0 where it has no letters or digits."""
    hashes = batch.line_hashes()
    keys = (hashes & ~_LONG) | (batch.key_sizes >= LONG_LETTERS).astype(np.uint64)
    return np.where(hashes == 0, np.uint64(0), keys)


def is_long(keys: Hashes) -> Mask:
    """Return which keys belong to long lines."""
    long: Mask = (keys & _LONG) == 1
    return long


def find_repeated(batch: Batch, keys: Hashes, numbers: npt.NDArray[np.int64], first: npt.NDArray[np.int64]) -> Mask:
    """Return which long lines [lines] came before, in this document or an earlier one.

    Args:
        keys: of the lines [lines].
        numbers: the number in the whole corpus of each document of the batch [documents].
        first: the number of the first document with the line [lines]; -1 where it stands in one only.
    """
    mine = numbers[batch.owner]
    long = is_long(keys)
    found = long & (first >= 0) & (first < mine)
    pair = keys * np.uint64(0x9E3779B97F4A7C15) + batch.owner.astype(np.uint64)
    candidates = np.flatnonzero(long)
    _, firsts = np.unique(pair[candidates], return_index=True)
    again = np.ones(len(candidates), dtype=bool)
    again[firsts] = False
    found[candidates[again]] = True
    return found
