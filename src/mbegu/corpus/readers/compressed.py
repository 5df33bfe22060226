"""Single files packed with bzip2, gzip or xz (``dump.xml.bz2``): unpacked as a stream, never to the disk, and read by the ending below."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, cast

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import BOMB, DAMAGED, ReadError
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.archive import MAX_DEPTH
from mbegu.corpus.readers.context import Allowance, Context
from mbegu.corpus.readers.xml import MAX_RATIO, RATIO_FROM_BYTES
from mbegu.corpus.source import RawText, Source

BUFFER_BYTES = 1 << 16


_OPENERS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    ".bz2": lambda stream: cast(BinaryIO, bz2.BZ2File(stream)),
    ".gz": lambda stream: cast(BinaryIO, gzip.GzipFile(fileobj=stream)),
    ".xz": lambda stream: cast(BinaryIO, lzma.LZMAFile(stream)),  # noqa: SIM115
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

    def __init__(self, packed: BinaryIO, unpacked: BinaryIO, charge: _Charge) -> None:
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
        packed_bytes = self._packed.tell()
        if self._position_bytes > RATIO_FROM_BYTES and self._position_bytes > MAX_RATIO * max(1, packed_bytes):
            sizes = f"{format_bytes(packed_bytes)} to more than {format_bytes(self._position_bytes)}"
            raise ReadError(BOMB, f"unpacks from {sizes}; no real text does")
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
