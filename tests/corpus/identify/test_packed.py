from __future__ import annotations

import numpy as np
import pytest

from mbegu.corpus.identify.packed import UNITS, pack, unpack


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_sums_and_differences_of_packed_rows_are_those_of_the_rows(columns: int) -> None:
    rows = np.random.default_rng(2).random((40, columns)).astype(np.float32) * 9000
    packed = pack(rows)
    assert packed.shape == (40, (columns + 1) // 2)
    assert np.allclose(unpack(packed, columns), rows, atol=0.51 / UNITS, rtol=1e-6)
    sums = unpack(np.add.reduceat(packed, [0, 11, 12]), columns)
    assert np.allclose(sums, np.add.reduceat(rows, [0, 11, 12]), atol=40 / UNITS, rtol=1e-5)
    low, high = np.minimum(rows[:20], rows[20:]), np.maximum(rows[:20], rows[20:])
    borrowed = pack(high) - pack(low) - pack(low) + pack(low)  # goes below 0 on the way
    assert np.allclose(unpack(borrowed, columns), high - low, atol=2 / UNITS, rtol=1e-5)
