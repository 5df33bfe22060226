from __future__ import annotations

import numpy as np
import pytest

from mbegu.corpus.identify.hash_table import HashTable


@pytest.mark.parametrize("count", [0, 1, 7, 5000])
def test_every_key_is_found_at_its_number_and_no_other_is(count: int) -> None:
    keys = np.random.default_rng(1).permutation(np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    table = HashTable(keys)
    assert table.find(keys).tolist() == list(range(count))
    assert (table.find(keys + np.uint64(1)) == -1).all()


def test_keys_that_all_want_the_same_place() -> None:
    keys = (np.arange(200, dtype=np.uint64) + np.uint64(1)) << np.uint64(32)
    table = HashTable(keys)
    assert table.find(keys[::-1]).tolist() == list(range(199, -1, -1))
    assert (table.find((np.arange(200, dtype=np.uint64) + np.uint64(300)) << np.uint64(32)) == -1).all()
