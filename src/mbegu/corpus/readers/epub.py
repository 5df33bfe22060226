"""Electronic books (.epub): the chapters in reading order."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from mbegu.corpus.findings import DAMAGED, PROTECTED, Findings, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.html import page_text
from mbegu.corpus.readers.xml import check_members, open_zip, parse_xml, read_member
from mbegu.corpus.source import RawText, Source

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGE_TYPES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the book as one text, its chapters in the order of its spine.

    Raises:
        ReadError: it is damaged, protected or hostile.
    """
    with source.seekable(context.settings.max_file_bytes) as stream, open_zip(stream) as archive:
        pages = _spine(archive, context)
        if not _locked_names(archive, context).isdisjoint(pages):
            raise ReadError(PROTECTED, "its chapters are locked; ask for a copy without the lock")
        check_members(archive, set(pages), context.settings.max_file_bytes)
        yield RawText(source.name, "", _text(archive, pages, source, context))


def _text(archive: zipfile.ZipFile, pages: Sequence[str], source: Source, context: Context) -> Iterator[str]:
    """Yield the text of the pages, one page in memory at a time, with a blank line between them."""
    between = ""
    for name in pages:
        # Pages inside a book are UTF-8 by definition of the format: their encodings are not worth a line each in the report.
        quiet = replace(context, findings=Findings())
        text = page_text(read_member(archive, name, context), f"{source.name}/{name}", quiet)
        if text:
            yield between + text
            between = "\n\n"


def _spine(archive: zipfile.ZipFile, context: Context) -> list[str]:
    """Return the names of the pages in reading order."""
    container = parse_xml(read_member(archive, _CONTAINER, context), _CONTAINER)
    paths = [element.get("full-path") for element in _named(container, "rootfile")]
    if not paths or not paths[0]:
        raise ReadError(DAMAGED, "its list of contents is not named")
    package = parse_xml(read_member(archive, paths[0], context), paths[0])
    items = {item.get("id"): item for item in _named(package, "item")}
    folder = posixpath.dirname(paths[0])
    names = []
    for reference in _named(package, "itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and item.get("media-type") in _PAGE_TYPES:
            names.append(posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "").split("#")[0]))))
    if not names:
        raise ReadError(DAMAGED, "its list of contents names no pages")
    return list(dict.fromkeys(names))


def _locked_names(archive: zipfile.ZipFile, context: Context) -> set[str]:
    """Return the names of encrypted members; fonts are often listed there and do no harm."""
    if _ENCRYPTION not in archive.namelist():
        return set()
    root = parse_xml(read_member(archive, _ENCRYPTION, context), _ENCRYPTION)
    return {unquote(element.get("URI", "")) for element in _named(root, "CipherReference")}


def _named(root: Any, name: str) -> list[Any]:
    return [element for element in root.iter() if isinstance(element.tag, str) and element.tag.rsplit("}", 1)[-1] == name]
