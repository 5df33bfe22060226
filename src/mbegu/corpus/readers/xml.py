"""XML, in files and inside .docx, .odt and .epub: no entities, no network, no document types, sizes bounded before unpacking."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import BOMB, DAMAGED, PROTECTED, UNSUPPORTED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

# Deflate reaches 1,032:1 at most; text of the most repetitive kind seen stays under 60:1.
MAX_RATIO = 200
RATIO_FROM_BYTES = 1_000_000
ENCRYPTED_FLAG = 0x1
XML_HEAD_BYTES = 100_000


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Say that XML of no known kind is not read. Raises ``ReadError``."""
    raise ReadError(UNSUPPORTED, "XML of a kind that is not known: MediaWiki, translation memories, ELAN, UDHR and XHTML are read")


def open_zip(stream: BinaryIO) -> zipfile.ZipFile:
    """Open an archive. Raises ``ReadError`` when it is none or damaged."""
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise ReadError(DAMAGED, f"cannot be opened: {error}") from error


def check_member(info: zipfile.ZipInfo, limit_bytes: int) -> None:
    """Check what a member says of itself before it is unpacked.

    Raises:
        ReadError: it is encrypted, larger than ``limit_bytes``, or shrunk as only bombs are. (``zipfile`` never unpacks more of a
            member than it declares, so the declared size can be trusted as a bound.)
    """
    if info.flag_bits & ENCRYPTED_FLAG:
        raise ReadError(PROTECTED, "save it without a password")
    if info.file_size > limit_bytes:
        raise ReadError(BOMB, f"'{info.filename}' unpacks to {format_bytes(info.file_size)}, more than the {format_bytes(limit_bytes)} allowed")
    if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        sizes = f"{format_bytes(info.compress_size)} to {format_bytes(info.file_size)}"
        raise ReadError(BOMB, f"'{info.filename}' would unpack from {sizes}; no real text does")


def read_member(archive: zipfile.ZipFile, name: str, context: Context) -> bytes:
    """Return the bytes of a member that must be there.

    Raises:
        ReadError: it is missing, too large, encrypted or damaged.
    """
    try:
        info = archive.getinfo(name)
        check_member(info, context.settings.max_file_bytes)
        if context.allowance:
            context.allowance.take(info.file_size)
        return archive.read(info)
    except KeyError:
        raise ReadError(DAMAGED, f"'{name}' is missing inside it") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ReadError(DAMAGED, f"'{name}' inside it is damaged: {error}") from error


def parse_xml(data: bytes, name: str) -> Any:
    """Return the root element of XML.

    Raises:
        ReadError: it is not well formed or declares a document type: these formats need none, entity bombs do.
    """
    from lxml import etree

    if b"<!DOCTYPE" in data[:100_000] and b"<!ENTITY" in data:
        raise ReadError(BOMB, f"'{name}' inside it declares XML entities, which no real document needs")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True)
    try:
        tree = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as error:
        raise ReadError(DAMAGED, f"'{name}' inside it is damaged: {error}") from error
    if tree is None:
        raise ReadError(DAMAGED, f"'{name}' inside it is empty")
    internal = tree.getroottree().docinfo.internalDTD
    if internal is not None and any(True for _ in internal.iterentities()):
        raise ReadError(BOMB, f"'{name}' inside it declares XML entities, which no real document needs")
    return tree


def stream_xml(source: Source, tags: Collection[str]) -> Iterator[Any]:
    """Yield elements of XML as they end, so that a file of any size takes the memory of one of them.

    Args:
        source: the bytes, in any encoding that XML knows.
        tags: local names of the elements wanted. Each is emptied once the caller asks for the next, so none may stand inside another.

    Raises:
        ReadError: it is not well formed, or declares entities as bombs do.
    """
    from lxml import etree

    with source.open() as stream:
        if b"<!ENTITY" in stream.read(XML_HEAD_BYTES).replace(b"\0", b""):
            raise ReadError(BOMB, "it declares XML entities, which no real text needs")
    names = [f"{{*}}{tag}" for tag in tags]
    with source.open() as stream:
        parsed = etree.iterparse(
            stream, events=("end",), tag=names, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
        )
        try:
            for _, element in parsed:
                yield element
                _forget(element)
        except (etree.LxmlError, ValueError) as error:
            raise ReadError(DAMAGED, f"no sound XML: {error}") from error


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace; empty for what is no element."""
    return str(element.tag).rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _forget(element: Any) -> None:
    """Empty an element, and drop those before it from the tree."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
