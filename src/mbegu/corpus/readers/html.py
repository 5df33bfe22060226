"""Web pages: their own text without markup, scripts and styles, and without menus, heads and feet, which are listed as left out.

Chosen by measurement over resiliparse and trafilatura: ``bench/igbo_html.py`` and ``bench/web_pages.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from mbegu.corpus.decode import decode_bytes
from mbegu.corpus.findings import BESIDE, DAMAGED, ReadError
from mbegu.corpus.readers.charset import codec_of
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.html_main import beside_the_text
from mbegu.corpus.readers.html_table import NOT_WORDS, is_data, table_lines
from mbegu.corpus.readers.xml import refuse_many_marks
from mbegu.corpus.source import RawText, Source

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_PAGE = re.compile(r"<(?:!DOCTYPE\s+)?html[\s>]", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r]+")
# Stand for the end of a block and of a paragraph until it is known what stands beside them.
_BLOCK, _PARAGRAPH = "\x01", "\x02"
_BREAKS = re.compile("(?<![ \t\n])[ \t\n]*[\x01\x02][\x01\x02 \t\n]*")
BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "legend", "li", "main"),
        *("nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    ]
)
PARAGRAPHS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "article", "section", "table", "ul", "ol", "pre"])


def recognises(head: str) -> bool:
    """Whether XML begins as a page in XHTML does."""
    return bool(_PAGE.search(head[:2000]))


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the page as one text. Raises ``ReadError`` when nothing can be made of it."""
    data = source.read_all(context.settings.max_file_bytes)
    yield RawText(source.name, "", [page_text(data, source.name, context)])


def page_text(data: bytes, name: str, context: Context) -> str:
    """Return the text of a page: one line a block, a blank line between paragraphs.

    Args:
        data: the page as bytes; an encoding that it names is used when the bytes are not Unicode.
        name: for the findings.
        context: settings and findings.

    Raises:
        ReadError: the bytes are not text.
    """
    declared = _CHARSET.search(data[:4096])
    fallback = context.settings.encoding or (codec_of(declared[1].decode("ascii")) if declared else "")
    text = decode_bytes(data, context.findings, name, fallback)
    return markup_text(text, lambda left_out: context.findings.drop(name, BESIDE, "a menu, a head, a foot or a list of links", left_out))


def markup_text(markup: str, on_left_out: Callable[[str], None] = lambda text: None) -> str:
    """Return the text of HTML; see ``page_text``. ``on_left_out`` is told each part that is no text of the page's own.

    Raises:
        ReadError: it is no page, or has too many tags.
    """
    from lxml import etree
    from lxml import html as lxml_html

    refuse_many_marks(markup.count("<"), "the page")
    markup = _DECLARATION.sub("", markup.replace("\0", ""))
    if not markup.strip():
        return ""
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing but comments
        return ""
    except (etree.LxmlError, ValueError) as error:
        raise ReadError(DAMAGED, f"no web page: {error}") from error
    beside = beside_the_text(root)
    for element in beside:
        if left_out := _text(element, frozenset()):
            on_left_out(left_out)
    return _text(root, beside)


def _text(root: Any, beside: AbstractSet[Any]) -> str:
    """Return the words of an element and those in it, but not of those in ``beside``."""
    from lxml import etree

    parts: list[str] = []
    tables: set[Any] = set()
    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        table = tag == "table" and not skipped and element not in beside and is_data(element) if event == "start" else element in tables
        is_out = tag in NOT_WORDS or element in beside or table
        if event == "start":
            parts.append(_break(tag))
            if table:
                tables.add(element)
                parts.append("\n".join(table_lines(element)))
            skipped += is_out
            if not skipped and element.text:
                parts.append(element.text if tag == "pre" else _SPACES.sub(" ", element.text))
        else:
            skipped -= is_out
            parts.append(_break(tag))
            if not skipped and element.tail and element is not root:
                parts.append(_SPACES.sub(" ", element.tail))
    return _BREAKS.sub(lambda match: "\n\n" if _PARAGRAPH in match[0] else "\n", "".join(parts)).strip()


def _break(tag: str) -> str:
    return _PARAGRAPH if tag in PARAGRAPHS else _BLOCK if tag in BLOCKS else ""
