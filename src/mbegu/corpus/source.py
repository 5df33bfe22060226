"""A source of bytes: a file on the disk or a member of an archive, opened as often as needed."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import TOO_LARGE, ReadError

PACKED = (".bz2", ".gz", ".xz")
# What follows the name of a file in the source of a document: a title or path in the formats whose readers write such, else numbers.
_NAMED_PLACE = re.compile(r"(.*?\.(?:xml|tmx|zim)(?:\.(?:bz2|gz|xz))*)#", re.DOTALL | re.IGNORECASE)
_NUMBERED_PLACE = re.compile(r"(.*[^\s/])#(?:page )?\d+(?::\d+)*", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """Bytes with a name.

    ``name`` is the path below the text folder, with the place inside an archive. ``open`` gives a fresh binary stream that the
    caller closes. ``read_as`` is the name whose ending says how it is read, where that is not its own: that of a packed file.
    """

    name: str
    size_bytes: int
    open: Callable[[], BinaryIO]
    read_as: str = ""

    @property
    def suffix(self) -> str:
        """The ending that says how it is read, in lower case, with its dot; empty when there is none."""
        return PurePosixPath(self.read_as or self.name).suffix.lower()

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


def document_id(source: str, text: str) -> str:
    """Return the id of a document that reading makes, by its source and its text."""
    return hashlib.sha256(f"{source}\0{text}".encode("utf-8", "replace")).hexdigest()[:16]


def file_of(source: str) -> str:
    """Return the file of a document's source without the place in it: ``a.txt`` of ``a.txt#17:40``; a ``#`` in a name is no place."""
    found = _NAMED_PLACE.match(source) or _NUMBERED_PLACE.fullmatch(source)
    return found[1] if found else source


def unpacked(name: str) -> str:
    """Return the name of a file without the endings of what packs it: ``a.txt`` of ``a.txt.gz``."""
    while name.lower().endswith(PACKED):
        name = name.rpartition(".")[0]
    return name


def unpacked_source(source: str) -> str:
    """Return the source of a document by the names of what is in packed files: ``a.zip/rows.csv#17`` of ``a.zip.xz/rows.csv.gz#17``."""
    path = file_of(source)
    return unpacked_path(path) + source[len(path) :]


def unpacked_path(path: str) -> str:
    """Return the name of a file, with the folders and archives that it lies in, without the endings of what packs any of them."""
    lower = path.lower()
    return "/".join(map(unpacked, path.split("/"))) if any(ending in lower for ending in PACKED) else path
