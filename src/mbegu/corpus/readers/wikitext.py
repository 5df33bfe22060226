"""Wikitext (MediaWiki's markup) to prose, whatever is left open or closed twice in it.

Templates, tables, references, files, categories and links to other languages go; other links become their words; headings with nothing below
go too. Which names mean files and categories is told by the wiki itself, so no language is preferred.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection

MAX_DEPTH = 40
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NO_PROSE = (
    "ref|gallery|math|chem|score|timeline|syntaxhighlight|source|pre|code|imagemap|hiero|graph|mapframe|maplink|templatestyles|references|table"
)
_EMPTY_ELEMENT = re.compile(rf"<(?:{_NO_PROSE})\b[^<>]*/>", re.IGNORECASE)
_ELEMENT = re.compile(rf"<({_NO_PROSE})\b[^<>]*>.*?(?:</\1\s*>|(?=\n\s*\n)|\Z)", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?li|hr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,1000}>")
_TOKEN = re.compile(r"\{\{+|\}\}+|^[ \t:*#]*\{\||^[ \t]*\|\}(?!\})|\[\[|\]\]", re.MULTILINE)
_OUTSIDE_LINK = re.compile(r"\[(?:(?:https?:|ftp:)?//|mailto:)[^\s\[\]]{0,2000}(?:\s([^\[\]\n]{0,2000}))?\]")
_LANGUAGE_LINK = re.compile(r"^[a-z]{2,3}(?:-[a-z-]{2,12})?:")
_QUOTES = re.compile(r"'{2,5}")
_SWITCH = re.compile(r"__[^\W\d_]{3,40}__")
MAX_LEVEL = 6
_LIST = re.compile(r"^[*#:;]+\s*")
_RULE = re.compile(r"^-{4,}")
_EMPTY_BRACKETS = re.compile(r"\s?[(\[（][\s,;:،؛፣፤/|–-]*[)\]）]")
_BLANKS = re.compile(r"[ \t\u00a0]{2,}")
_PARAGRAPH_END = re.compile(r"\n\s*\n")
ALWAYS_HIDDEN = frozenset(["file", "image", "media", "category"])  # MediaWiki knows these names in every wiki


def prose(text: str, hidden: Collection[str] = ()) -> str:
    """Return the prose of an article, a line a paragraph.

    Args:
        text: the markup.
        hidden: the wiki's own names of files and categories, in lower case.
    """
    text = _ELEMENT.sub("", _EMPTY_ELEMENT.sub("", _COMMENT.sub("", text)))
    text = _without_nested(text, ALWAYS_HIDDEN.union(hidden))
    text = _OUTSIDE_LINK.sub(lambda match: (match[1] or "").strip(), text)
    text = _SWITCH.sub("", _QUOTES.sub("", _TAG.sub("", _BREAK.sub("\n", text))))
    text = _EMPTY_BRACKETS.sub("", html.unescape(text))
    return _lines(text)


class _Frame:
    """What is open: its kind, and the text in it so far."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.parts: list[str] = []

    def text(self) -> str:
        return "".join(self.parts)


def _without_nested(text: str, hidden: Collection[str]) -> str:
    """Remove templates and tables and resolve links, in one pass."""
    stack = [_Frame("")]
    at = 0
    for match in _TOKEN.finditer(text):
        stack[-1].parts.append(text[at : match.start()])
        at = match.end()
        token = match[0].strip(" \t:*#")
        kind = {"[[": "link", "]]": "link", "{|": "table", "|}": "table"}.get(token, "template")
        if token in ("[[", "{|") or token[0] == "{":
            if len(stack) <= MAX_DEPTH:
                stack.append(_Frame(kind))
        elif any(frame.kind == kind for frame in stack):
            _close(stack, kind, hidden)
    stack[-1].parts.append(text[at:])
    while len(stack) > 1:
        _give_up(stack)
    return stack[0].text()


def _close(stack: list[_Frame], kind: str, hidden: Collection[str]) -> None:
    while stack[-1].kind != kind:
        _give_up(stack)
    frame = stack.pop()
    if kind == "link":
        stack[-1].parts.append(_link_text(frame.text(), hidden))


def _give_up(stack: list[_Frame]) -> None:
    """Take what was never closed for what it most likely is: a link for its words, a template or table for gone up to the end of the paragraph."""
    frame = stack.pop()
    text = frame.text()
    if frame.kind == "link":
        target, bar, label = text.partition("|")
        text = label if bar and "\n" not in target else text
    else:
        end = _PARAGRAPH_END.search(text)
        text = text[end.start() :] if end else ""
    stack[-1].parts.append(text)


def _link_text(content: str, hidden: Collection[str]) -> str:
    target, bar, label = content.partition("|")
    name = target.strip()
    if name.startswith(":"):
        name = name[1:]
    elif _is_hidden(name, hidden):
        return ""
    if not bar:
        return name.replace("_", " ").lstrip("#")
    return label.rpartition("|")[2] if label.strip() else _without_bracket(name.partition(":")[2] or name)


def _without_bracket(name: str) -> str:
    """Return the name of an article without the bracket at its end, which only tells it from others (``Lama (ẹranko)``)."""
    before, opened, inside = name.rpartition("(")
    return before.rstrip() if opened and inside.endswith(")") and inside.count(")") == 1 else name


def _is_hidden(name: str, hidden: Collection[str]) -> bool:
    """Whether a link stands for a file, a category or a page in another language."""
    space, colon, _ = name.partition(":")
    return bool(colon) and (space.strip().replace("_", " ").lower() in hidden or bool(_LANGUAGE_LINK.match(name)))


def heading(line: str) -> tuple[int, str]:
    """Return the level and the title of a heading (``== Title ==``); level 0 where a line is none."""
    text = line.strip()
    before, after = len(text) - len(text.lstrip("=")), len(text) - len(text.rstrip("="))
    level = min(before, after, MAX_LEVEL, max(0, len(text) - 1) // 2)
    return level, text[level : len(text) - level].strip()


def _lines(text: str) -> str:
    """Return lines without list marks and rules; headings with nothing below them are left out."""
    out: list[str] = []
    waiting: list[tuple[int, str]] = []
    for raw in text.split("\n"):
        level, title = heading(raw)
        line = _BLANKS.sub(" ", _RULE.sub("", _LIST.sub("", raw.strip()))).strip()
        if level:
            waiting = [held for held in waiting if held[0] < level]
            waiting.append((level, title))
        elif any(character.isalnum() for character in line):
            for _, held in waiting:
                out += ["", held]
            waiting = []
            out.append(line)
        elif out and out[-1]:
            out.append("")
    return "\n".join(out).strip()
