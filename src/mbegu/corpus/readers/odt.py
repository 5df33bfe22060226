"""OpenDocument text (.odt): the running text with its tables, without tracked deletions and annotations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mbegu.corpus.findings import PROTECTED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.xml import open_zip, parse_xml, read_member
from mbegu.corpus.source import RawText, Source

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_LEFT_OUT = frozenset([_TEXT + "tracked-changes", _OFFICE + "annotation", _TEXT + "sequence-decls", _OFFICE + "forms"])
_LINES = frozenset([_TEXT + "p", _TEXT + "h"])


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the document as one text, a line a paragraph.

    Raises:
        ReadError: it is damaged, protected or hostile.
    """
    with source.seekable(context.settings.max_file_bytes) as stream, open_zip(stream) as archive:
        names = archive.namelist()
        if "META-INF/manifest.xml" in names and b"encryption-data" in read_member(archive, "META-INF/manifest.xml", context):
            raise ReadError(PROTECTED, "save it without a password")
        root = parse_xml(read_member(archive, "content.xml", context), "content.xml")
    yield RawText(source.name, "", [document_text(root)])


def document_text(root: Any) -> str:
    """Return the text of ``content.xml``."""
    from lxml import etree

    parts: list[str] = []
    skipped = depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        is_start = event == "start"
        skipped += (1 if is_start else -1) * (tag in _LEFT_OUT)
        depth += (1 if is_start else -1) * (tag in _LINES)
        if is_start and not skipped and depth:
            parts.append(_space(tag, element) + (element.text or ""))
        elif not is_start:
            parts.append("\n" if tag in _LINES and not skipped else "")
            parts.append(element.tail or "" if not skipped and depth else "")
    return "".join(parts)


def _space(tag: str, element: Any) -> str:
    if tag == _TEXT + "s":
        count = element.get(_TEXT + "c", "1")
        return " " * min(int(count) if count.isdecimal() else 1, 100)
    return {_TEXT + "tab": "\t", _TEXT + "line-break": "\n"}.get(tag, "")
