"""Numbers of 64-bit keys, for whole arrays of keys at a time."""

from __future__ import annotations

import numpy as np

from mbegu.corpus.keys import Hashes

MOST_FILLED = 0.25  # of the places; then nearly every key is found at its first place


class HashTable:
    """The place of each of some keys in their array, by open addressing with linear probing.

    Args:
        keys [n]: all different.
    """

    def __init__(self, keys: Hashes) -> None:
        size = 1 << max(4, int(np.ceil(np.log2(max(1, len(keys)) / MOST_FILLED))))
        self._keys = keys
        self._mask = np.uint64(size - 1)
        self._numbers = np.full(size, -1, dtype=np.int32)
        waiting = np.arange(len(keys), dtype=np.int32)
        place = (keys & self._mask).astype(np.int64)
        while len(waiting):
            free = self._numbers[place] < 0
            self._numbers[place[free]] = waiting[free]
            left = self._numbers[place] != waiting
            waiting, place = waiting[left], (place[left] + 1) % size

    def find(self, keys: Hashes) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """Return the number of each key [n], -1 where it is not there."""
        place = (keys & self._mask).astype(np.int64)
        numbers = self._numbers.take(place)
        if not len(self._keys):
            return numbers
        wrong = np.flatnonzero((numbers >= 0) & (self._keys.take(numbers, mode="clip") != keys))
        while len(wrong):
            place[wrong] = (place[wrong] + 1) % len(self._numbers)
            numbers[wrong] = self._numbers[place[wrong]]
            wrong = wrong[(numbers[wrong] >= 0) & (self._keys.take(numbers[wrong], mode="clip") != keys[wrong])]
        return numbers
