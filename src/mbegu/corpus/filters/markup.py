"""Mark-up that a download left inside running text: tags, entities, wiki links, numbers of footnotes. The words stay.

This is the one filter that changes lines; each change is counted and shown like those of the rules of rewriting. Only tags that HTML or
MediaWiki knows are tags: words between angle brackets, and quotations in typed guillemets (``<<...>>``), are text.
"""

from __future__ import annotations

import html
import re

from mbegu.corpus.private.items import KINDS

NAME = "mark-up"
MEASURES = "tags, entities, wiki links and numbers of footnotes inside a line; the words between them stay"

# HTML's elements, those that it no longer has too, and those of MediaWiki.
_NAMES = (
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big blockquote body br button canvas caption center cite code col"
    " colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4"
    " h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark menu meta meter nav noframes noscript object ol"
    " optgroup option output p param picture pre progress q rb rp rt rtc ruby s samp script search section select small source span strike strong"
    " style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr"
    " gallery includeonly indicator math noinclude nowiki onlyinclude poem ref references syntaxhighlight templatestyles timeline"
)
_SIGNS = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});|<[/a-zA-Z]|\[\[|\{\{|'''?|\[ ?\d{1,3} ?\]|</ ")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")
# After the name of a tag stands nothing, or an attribute with its value: ``<a kan>`` is text.
_TAG = re.compile(rf"(?<!<)<(?:/ ?)?(?:{'|'.join(_NAMES.split())})(?:\s+[a-z][a-z0-9:_-]*\s*=[^<>]*|\s*/?)>", re.ASCII | re.IGNORECASE)
# A placeholder of a private item stands in brackets too.
_LINK = re.compile(rf"\[\[(?!(?:{'|'.join(KINDS)})\]\])(?:[^\[\]|\n]*\|)?([^\[\]|\n]*)\]\]")
_TEMPLATE = re.compile(r"\{\{[^{}\n]*\}\}")
_EMPHASIS = re.compile(r"'''?(?=\S)([^'\n]+)'''?")
_FOOTNOTE = re.compile(r"[^\S\n]?\[ ?\d{1,3} ?\]")


def strip_markup(text: str) -> str:
    """Return a text without its mark-up; one without any comes back as it is."""
    if not _SIGNS.search(text):
        return text
    lines = text.split("\n")
    return "\n".join(_strip_line(line) if _SIGNS.search(line) else line for line in lines)


def _strip_line(line: str) -> str:
    line = _ENTITY.sub(lambda found: _unescaped(found.group()), line)
    line = _TAG.sub("", line)
    line = _TEMPLATE.sub("", line)
    line = _LINK.sub(r"\1", line)
    line = _EMPHASIS.sub(r"\1", line)
    return _FOOTNOTE.sub("", line)


def _unescaped(entity: str) -> str:
    """Return the character that an entity stands for; a line end would change the numbers of the lines after it."""
    character = html.unescape(entity)
    return " " if character in "\n\r\x0b\x0c\x85\u2028\u2029" else character
