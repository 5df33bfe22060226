"""The headings of a document as its format marks them: HTML, EPUB, Word, OpenDocument, Markdown; bookmarks of PDF. Plain text has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mbegu.corpus.decode import decode_bytes
from mbegu.corpus.findings import Findings
from mbegu.corpus.normalise import normalise
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.xml import open_zip, parse_xml, read_member
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source

MOST_HEADINGS = 20_000
MOST_CHARACTERS = 300
_HTML = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_MARKDOWN = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_WORD_HEADING = re.compile(r"^(heading|title|berschrift|titre|ttulo)", re.IGNORECASE)


def headings_of(source: Source) -> list[str]:
    """Return the headings of a document in order, in NFC, each on one line.

    Never fails: where a document cannot be understood, it has no headings; whether it can be read is the readers' to say.
    """
    read = _READERS.get(source.suffix)
    if read is None:
        return []
    found = []
    try:
        for text in read(source, Context(CorpusSettings(text=("",)), Findings())):
            line = " ".join(normalise(text).text.split())
            if line and len(line) <= MOST_CHARACTERS:
                found.append(line)
            if len(found) >= MOST_HEADINGS:
                break
    except Exception:  # a damaged file: libraries raise many kinds
        return found
    return found


def _of_html(source: Source, context: Context) -> Iterator[str]:
    yield from _html(source.read_all(context.settings.max_file_bytes), context)


def _html(data: bytes, context: Context) -> Iterator[str]:
    from lxml import etree
    from lxml import html as lxml_html

    markup = decode_bytes(data, context.findings, "", "")
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    for element in etree.fromstring(markup.replace("\0", "").encode("utf-8", "replace"), parser).iter(*_HTML):
        yield "".join(element.itertext())


def _of_epub(source: Source, context: Context) -> Iterator[str]:
    from mbegu.corpus.readers import epub

    with source.seekable(context.settings.max_file_bytes) as stream, open_zip(stream) as archive:
        for name in epub._spine(archive, context):
            yield from _html(read_member(archive, name, context), context)


def _of_docx(source: Source, context: Context) -> Iterator[str]:
    root = _xml(source, "word/document.xml", context)
    for paragraph in (each for each in root.iter() if _is(each, "p")):
        marks = [each for each in paragraph.iter() if _is(each, "pStyle") or _is(each, "outlineLvl")]
        if any(_is(each, "outlineLvl") or _WORD_HEADING.match(_value(each)) for each in marks):
            yield "".join(each.text or "" for each in paragraph.iter() if _is(each, "t") and not _is_moved_away(each))


def _is_moved_away(element: Any) -> bool:
    """Whether a text of a Word document stands where it was before it was moved, too."""
    return any(_is(above, "moveFrom") for above in element.iterancestors())


def _of_odt(source: Source, context: Context) -> Iterator[str]:
    for element in _xml(source, "content.xml", context).iter():
        if _is(element, "h"):
            yield "".join(element.itertext())


def _of_markdown(source: Source, context: Context) -> Iterator[str]:
    from mbegu.corpus.readers.markdown import plain

    text = decode_bytes(source.read_all(context.settings.max_file_bytes), context.findings, "", "")
    for match in _MARKDOWN.finditer(text):
        yield "".join(plain([match[0]]))


def _of_pdf(source: Source, context: Context) -> Iterator[str]:
    from pypdf import PdfReader

    with source.seekable(context.settings.max_file_bytes) as stream:
        yield from _bookmarks(PdfReader(stream, strict=False).outline)


def _bookmarks(entries: Any) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _bookmarks(entry)
        else:
            yield str(entry.title)


def _xml(source: Source, member: str, context: Context) -> Any:
    with source.seekable(context.settings.max_file_bytes) as stream, open_zip(stream) as archive:
        return parse_xml(read_member(archive, member, context), member)


def _is(element: Any, name: str) -> bool:
    return isinstance(element.tag, str) and element.tag.rsplit("}", 1)[-1] == name


def _value(element: Any) -> str:
    return next((str(value) for name, value in element.attrib.items() if name.rsplit("}", 1)[-1] == "val"), "")


_READERS: dict[str, Callable[[Source, Context], Iterator[str]]] = {
    ".html": _of_html,
    ".htm": _of_html,
    ".xhtml": _of_html,
    ".epub": _of_epub,
    ".docx": _of_docx,
    ".odt": _of_odt,
    ".md": _of_markdown,
    ".markdown": _of_markdown,
    ".pdf": _of_pdf,
}
