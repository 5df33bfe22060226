"""The parts that a corpus is worked on in: groups of files, and slices of large files of lines."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from mbegu.corpus.cut import CutRule
from mbegu.corpus.decode import detect
from mbegu.corpus.files import TextFile, open_file
from mbegu.corpus.findings import ReadError
from mbegu.corpus.source import Source

PART_BYTES = 24_000_000
MIN_PART_BYTES = 1_000_000
PARTS = 16  # a small corpus is worked on in about that many parts
SLICED = (".txt", ".text", ".jsonl", ".ndjson")
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Slice(TextFile):
    """Whole lines of a file: from byte ``start`` to ``end``; its first line has the number ``first_line``."""

    start: int = 0
    end: int = 0
    first_line: int = 1

    def source(self) -> Source:
        """Return the slice as a source of bytes."""
        if (self.start, self.end) == (0, self.size_bytes):
            return Source(self.name, self.size_bytes, partial(open_file, self.path))
        return Source(self.name, self.end - self.start, partial(_open_slice, self.path, self.start, self.end))


@dataclass(frozen=True)
class Part:
    """Some files or slices that are worked on together, how their texts are cut, and the number of the part."""

    number: int
    slices: tuple[Slice, ...]
    rule: CutRule


def make_parts(files: Sequence[TextFile], rule: CutRule) -> list[Part]:
    """Divide files into parts of about equal size. The same files give the same parts on every computer.

    Args:
        files: in the order of reading.
        rule: how texts are cut into documents.
    """
    total = sum(file.size_bytes for file in files)
    target = min(PART_BYTES, max(MIN_PART_BYTES, total // PARTS))
    parts: list[Part] = []
    held: list[Slice] = []
    size = 0
    for file in files:
        for piece in _slices(file):
            if held and size + piece.end - piece.start > target:
                parts.append(Part(len(parts), tuple(held), rule))
                held, size = [], 0
            held.append(piece)
            size += piece.end - piece.start
    if held:
        parts.append(Part(len(parts), tuple(held), rule))
    return parts


def key_of(settings: object, files: Sequence[TextFile], keep: object, version: int) -> str:
    """Return a hash that changes when another run would give another result."""
    listed = [(file.name, str(file.path.resolve()), file.size_bytes, file.mtime_ns) for file in files]
    return hashlib.sha256(repr((version, settings, listed, keep)).encode("utf-8", "backslashreplace")).hexdigest()


def _slices(file: TextFile) -> Iterator[Slice]:
    """Yield slices of a large file of lines in UTF-8, or the whole file."""
    if file.size_bytes < 2 * PART_BYTES or file.source().suffix not in SLICED or not _is_utf8(file):
        yield Slice(file.name, file.path, file.size_bytes, file.mtime_ns, 0, file.size_bytes)
        return
    start, line = 0, 1
    with open_file(file.path) as stream:
        while start < file.size_bytes:
            end, lines = _next_cut(stream, start, file.size_bytes)
            yield Slice(file.name, file.path, file.size_bytes, file.mtime_ns, start, end, line)
            start, line = end, line + lines


def _next_cut(stream: BinaryIO, start: int, size_bytes: int) -> tuple[int, int]:
    """Return the end of the slice that begins at ``start``, after a line end, and the number of lines in it."""
    stream.seek(start)
    lines = place = 0
    while block := stream.read(BLOCK_BYTES):
        if place >= PART_BYTES and (cut := block.find(b"\n")) >= 0:
            return start + place + cut + 1, lines + 1
        lines += block.count(b"\n")
        place += len(block)
    return size_bytes, lines


def _is_utf8(file: TextFile) -> bool:
    try:
        return detect(file.source()).label == "UTF-8"
    except (ReadError, OSError):
        return False


def _open_slice(path: Path, start: int, end: int) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Window(path, start, end), BLOCK_BYTES))


class _Window(io.RawIOBase):
    """Reads the bytes of a file from one place to another."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file = open_file(path)
        self._file.seek(start)
        self._left = end - start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)[: self._left]  # type: ignore[arg-type]
        data = self._file.read(len(view))
        view[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
