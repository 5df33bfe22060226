"""Wiki articles one to a file, as collections give them: ``title:``, ``url:`` and ``text:`` lines, then the article with bits of markup.

The address goes. Links become their words, headings plain lines. Nothing is judged here: rows of tables and pairs of infoboxes stay as
they are written, with their marks, so that quality filters see what they are.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Iterator

from mbegu.corpus.decode import decode
from mbegu.corpus.lines import bounded_lines
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.markdown import plain
from mbegu.corpus.readers.wikitext import heading
from mbegu.corpus.source import RawText, Source

LINE_BYTES = 1 << 16
_HEAD = re.compile(r"^\ufeff?title:[ \t]*\n(?:.*\n){1,3}?\s*url:[ \t]*\n\s*\S+[ \t]*\n\s*text:", re.MULTILINE)
_FIELD = re.compile(r"^(title|url|text):[ \t]*$")
_FORM = re.compile(r"\s*(?:\|.*\|\s*$|[-*] \*\*[^*\n]{1,200}\*\*\s*:)")


def recognises(head: str) -> bool:
    """Whether text begins with the lines of such a file."""
    return bool(_HEAD.match(head))


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the article as one text with its title. Raises ``ReadError`` when the bytes are not text."""
    lines = bounded_lines(decode(source, context.findings, context.settings.encoding), LINE_BYTES)
    yield RawText(source.name, "", _bare(_article(lines)))


def _bare(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines without marks, but rows of tables and pairs of infoboxes with theirs."""
    for is_form, group in itertools.groupby(lines, lambda line: _FORM.match(line) is not None):
        given = list(group)
        yield from given if is_form else plain(given)


def _article(lines: Iterable[str]) -> Iterator[str]:
    field = ""
    is_quoted = is_first = False
    for line in lines:
        match = _FIELD.match(line.rstrip("\n")) if field != "text" else None
        if match:
            field, is_first = match[1], True
        elif field != "url":
            if field == "text" and is_first and line.strip():
                is_quoted, is_first = line.lstrip().startswith('"'), False
                yield _unmarked(line.lstrip().removeprefix('"'), is_quoted)
            else:
                yield _unmarked(line, is_quoted)


def _unmarked(line: str, is_quoted: bool) -> str:
    """Return a line with its escapes undone; quotation marks are doubled, and one ends the text, where the text was quoted."""
    if is_quoted:
        line = re.sub(r'(?<!")"$', "", line.rstrip("\n")).replace('""', '"') + "\n" * line.endswith("\n")
    line = html.unescape(line)
    level, title = heading(line)
    return f"{title}\n" if level and title and title[0] != "=" else line
