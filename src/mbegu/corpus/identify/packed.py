"""Rows of fixed-point numbers, two in each 64-bit integer: numpy adds rows of these up several times as fast as rows of floats.

Sums and differences are exact as long as each of the numbers that come out is at least 0 and below 2**32, whatever overflows on the way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UNITS = 1024  # in 1; sums below 4 million can be held

Packed = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.float32]


def pack(rows: Rows) -> Packed:
    """Return rows [n, columns] of numbers that are not negative as integers [n, (columns + 1) // 2]."""
    n, columns = rows.shape
    fixed = np.zeros((n, columns + columns % 2), dtype="<u4")
    fixed[:, :columns] = np.rint(rows * UNITS)
    return fixed.view("<u8").astype(np.uint64)


def unpack(packed: Packed, columns: int) -> Rows:
    """Return what ``pack`` was given, rounded: rows [n, columns]."""
    fixed = np.ascontiguousarray(packed).astype("<u8").view("<u4")[:, :columns]
    rows: Rows = fixed.astype(np.float32) / np.float32(UNITS)
    return rows
