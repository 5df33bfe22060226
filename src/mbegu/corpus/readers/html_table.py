"""Tables in web pages: a line a row, cells parted by tabs, without the columns that hold no letter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

# A table with these inside its cells arranges the page and holds its text block by block.
_LAYOUT = frozenset(
    ["table", "p", "div", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "blockquote", "pre", "form", "center", "hr"]
)
MAX_BREAKS = 2
_SPACES = re.compile(r"[ \t\n\r]+")  # not no-break spaces: those are text
NOT_WORDS = frozenset(("script", "style", "template", "noscript", "svg", "math", "head", "iframe", "object", "select", "button"))


def is_data(table: Any) -> bool:
    """Whether a table holds data: at least two rows and two columns, and in the cells words alone."""
    rows = list(_rows(table))
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return False
    inside = (element for row in rows for cell in row for element in cell.iterdescendants())
    if any(element.tag in _LAYOUT for element in inside):
        return False
    return all(sum(1 for _ in cell.iter("br")) <= MAX_BREAKS for row in rows for cell in row)


def table_lines(table: Any) -> list[str]:
    """Return the rows as lines."""
    rows = [[_cell_text(cell) for cell in row] for row in _rows(table)]
    has_letters = [False] * max(map(len, rows), default=0)
    for row in rows:
        for i, cell in enumerate(row):
            has_letters[i] = has_letters[i] or any(character.isalpha() for character in cell)
    lines = ("\t".join(cell for i, cell in enumerate(row) if has_letters[i]).strip("\t") for row in rows)
    return [line for line in lines if line]


def _rows(table: Any) -> Iterator[list[Any]]:
    for row in table.iter("tr"):
        yield [cell for cell in row if cell.tag in ("td", "th")]


def _cell_text(cell: Any) -> str:
    return _SPACES.sub(" ", "".join(_parts(cell))).strip(" ")


def _parts(element: Any) -> Iterator[str]:
    """Yield the words inside an element; ``br`` is a space. Cells that hold layout are no data, so nesting is shallow."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in NOT_WORDS:
            yield " " * (child.tag == "br")
            yield from _parts(child)
        yield child.tail or ""
