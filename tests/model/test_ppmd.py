"""PPMd: the same figure as 7-Zip, and what it costs to be unlike the training text."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mbegu.model.ppmd import LARGEST_MEMORY_BYTES, SMALLEST_MEMORY_BYTES, memory_bytes, ppmd_bits

WORDS = ["ọmọ", "náà", "ń", "lọ", "sí", "ilé", "ìwé", "ọ̀rẹ́", "ልጆቹ", "ወደ", "ቤት", "ሄዱ", "ߌ", "ߣߌ߫", "ߛߐ߰ߡߊ߫", "صباح", "الخير", "ក្មេងៗ", "ទៅ", "សាលារៀន"]


def texts(seed: int, count: int) -> list[bytes]:
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=120)).encode("utf-8") for _ in range(count)]


@pytest.mark.skipif(shutil.which("7z") is None, reason="7-Zip is not installed")
def test_the_figure_is_that_of_7_zip(tmp_path: Path) -> None:
    train, heldout = texts(1, 300), texts(2, 60)
    sizes = []
    for name, documents in (("train", train), ("both", [*train, *heldout])):
        (tmp_path / name).write_bytes(b"\n".join([*documents, b""]))
        archive = tmp_path / f"{name}.7z"
        subprocess.run(["7z", "a", "-m0=PPMd:o=12:mem=64m", str(archive), str(tmp_path / name)], check=True, capture_output=True)
        sizes.append(archive.stat().st_size)
    assert ppmd_bits(train, heldout).sum() / 8 == pytest.approx(sizes[1] - sizes[0], rel=1e-3, abs=8)


def test_each_document_has_its_share() -> None:
    train = texts(1, 100)
    bits = ppmd_bits(train, [train[5], b"zzz qqq xxx" * 9, b""])
    assert bits.shape == (3,)
    assert bits[0] / len(train[5]) < 1
    assert np.all(bits % 8 == 0)


def test_memory_grows_with_the_text_between_its_bounds() -> None:
    assert memory_bytes(0) == SMALLEST_MEMORY_BYTES
    assert memory_bytes(4_000_000) == 1 << 27
    assert memory_bytes(10**10) == LARGEST_MEMORY_BYTES
