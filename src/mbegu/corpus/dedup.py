"""Exact and near duplicates.

Exact: the same letters, digits and marks in the same order. Near: MinHash over spans of ten letters (Broder 1997), candidates by
bands of four values (locality-sensitive hashing), similarity estimated from 120 values: its standard error is at most 0.046. A
pair with similarity 0.8 becomes a candidate with a probability of more than 0.9999, one with 0.5 with 0.86, one with 0.1 with 0.003.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.corpus.keys import Counts, Hashes, mix, span_hashes

SPAN_CHARACTERS = 10
VALUES = 120
BAND_VALUES = 4
PERMUTATION_SEED = 1
PAIRS_AT_ONCE = 200_000

Signatures = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Duplicates:
    """What is similar to what.

    ``earlier`` maps each near-duplicate to the earlier document that is kept, with their similarity. ``groups`` [documents] gives each
    document the number of its group; documents of one group must stay on one side of the split.
    """

    earlier: dict[int, tuple[int, float]]
    groups: npt.NDArray[np.int64]


def signatures(keys: Sequence[str]) -> Signatures:
    """Return the MinHash signatures [keys, 120] of texts given by their letters."""
    return sign_spans(*span_hashes(keys, SPAN_CHARACTERS))


def sign_spans(hashes: Hashes, offsets: Counts) -> Signatures:
    """Return the MinHash signatures [texts, 120] of texts given by the hashes of their spans, as ``span_hashes`` gives them."""
    import rensa

    count = len(offsets) - 1
    if not count:
        return np.zeros((0, VALUES), dtype=np.uint32)
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets.astype(np.uint64), VALUES, PERMUTATION_SEED)
    return np.array(matrix.to_rows(), dtype=np.uint32).reshape(count, VALUES)


def find_duplicates(signed: Signatures, near_duplicate: float, same_side: float) -> Duplicates:
    """Find near-duplicates and groups of similar documents.

    Args:
        signed: signatures [documents, 120] in the order of reading.
        near_duplicate: least similarity (Jaccard, 0 to 1) of a document to an earlier kept one for it to be removed; 1 removes none.
        same_side: least similarity at which two documents belong to one group.

    Returns:
        The near-duplicates and the groups. Deterministic: of similar documents the first read is kept.
    """
    count = len(signed)
    pairs = _candidates(signed)
    similarity = _similarity(signed, pairs)
    earlier: dict[int, tuple[int, float]] = {}
    parent = list(range(count))
    order = np.lexsort((pairs[:, 0], pairs[:, 1])) if len(pairs) else np.zeros(0, dtype=np.int64)
    for first, second, likeness in zip(pairs[order, 0].tolist(), pairs[order, 1].tolist(), similarity[order].tolist(), strict=True):
        if near_duplicate < 1 and likeness >= near_duplicate and first not in earlier and second not in earlier:
            earlier[second] = (first, likeness)
        if likeness >= min(same_side, near_duplicate):
            a, b = _root(parent, first), _root(parent, second)
            parent[max(a, b)] = min(a, b)
    groups = np.array([_root(parent, i) for i in range(count)], dtype=np.int64)
    return Duplicates(earlier, groups)


def _candidates(signed: Signatures) -> npt.NDArray[np.int64]:
    """Return pairs [n, 2], smaller number first, that agree in a whole band: each with the band's first and with the one before."""
    found = [np.zeros((0, 2), dtype=np.int64)]
    found += [same_pairs(values) for values in band_hashes(signed)]
    return np.unique(np.concatenate(found), axis=0).astype(np.int64)


def same_pairs(values: Hashes) -> npt.NDArray[np.int64]:
    """Return pairs [n, 2] of places that hold the same value, smaller place first: each with the first such and with the one before."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    firsts = np.maximum.accumulate(np.where(starts[: len(ordered)], np.arange(len(ordered)), 0))
    before, first = np.stack([order[same - 1], order[same]], axis=1), np.stack([order[firsts[same]], order[same]], axis=1)
    return np.concatenate([before, first]).astype(np.int64)


def band_hashes(signed: Signatures) -> Iterator[Hashes]:
    """Yield one hash a text [texts] for each band of four values of its signature."""
    for band in range(VALUES // BAND_VALUES):
        yield _band_hashes(signed[:, band * BAND_VALUES : (band + 1) * BAND_VALUES])


def _band_hashes(band: Signatures) -> Hashes:
    total = np.zeros(len(band), dtype=np.uint64)
    for column in range(band.shape[1]):
        total = mix(total + band[:, column].astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    return total


def _similarity(signed: Signatures, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    parts: list[Any] = [np.zeros(0)]
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        part = pairs[start : start + PAIRS_AT_ONCE]
        parts.append((signed[part[:, 0]] == signed[part[:, 1]]).mean(axis=1))
    return np.concatenate(parts)


def _root(parent: list[int], node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node
