"""Which column of a table holds the text: the one that the recipe names, else the one with the longest text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from mbegu.corpus.findings import NO_COLUMN, ReadError
from mbegu.corpus.readers.context import Context

LOOKED_AT_ROWS = 200
SHOWN_NAMES = 20
_ADDRESS = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*://|www\.)\S+\s*$", re.IGNORECASE)


def choose_column(cells: Mapping[str, Sequence[str]], source: str, context: Context) -> str:
    """Return the name of the text column and note the choice.

    Args:
        cells: name of each column with the cells of its first rows; columns that hold no text are left out by the caller.
        source: name for the note.
        context: settings and findings.

    Raises:
        ReadError: the named column is not there, or no column holds text; says which columns there are.
    """
    wanted = context.settings.column
    names = listed(cells)
    if wanted:
        if wanted not in cells:
            context.findings.missing_columns.append(source)
            raise ReadError(NO_COLUMN, f"there is no column '{wanted}'; the columns are {names}")
        context.findings.column_found = True
        return wanted
    scores = {name: mean_letters(values) for name, values in cells.items()}
    best = max(scores, key=lambda name: scores[name], default=None)
    if best is None or scores[best] == 0:
        raise ReadError(NO_COLUMN, f"no column holds text; the columns are {names}")
    if len(cells) > 1:
        context.findings.note(source, f"text taken from column '{best}', which has the longest text; the columns are {names}")
    return best


def listed(names: Collection[str]) -> str:
    """Return the names of columns for a message, the first ones of many."""
    shown = ", ".join(repr(name) for name in islice(names, SHOWN_NAMES)) or "none"
    return shown if len(names) <= SHOWN_NAMES else f"{shown} and {len(names) - SHOWN_NAMES:,} more"


def mean_letters(values: Sequence[str]) -> float:
    """Return the mean number of letters in cells; a column of web addresses counts as having none."""
    filled = [value for value in values if value.strip()]
    if not filled or sum(bool(_ADDRESS.match(value)) for value in filled) > len(filled) / 2:
        return 0.0
    return sum(sum(map(str.isalpha, value[:2000])) for value in filled) / len(values)
