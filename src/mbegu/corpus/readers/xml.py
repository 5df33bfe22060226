"""XML, in files and inside .docx, .odt and .epub: no entities, no network, no document types, sizes bounded before unpacking."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import BOMB, DAMAGED, PROTECTED, TOO_LARGE, UNSUPPORTED, ReadError
from mbegu.corpus.readers.context import Context, refuse_bomb
from mbegu.corpus.source import RawText, Source

ENCRYPTED_FLAG = 0x1
_SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "dtd_validation": False, "huge_tree": False, "remove_comments": True}
XML_HEAD_BYTES = 100_000
MAX_MARKS = 3_000_000  # tags and attributes held in memory at once: 140 to 350 bytes each; an hour of speech, word by word, has 300,000
CHUNK_BYTES = 1 << 20


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Say that XML of no known kind is not read. Raises ``ReadError``."""
    raise ReadError(UNSUPPORTED, "XML of a kind that is not known: MediaWiki, translation memories, ELAN, UDHR and XHTML are read")


def open_zip(stream: BinaryIO) -> zipfile.ZipFile:
    """Open an archive. Raises ``ReadError`` when it is none or damaged."""
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise ReadError(DAMAGED, f"cannot be opened: {error}") from error


def check_members(archive: zipfile.ZipFile, names: Collection[str], limit_bytes: int) -> None:
    """Check what the members that are read together say of themselves, as ``check_member`` does of one: many small ones make a bomb too.

    Raises:
        ReadError: together they are larger than ``limit_bytes``, or shrunk as only bombs are.
    """
    members = [info for info in archive.infolist() if info.filename in names]
    size = sum(info.file_size for info in members)
    if size > limit_bytes:
        raise ReadError(TOO_LARGE, f"its pages unpack to {format_bytes(size)}, more than the {format_bytes(limit_bytes)} allowed")
    refuse_bomb(sum(info.compress_size for info in members), size, "its pages")


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
    refuse_bomb(info.compress_size, info.file_size, f"'{info.filename}'")


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
        ReadError: it is not well formed or declares a document type: these formats need none, entity bombs do. Or it has too many elements.
    """
    from lxml import etree

    _refuse_entities(data, name)
    refuse_many_marks(count_marks(data), f"'{name}'")
    parser = etree.XMLParser(**_SAFE)
    try:
        tree = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError) as error:
        raise ReadError(DAMAGED, f"'{name}' inside it is damaged: {error}") from error
    if tree is None:
        raise ReadError(DAMAGED, f"'{name}' inside it is empty")
    internal = tree.getroottree().docinfo.internalDTD
    if internal is not None and any(True for _ in internal.iterentities()):
        raise _declares_entities(name)
    return tree


class Listener:
    """Is told what stands in XML, in its order; does nothing with what a format does not need."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Hear that an element begins."""

    def data(self, text: str) -> None:
        """Hear a piece of text."""

    def end(self, tag: str) -> None:
        """Hear that an element ends."""

    def close(self) -> None:
        """Hear that the document ends."""


def walk_xml(data: bytes, name: str, listener: Listener) -> None:
    """Tell a listener what stands in XML. No tree is built: one takes 25 times the room of small elements, and these may be packed to nothing.

    Raises:
        ReadError: as ``parse_xml`` raises, but for the number of elements.
    """
    from lxml import etree

    _refuse_entities(data, name)
    parser = etree.XMLParser(target=listener, **_SAFE)
    try:
        for start in range(0, len(data), CHUNK_BYTES):
            parser.feed(data[start : start + CHUNK_BYTES])
        parser.close()
    except (etree.LxmlError, ValueError) as error:
        raise ReadError(DAMAGED, f"'{name}' inside it is damaged: {error}") from error


def _refuse_entities(data: bytes, name: str) -> None:
    is_wide = b"\0" in data[:4]  # UTF-16, UTF-32
    if b"<!ENTITY" in (data.replace(b"\0", b"") if is_wide else data):
        raise _declares_entities(name)


def _declares_entities(name: str) -> ReadError:
    return ReadError(BOMB, f"'{name}' inside it declares XML entities, which no real document needs")


def count_marks(data: bytes) -> int:
    """Return how many tags and attributes XML has at most."""
    return data.count(b"<") + data.count(b"=")


def refuse_many_marks(marks: int, what: str) -> None:
    """Raise ``ReadError`` where a tree of so many tags and attributes would take too much memory."""
    if marks > MAX_MARKS:
        raise ReadError(TOO_LARGE, f"{what} has more than {MAX_MARKS:,} tags and attributes: divide it")


class _Bounded:
    """A stream that ends in an error where an XML tree that is built from it grows too large; ``marks`` are those that are held."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.marks = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.marks += count_marks(data)
        refuse_many_marks(self.marks, "a part of the XML")
        return data


def stream_xml(source: Source, tags: Collection[str]) -> Iterator[Any]:
    """Yield elements of XML as they end, so that a file of any size takes the memory of one of them.

    Args:
        source: the bytes, in any encoding that XML knows.
        tags: local names of the elements wanted. Each is emptied once the caller asks for the next, so what is asked of an element must not
            stand in another wanted one inside it.

    Raises:
        ReadError: it is not well formed, declares entities as bombs do, or too much stands between two of them.
    """
    from lxml import etree

    with source.open() as stream:
        if b"<!ENTITY" in stream.read(XML_HEAD_BYTES).replace(b"\0", b""):
            raise ReadError(BOMB, "it declares XML entities, which no real text needs")
    names = [f"{{*}}{tag}" for tag in tags]
    with source.open() as stream:
        bounded = _Bounded(stream)
        parsed = etree.iterparse(bounded, events=("end",), tag=names, **_SAFE)
        holder = None
        try:
            for _, element in parsed:
                yield element
                element.clear()
                parent = element.getparent()
                _drop_before(element, parent)
                if parent is not holder:
                    holder = parent
                    for ancestor in element.iterancestors():
                        _drop_before(ancestor, ancestor.getparent())
                bounded.marks = 0
        except (etree.LxmlError, ValueError) as error:
            raise ReadError(DAMAGED, f"no sound XML: {error}") from error


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace; empty for what is no element."""
    return str(element.tag).rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _drop_before(element: Any, parent: Any) -> None:
    """Drop from the tree what stands before an element in the one that it stands in."""
    while parent is not None and element.getprevious() is not None:
        del parent[0]
