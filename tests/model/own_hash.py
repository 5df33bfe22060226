"""Gives a GGUF file that a test changed its own right hash again, as anyone can."""

from __future__ import annotations

from pathlib import Path

from mbegu.model.gguf_file import HASH_CHARACTERS, NO_HASH, file_hash


def with_own_hash(path: Path) -> Path:
    """Write the hash of the file into it and return its path."""
    _, place = file_hash(path)
    data = bytearray(path.read_bytes())
    data[place : place + HASH_CHARACTERS] = NO_HASH.encode()
    path.write_bytes(data)
    data[place : place + HASH_CHARACTERS] = file_hash(path)[0].encode()
    path.write_bytes(data)
    return path
