"""Word documents (.docx): the running text with its tables, without deleted text, the old place of moved text, headers and comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.xml import Listener, open_zip, read_member, walk_xml
from mbegu.corpus.source import RawText, Source

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_WORD = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# A text box stands there twice, once for old programs; moved text too, where it was and where it is.
_LEFT_OUT = frozenset([_FALLBACK, "moveFrom"])
_SIGNS = {"br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
_DOCUMENT = "word/document.xml"


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the document as one text, a line a paragraph.

    Raises:
        ReadError: it is damaged, protected or hostile.
    """
    with source.seekable(context.settings.max_file_bytes) as stream, open_zip(stream) as archive:
        data = read_member(archive, _DOCUMENT, context)
    yield RawText(source.name, "", [document_text(data)])


def document_text(data: bytes) -> str:
    """Return the text of ``word/document.xml``. Raises ``ReadError`` when it is damaged or hostile."""
    words = _Words()
    walk_xml(data, _DOCUMENT, words)
    return "".join(words.parts)


class _Words(Listener):
    """Gathers the text of a document."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._names: list[str] = [""]
        self._left_out = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.removeprefix(_WORD).removeprefix(_STRICT_WORD)
        self._left_out += name in _LEFT_OUT
        if not self._left_out:
            if name in _SIGNS:
                self.parts.append(_SIGNS[name])
            elif name == "tab" and (self._names[-1] == "r" or self._names[-1].endswith("}r")):  # else it says where tabs stop
                self.parts.append("\t")
        self._names.append(name)

    def data(self, text: str) -> None:
        if self._names[-1] == "t" and not self._left_out:
            self.parts.append(text)

    def end(self, tag: str) -> None:
        name = self._names.pop()
        if name == "p" and not self._left_out:
            self.parts.append("\n")
        self._left_out -= name in _LEFT_OUT
