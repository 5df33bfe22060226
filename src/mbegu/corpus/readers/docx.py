"""Word documents (.docx): the running text with its tables, without deleted text, the old place of moved text, headers and comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.xml import open_zip, parse_xml, read_member
from mbegu.corpus.source import RawText, Source

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_WORD = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the document as one text, a line a paragraph.

    Raises:
        ReadError: it is damaged, protected or hostile.
    """
    with source.seekable(context.settings.max_file_bytes) as stream, open_zip(stream) as archive:
        root = parse_xml(read_member(archive, "word/document.xml", context), "word/document.xml")
    yield RawText(source.name, "", [document_text(root)])


def document_text(root: Any) -> str:
    """Return the text of ``word/document.xml``."""
    from lxml import etree

    parts: list[str] = []
    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        name = tag.removeprefix(_WORD).removeprefix(_STRICT_WORD)
        # A text box stands there twice, once for old programs; moved text too, where it was and where it is.
        if name in (_FALLBACK, "moveFrom"):
            skipped += 1 if event == "start" else -1
        if skipped:
            continue
        if event == "end":
            parts.append("\n" if name == "p" else "")
        elif name == "t":
            parts.append(element.text or "")
        elif name in ("tab", "br", "cr", "noBreakHyphen"):
            parts.append({"tab": "\t" if element.getparent().tag.endswith("}r") else "", "noBreakHyphen": "\u2011"}.get(name, "\n"))
    return "".join(parts)
