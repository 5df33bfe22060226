"""SHA-256 of a file block by block, made while it is written or read: damage is not only found but located."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mbegu.core.units import format_number_of

BLOCK_BYTES = 1 << 20
MOST_NAMED = 3


@dataclass(frozen=True)
class BlockHashes:
    """The length of a file and the SHA-256 of each block of it; only the last block may be shorter."""

    bytes: int
    block_bytes: int
    sha256: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return {"bytes": self.bytes, "block_bytes": self.block_bytes, "sha256": list(self.sha256)}

    @staticmethod
    def from_json(values: dict[str, Any]) -> BlockHashes:
        """Return what ``as_json`` was made from. Raises ``ValueError``, ``KeyError`` or ``TypeError`` for another shape."""
        found = BlockHashes(int(values["bytes"]), int(values["block_bytes"]), tuple(str(each) for each in values["sha256"]))
        if found.block_bytes < 1 or found.bytes < 0 or len(found.sha256) != -(-found.bytes // found.block_bytes):
            raise ValueError("the number of blocks does not fit the length of the file")
        return found


class BlockHasher:
    """Takes the bytes of a file in their order, in pieces of any length.

    Args:
        block_bytes: length of a block.
    """

    def __init__(self, block_bytes: int = BLOCK_BYTES) -> None:
        self._block_bytes = block_bytes
        self._length_bytes = 0
        self._done: list[str] = []
        self._open = hashlib.sha256()
        self._open_bytes = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""
        left = memoryview(data).cast("B")
        while left:
            part = left[: self._block_bytes - self._open_bytes]
            self._open.update(part)
            self._open_bytes += len(part)
            self._length_bytes += len(part)
            left = left[len(part) :]
            if self._open_bytes == self._block_bytes:
                self._done.append(self._open.hexdigest())
                self._open, self._open_bytes = hashlib.sha256(), 0

    def hashes(self) -> BlockHashes:
        """Return the hashes of all that was taken so far."""
        last = [self._open.hexdigest()] if self._open_bytes else []
        return BlockHashes(self._length_bytes, self._block_bytes, (*self._done, *last))


class HashedReader:
    """Reads a file and hashes what is read on the way.

    Args:
        file: open for reading, at its beginning.
        hasher: takes every byte that is read.
    """

    def __init__(self, file: IO[bytes], hasher: BlockHasher) -> None:
        self._file, self._hasher = file, hasher

    def read(self, count: int) -> bytes:
        """Return the next ``count`` bytes, fewer at the end of the file."""
        data = self._file.read(count)
        self._hasher.update(data)
        return data

    def readinto(self, target: memoryview) -> int:
        """Fill ``target`` with the next bytes and return how many there were."""
        count = 0
        while count < len(target) and (got := self._file.readinto(target[count : count + BLOCK_BYTES])):  # type: ignore[attr-defined]
            self._hasher.update(target[count : count + got])  # while it is in the processor's cache
            count += got
        return count


def describe_damage(path: Path, expected: BlockHashes) -> str:
    """Say where a file is not what it was: ``block 3 of 12 is damaged (bytes 2,097,152 to 3,145,727)``.

    Args:
        path: the file.
        expected: what it was.

    Returns:
        One line; empty when the file is what it was.

    Raises:
        OSError: it cannot be read at all.
    """
    found_bytes = path.stat().st_size
    with open(path, "rb") as file:
        wrong = [number for number, found in enumerate(_hashes_of(file, expected)) if found != expected.sha256[number]]
    words = []
    if found_bytes != expected.bytes:
        words.append(f"it has {found_bytes:,} bytes and had {expected.bytes:,}")
    if wrong:
        words.append(_name_blocks(wrong, expected))
    return "; ".join(words)


def _hashes_of(file: IO[bytes], expected: BlockHashes) -> Iterator[str]:
    """Yield a hash for each block that the file had, whether it is still there or not."""
    for begin in range(0, expected.bytes, expected.block_bytes):
        try:
            file.seek(begin)
            data = file.read(min(expected.block_bytes, expected.bytes - begin))
        except OSError as error:  # a bad sector
            yield f"cannot be read: {error}"
        else:
            yield hashlib.sha256(data).hexdigest()


def _name_blocks(wrong: Sequence[int], expected: BlockHashes) -> str:
    named = [
        f"block {number + 1} of {len(expected.sha256)} is damaged (bytes {number * expected.block_bytes:,} to "
        f"{min((number + 1) * expected.block_bytes, expected.bytes) - 1:,})"
        for number in wrong[:MOST_NAMED]
    ]
    more = len(wrong) - len(named)
    return ", ".join(named) + (f", and {format_number_of(more, 'more block')}" if more else "")
