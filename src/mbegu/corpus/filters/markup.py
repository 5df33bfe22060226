"""Mark-up that a download left inside running text: tags, entities, wiki links, numbers of footnotes. The words stay.

This is the one filter that changes lines; each change is counted and shown like those of the rules of rewriting.
"""

from __future__ import annotations

import html
import re

NAME = "mark-up"
MEASURES = "tags, entities, wiki links and numbers of footnotes inside a line; the words between them stay"

_SIGNS = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});|<[/a-zA-Z]|\[\[|\{\{|'''?|\[ ?\d{1,3} ?\]|</ ")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")
_TAG = re.compile(r"</? ?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>@]*)?/?>")
_LINK = re.compile(r"\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]*)\]\]")
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
