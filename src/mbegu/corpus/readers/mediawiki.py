"""MediaWiki's XML, of a whole wiki or of single exported pages: each article of the main namespace is a text.

A dump of any size is read in the memory of one page. Redirects, talk, templates, files and other namespaces are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.languages import main_code
from mbegu.corpus.readers.wikitext import prose
from mbegu.corpus.readers.xml import local_name, stream_xml
from mbegu.corpus.source import RawText, Source

_LANGUAGE = re.compile(r"""<mediawiki\b[^>]*\bxml:lang=['"]([A-Za-z]{2,8}(?:-[A-Za-z]+)*)['"]""")
_HEAD_BYTES = 4096
_HIDDEN_KEYS = ("-2", "6", "14")  # media, files, categories
_REDIRECT = re.compile(r"^\s*#[^\s#\[\]]+\s*(?::\s*)?\[\[")


def recognises(head: str) -> bool:
    """Whether XML begins as MediaWiki's does."""
    return "<mediawiki" in head


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield each article with its title as the first line; the title is its place.

    Raises:
        ReadError: it is damaged or hostile; articles before the damage are given.
    """
    with source.open() as stream:
        said = _LANGUAGE.search(stream.read(_HEAD_BYTES).decode("utf-8", "replace"))
    language = main_code(said[1]) if said and not context.language else ""
    hidden: set[str] = set()
    passed_over = 0
    for element in stream_xml(source, ("namespace", "page")):
        if local_name(element) == "namespace":
            hidden |= {element.text.lower()} if element.get("key") in _HIDDEN_KEYS and element.text else set()
            continue
        title, markup = _article(element)
        text = prose(markup, hidden) if markup else ""
        if text:
            yield RawText(source.name, title, [f"{title}\n\n{text}\n"], language)
        else:
            passed_over += 1
    if passed_over:
        context.findings.note(source.name, f"{passed_over:,} pages were passed over: redirects, other namespaces, or no prose")


def _article(page: Any) -> tuple[str, str]:
    """Return title and markup of a page; no markup where it is no article. Of several revisions the last counts."""
    namespace = page.findtext("{*}ns", "0").strip()
    markup = [element.text or "" for element in page.iterfind("{*}revision/{*}text")]
    is_article = namespace == "0" and page.find("{*}redirect") is None and markup and not _REDIRECT.match(markup[-1])
    return page.findtext("{*}title", "").strip(), markup[-1] if is_article else ""
