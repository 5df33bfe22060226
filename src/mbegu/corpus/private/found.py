"""A private item found in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Found:
    """Where a private item stands in a text, in code points, and what it is. The item itself is not kept."""

    start: int
    end: int
    kind: str
