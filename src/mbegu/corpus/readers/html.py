"""Web pages without markup, scripts and styles."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

from mbegu.corpus.decode import decode_bytes
from mbegu.corpus.findings import DAMAGED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_SPACES = re.compile(r"[ \t\n\r]+")
# Stand for the end of a block and of a paragraph until it is known what stands beside them.
_BLOCK, _PARAGRAPH = "\x01", "\x02"
_BREAKS = re.compile("[ \t\n]*[\x01\x02][\x01\x02 \t\n]*")
LEFT_OUT = frozenset(("script", "style", "template", "noscript", "svg", "math", "head", "iframe", "object", "select", "button"))
BLOCKS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "legend", "li", "main"),
        *("nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    ]
)
PARAGRAPHS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "article", "section", "table", "ul", "ol", "pre"])


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
    fallback = context.settings.encoding or (_known_codec(declared[1].decode("ascii")) if declared else "")
    return markup_text(decode_bytes(data, context.findings, name, fallback))


def markup_text(markup: str) -> str:
    """Return the text of HTML; see ``page_text``."""
    from lxml import etree
    from lxml import html as lxml_html

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
    return _text(root)


def _text(root: Any) -> str:
    from lxml import etree

    parts: list[str] = []
    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            skipped += tag in LEFT_OUT
            parts.append(_break(tag))
            if not skipped and element.text:
                parts.append(element.text if tag == "pre" else _SPACES.sub(" ", element.text))
        else:
            skipped -= tag in LEFT_OUT
            parts.append(_break(tag))
            if not skipped and element.tail:
                parts.append(_SPACES.sub(" ", element.tail))
    return _BREAKS.sub(lambda match: "\n\n" if _PARAGRAPH in match[0] else "\n", "".join(parts)).strip()


def _break(tag: str) -> str:
    return _PARAGRAPH if tag in PARAGRAPHS else _BLOCK if tag in BLOCKS else ""


def _known_codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""
