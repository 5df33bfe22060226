"""A source of bytes: a file on the disk or a member of an archive, opened as often as needed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import TOO_LARGE, ReadError


@dataclass(frozen=True)
class Source:
    """Bytes with a name.

    ``name`` is the path below the text folder, with the place inside an archive. ``open`` gives a fresh binary stream that the
    caller closes.
    """

    name: str
    size_bytes: int
    open: Callable[[], BinaryIO]

    @property
    def suffix(self) -> str:
        """The ending of the name in lower case, with its dot; empty when there is none."""
        return PurePosixPath(self.name).suffix.lower()

    def read_all(self, limit_bytes: int) -> bytes:
        """Return all bytes. Raises ``ReadError`` when there are more than ``limit_bytes``."""
        if self.size_bytes <= limit_bytes:
            with self.open() as stream:
                data = stream.read(limit_bytes + 1)
            if len(data) <= limit_bytes:
                return data
        raise ReadError(TOO_LARGE, f"more than {format_bytes(limit_bytes)}; divide it, or raise max_file_bytes in [corpus]")

    def seekable(self, limit_bytes: int) -> BinaryIO:
        """Return a stream that can seek: the file itself, or an archive's member in memory."""
        stream = self.open()
        if isinstance(stream, (io.BufferedReader, io.BytesIO)) and stream.seekable():
            return stream
        stream.close()
        return io.BytesIO(self.read_all(limit_bytes))


@dataclass(frozen=True)
class RawText:
    """One text as a reader found it, before it is cut and normalised.

    ``place`` says where in the source it stands (``17`` for row 17, empty for the whole). ``chunks`` are pieces of the text in
    order, read once, with ``\\n`` line ends. ``language`` is the code that the file itself gives (one side of a translation memory),
    empty where it says nothing.
    """

    source: str
    place: str
    chunks: Iterable[str]
    language: str = ""
