"""Single files packed with bzip2, gzip or xz (``dump.xml.bz2``): unpacked as a stream, never to the disk, and read by the ending below."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, Protocol, cast

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import BOMB, DAMAGED, TOO_LARGE, ReadError
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.archive import MAX_DEPTH
from mbegu.corpus.readers.context import Allowance, Context, refuse_bomb
from mbegu.corpus.source import RawText, Source

BUFFER_BYTES = 1 << 16
XZ_MEMORY_BYTES = 256_000_000  # what xz itself packs with takes 65 MB at most unless one asks for more
_XZ_MAGIC = b"\xfd7zXZ\x00"


class _Unpacker(Protocol):
    """What gives unpacked bytes."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class _Xz:
    """An xz file, unpacked in bounded memory: ``lzma.LZMAFile`` takes as much as the file asks for, which may be 4 GB."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._decompressor = lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)

    def read(self, size: int, /) -> bytes:
        """Return some bytes; none at the end. Raises ``ReadError`` when it asks for too much memory, ``LZMAError`` and ``EOFError`` on damage."""
        while True:
            given = b""
            if self._decompressor.eof:
                given = self._decompressor.unused_data.lstrip(b"\0")
                while len(given) < len(_XZ_MAGIC) and (more := self._packed.read(BUFFER_BYTES)):
                    given = (given + more).lstrip(b"\0")
                if not given.startswith(_XZ_MAGIC):  # xz files may follow each other, with zeros between; what else follows is no text
                    return b""
                self._decompressor = lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)
            elif self._decompressor.needs_input:
                given = self._packed.read(BUFFER_BYTES)
                if not given:
                    raise EOFError("it breaks off")
            if data := self._unpacked(given, size):
                return data

    def _unpacked(self, given: bytes, size: int) -> bytes:
        try:
            return self._decompressor.decompress(given, size)
        except lzma.LZMAError as error:
            if "Memory usage limit" not in str(error):
                raise
            limit = format_bytes(XZ_MEMORY_BYTES)
            raise ReadError(TOO_LARGE, f"to unpack it takes more than {limit} of memory: unpack it yourself if you trust it") from error

    def close(self) -> None:
        """Do nothing: the packed file is closed by who opened it."""


_OPENERS: dict[str, Callable[[BinaryIO], _Unpacker]] = {
    ".bz2": bz2.BZ2File,
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream),
    ".xz": _Xz,
}


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the texts of the file inside.

    Raises:
        ReadError: it is damaged, packed too often, or unpacks to more than the settings or any real text do.
    """
    if context.depth >= MAX_DEPTH:
        raise ReadError(BOMB, f"packed more than {MAX_DEPTH} times; unpack it yourself if you trust it")
    allowance = context.allowance or Allowance(context.settings.max_unpacked_bytes)
    charge = _Charge(allowance)
    inside = replace(context, depth=context.depth + 1, allowance=allowance)
    below = (source.read_as or source.name)[: -len(source.suffix)]
    yield from read_source(Source(source.name, source.size_bytes, lambda: _open(source, charge), below), inside)


class _Charge:
    """Takes what is unpacked from the allowance once, however often the file is opened."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._charged_bytes = 0

    def up_to(self, position_bytes: int) -> None:
        if position_bytes > self._charged_bytes:
            self._allowance.take(position_bytes - self._charged_bytes)
            self._charged_bytes = position_bytes


class _Unpacked(io.RawIOBase):
    """A stream of unpacked bytes that ends in an error where a bomb would go on."""

    def __init__(self, packed: BinaryIO, unpacked: _Unpacker, charge: _Charge) -> None:
        self._packed = packed
        self._unpacked = unpacked
        self._charge = charge
        self._position_bytes = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position_bytes

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        try:
            data = self._unpacked.read(len(view))
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
            raise ReadError(DAMAGED, f"cannot be unpacked: {error}") from error
        view[: len(data)] = data
        self._position_bytes += len(data)
        refuse_bomb(self._packed.tell(), self._position_bytes)
        self._charge.up_to(self._position_bytes)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._unpacked.close()
            self._packed.close()
        super().close()


def _open(source: Source, charge: _Charge) -> BinaryIO:
    packed = source.open()
    return cast(BinaryIO, io.BufferedReader(_Unpacked(packed, _OPENERS[source.suffix](packed), charge), BUFFER_BYTES))
