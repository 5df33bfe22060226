"""Hashes block by block: the same however the bytes come, and damage is located."""

from __future__ import annotations

import hashlib
import io
import random
from pathlib import Path

import pytest

from mbegu.core.blocks import BlockHasher, BlockHashes, HashedReader, describe_damage

DATA = random.Random(1).randbytes(2500)


def hashes_of(data: bytes, block_bytes: int = 1000) -> BlockHashes:
    hasher = BlockHasher(block_bytes)
    hasher.update(data)
    return hasher.hashes()


def test_each_block_has_its_sha256() -> None:
    parts = [DATA[:1000], DATA[1000:2000], DATA[2000:]]
    assert hashes_of(DATA) == BlockHashes(2500, 1000, tuple(hashlib.sha256(part).hexdigest() for part in parts))
    assert hashes_of(b"") == BlockHashes(0, 1000, ())
    assert len(hashes_of(DATA[:2000]).sha256) == 2


@pytest.mark.parametrize("seed", range(20))
def test_the_pieces_do_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    hasher = BlockHasher(1000)
    at = 0
    while at < len(DATA):
        length = chance.choice((0, 1, 7, 999, 1000, 1001, 2500))
        hasher.update(memoryview(DATA)[at : at + length])
        at += length
    assert hasher.hashes() == hashes_of(DATA)


def test_reading_hashes_on_the_way() -> None:
    hasher = BlockHasher(1000)
    reader = HashedReader(io.BytesIO(DATA), hasher)
    target = bytearray(2000)
    assert reader.read(300) == DATA[:300]
    assert reader.readinto(memoryview(target)) == 2000
    assert bytes(target) == DATA[300:2300]
    assert reader.readinto(memoryview(target)) == 200
    assert reader.read(5) == b""
    assert hasher.hashes() == hashes_of(DATA)


def test_json_and_back() -> None:
    expected = hashes_of(DATA)
    assert BlockHashes.from_json(expected.as_json()) == expected


@pytest.mark.parametrize("change", [{"bytes": 3500}, {"bytes": -1}, {"block_bytes": 0}, {"sha256": []}, {"sha256": 3}, {"bytes": None}])
def test_json_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        BlockHashes.from_json({**hashes_of(DATA).as_json(), **change})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (DATA, ""),
        (DATA[:1200] + b"\0" + DATA[1201:], "block 2 of 3 is damaged (bytes 1,000 to 1,999)"),
        (DATA[:2400], "it has 2,400 bytes and had 2,500; block 3 of 3 is damaged (bytes 2,000 to 2,499)"),
        (DATA + b"x", "it has 2,501 bytes and had 2,500"),
        (b"\0" + DATA[1:-1] + b"\0", "block 1 of 3 is damaged (bytes 0 to 999), block 3 of 3 is damaged (bytes 2,000 to 2,499)"),
    ],
)
def test_damage_is_located(tmp_path: Path, changed: bytes, words: str) -> None:
    (tmp_path / "file").write_bytes(changed)
    assert describe_damage(tmp_path / "file", hashes_of(DATA)) == words


def test_much_damage_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(2500))
    found = describe_damage(tmp_path / "file", hashes_of(DATA, 500))
    assert found.startswith("block 1 of 5 is damaged (bytes 0 to 499), block 2 of 5")
    assert found.endswith(", and 2 more blocks")
