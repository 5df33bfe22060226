"""OpenDocument text (.odt): the running text with its tables, without tracked deletions and annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mbegu.corpus.findings import PROTECTED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.xml import Listener, open_zip, read_member, walk_xml
from mbegu.corpus.source import RawText, Source

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_LEFT_OUT = frozenset([_TEXT + "tracked-changes", _OFFICE + "annotation", _TEXT + "sequence-decls", _OFFICE + "forms"])
_LINES = frozenset([_TEXT + "p", _TEXT + "h"])
_SIGNS = {_TEXT + "tab": "\t", _TEXT + "line-break": "\n"}
_SPACES = _TEXT + "s"
MAX_SPACES = 100
_DOCUMENT = "content.xml"


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the document as one text, a line a paragraph.

    Raises:
        ReadError: it is damaged, protected or hostile.
    """
    words = _Words()
    with source.seekable(context.settings.max_file_bytes) as stream, open_zip(stream) as archive:
        names = archive.namelist()
        if "META-INF/manifest.xml" in names and b"encryption-data" in read_member(archive, "META-INF/manifest.xml", context):
            raise ReadError(PROTECTED, "save it without a password")
        walk_xml(read_member(archive, _DOCUMENT, context), _DOCUMENT, words)
    yield RawText(source.name, "", ["".join(words.parts)])


class _Words(Listener):
    """Gathers the text of ``content.xml``: what stands in paragraphs and headings."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._left_out = 0
        self._lines = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._left_out += tag in _LEFT_OUT
        self._lines += tag in _LINES
        if tag in _SIGNS:
            self.data(_SIGNS[tag])
        elif tag == _SPACES:
            count = attributes.get(_TEXT + "c", "1")
            self.data(" " * min(int(count) if count.isdecimal() else 1, MAX_SPACES))

    def data(self, text: str) -> None:
        if self._lines and not self._left_out:
            self.parts.append(text)

    def end(self, tag: str) -> None:
        if tag in _LINES:
            self.data("\n")
            self._lines -= 1
        self._left_out -= tag in _LEFT_OUT
