"""Markdown without its marks: headings, emphasis, links, images, tables, quotes, code and front matter."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from mbegu.corpus.decode import decode
from mbegu.corpus.lines import bounded_lines
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

LINE_BYTES = 1 << 16

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_RULE_SIGNS = "-*_="
_TABLE_RULE_SIGNS = ":|-"
MAX_RULE_INDENT = 3
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]\n]{1,200}\]:\s+\S+.*$")
_LEADING = re.compile(r"^\s*(?:>\s?)*(?:#{1,6}(?=\s|$)\s*|[-*+]\s+(?:\[[ xX]\]\s+)?)?")
_IMAGE = re.compile(r"!\[([^\]\n]{0,1000})\](?:\([^()\n]{0,2000}\)|\[[^\]\n]{0,200}\])")
_LINK = re.compile(r"\[([^\]\n]{1,1000})\](?:\([^()\n]{0,2000}\)|\[[^\]\n]{0,200}\])")
_AUTOLINK = re.compile(r"<((?:https?|mailto|ftp):[^>\s]{1,2000})>")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,1000}>")
_CODE = re.compile(r"(?<!`)(`+)(?!`)([^\n]{1,2000}?)(?<!`)\1(?!`)")
_STRONG = re.compile(r"\*{1,3}|_{1,3}|~~")
# Where each mark may close what it opened: behind something that is no space.
_CLOSING = {mark: re.compile(rf"(?<=\S){re.escape(mark)}") for mark in ("***", "**", "*", "___", "__", "_", "~~")}
MAX_STRONG_CHARACTERS = 2000
_ESCAPABLE = "\\`*_{}[]()#+.!|<>~-"
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
# Escaped signs are hidden behind characters that no text may hold until all marks are gone.
_HIDE = {sign: chr(0xFDD0 + i) for i, sign in enumerate(_ESCAPABLE)}
_SHOW = {0xFDD0 + i: sign for i, sign in enumerate(_ESCAPABLE)}


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the file as one text without marks. Raises ``ReadError`` when its bytes are not text."""
    chunks = decode(source, context.findings, context.settings.encoding)
    yield RawText(source.name, "", plain(bounded_lines(chunks, LINE_BYTES)))


def plain(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines of Markdown as plain text: words stay, marks, addresses, code blocks and front matter go."""
    fence = ""
    in_front_matter = False
    for number, line in enumerate(lines):
        if number == 0 and line.rstrip() == "---":
            in_front_matter = True
        elif in_front_matter:
            in_front_matter = line.rstrip() not in ("---", "...")
        elif match := _FENCE.match(line):
            fence = "" if fence and match[1].startswith(fence) else fence or match[1]
        elif not fence and not _REFERENCE.match(line):
            yield _plain_line(line)


def _plain_line(line: str) -> str:
    end = "\n" if line.endswith("\n") else ""
    if _is_rule(line):
        return end
    text = _ESCAPE.sub(lambda match: _HIDE[match[1]], _without_comments(line.rstrip("\n")))
    text = _without_closing(_LEADING.sub("", text)) if text.lstrip().startswith("#") else _LEADING.sub("", text)
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _AUTOLINK.sub(r"\1", text)
    text = _TAG.sub("", text)
    text = _CODE.sub(r"\2", text)
    if "*" in text or "_" in text or "~~" in text:
        inner = _without_emphasis(text)
        text = _without_emphasis(inner) if inner != text else text  # emphasis in emphasis
    if text.lstrip().startswith("|"):
        text = "\t".join(cell.strip() for cell in text.strip().strip("|").split("|"))
    text = html.unescape(text)
    return (text.translate(_SHOW) if "\\" in line else text) + end


def _is_rule(line: str) -> bool:
    """Whether a line is a rule across the page, the line below a heading, or that below the head of a table."""
    signs = "".join(line.split())
    if "--" in line and not signs.strip(_TABLE_RULE_SIGNS):
        return True
    indent = len(line) - len(line.lstrip())
    return len(signs) >= 3 and indent <= MAX_RULE_INDENT and not signs.strip(_RULE_SIGNS)


def _without_comments(line: str) -> str:
    """Return a line without the comments that end in it."""
    parts, at = [], 0
    while (start := line.find("<!--", at)) >= 0 and (end := line.find("-->", start + 4)) >= 0:
        parts.append(line[at:start])
        at = end + 3
    return "".join(parts) + line[at:]


def _without_closing(heading: str) -> str:
    """Return a heading without the marks that may close it (``Title ##``)."""
    words = heading.rstrip().rstrip("#")
    return words.rstrip() if words[-1:].isspace() else heading


def _without_emphasis(text: str) -> str:
    """Return a line without the marks around emphasised text."""
    closings = _Closings(text)
    parts, done, at = [], 0, 0
    while opening := _STRONG.search(text, at):
        start = opening.start()
        mark, end = closings.of(opening)
        if not mark:
            at = start + 1
            continue
        at = end + len(mark)
        if not _is_in_word(mark, text[start - 1 : start], text[at : at + 1]):
            parts += [text[done:start], text[start + len(mark) : end]]
            done = at
    return "".join([*parts, text[done:]]) if parts else text


class _Closings:
    """Knows where the marks of a line close, looking at each place once however many marks there are."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: dict[str, int] = {}

    def of(self, opening: re.Match[str]) -> tuple[str, int]:
        """Return the longest mark that opens here and closes again, and where; an empty one where none does."""
        run = opening[0]
        for mark in (run[:length] for length in range(len(run), 0, -1)):
            inner = opening.start() + len(mark)
            if mark in _CLOSING and self._text[inner : inner + 1].strip():
                end = self._after(mark, inner + 1)
                if end - inner <= MAX_STRONG_CHARACTERS:
                    return mark, end
        return "", 0

    def _after(self, mark: str, place: int) -> int:
        """Return the first place from ``place`` on where a mark closes; past any where there is none. Places are asked for in order."""
        if self._next.get(mark, -1) < place:
            found = _CLOSING[mark].search(self._text, place)
            self._next[mark] = found.start() if found else len(self._text) + MAX_STRONG_CHARACTERS
        return self._next[mark]


def _is_in_word(mark: str, before: str, after: str) -> bool:
    """Whether marks stand inside a word, where underscores are no emphasis."""
    return mark[0] == "_" and (before.isalnum() or after.isalnum())
