"""Bits that flip in files at rest: some of those of ``bench/bit_flips.py``."""

from __future__ import annotations

from pathlib import Path

from bench.bit_flips import all_flips


def test_every_flipped_bit_is_found_in_its_place(tmp_path: Path) -> None:
    found, unseen = all_flips(tmp_path, 120, seed=1)
    assert unseen == []
    assert found.total() == 120
    assert len(found) == 6
