"""Tables with a character between the cells: .csv and .tsv."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice

from mbegu.corpus.decode import decode
from mbegu.corpus.findings import BROKEN_ROW, NO_COLUMN, TOO_LARGE, Findings, ReadError
from mbegu.corpus.lines import whole_lines
from mbegu.corpus.readers.columns import LOOKED_AT_ROWS, choose_column, listed, mean_letters
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

FIELD_LIMIT_CHARACTERS = 100_000_000
MAX_COLUMNS = 10_000
DELIMITERS = (",", ";", "\t", "|")
# A name at the head of a text column is short against the texts below it.
HEAD_SHARE = 1 / 3
# Fed to the csv module after the last line: swallowed when a quotation mark is still open there.
_END = "\x1eend\x1e"

Row = tuple[int, list[str]]


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the text cell of each row.

    Rows with too few cells are left out and listed. A file whose quotes do not close is read again with quotes as plain characters.

    Raises:
        ReadError: there is no such column, no text, or a cell is larger than 100 MB.
    """
    encoding, quoting = context.settings.encoding, csv.QUOTE_MINIMAL
    try:
        for _ in _rows(source, Findings(), encoding, quoting):
            pass
    except _OpenQuoteError:
        context.findings.note(source.name, "its quotation marks do not close: read with quotation marks as plain characters")
        quoting = csv.QUOTE_NONE
    rows = _rows(source, context.findings, encoding, quoting)
    looked_at = list(islice(rows, LOOKED_AT_ROWS + 1))
    if not looked_at:
        return
    names, has_head = _head(looked_at, context.settings.column)
    body = looked_at[1:] if has_head else looked_at
    cells = {name: [row[i] if i < len(row) else "" for _, row in body] for i, name in enumerate(names)}
    if not body:
        raise ReadError(NO_COLUMN, f"there is no row below the head; the columns are {listed(names)}")
    column = names.index(choose_column(cells, source.name, context))
    for number, row in chain(body, rows):
        if column < len(row):
            yield RawText(source.name, str(number), [row[column]])
        else:
            context.findings.drop(
                f"{source.name}#{number}", BROKEN_ROW, f"it has {len(row)} cells, the text is in cell {column + 1}", " | ".join(row)
            )


class _OpenQuoteError(Exception):
    """A quotation mark opens and never closes."""


def _rows(source: Source, findings: Findings, encoding: str, quoting: int) -> Iterator[Row]:
    """Yield the number of each row's last line and its cells; blank rows are passed over.

    Raises:
        _OpenQuoteError: a quotation mark is still open at the end of the file.
        ReadError: a cell is too large.
    """
    lines = whole_lines(decode(source, findings, encoding), FIELD_LIMIT_CHARACTERS)
    head = list(islice(lines, 50))
    delimiter = "\t" if source.suffix in (".tsv", ".tab") else _sniff("".join(head))
    previous = csv.field_size_limit(FIELD_LIMIT_CHARACTERS)
    reader = csv.reader(chain(head, lines, ["\n", _END]), delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    closed = False
    try:
        for row in reader:
            closed = row == [_END]
            if len(row) > MAX_COLUMNS:
                raise ReadError(TOO_LARGE, f"row {reader.line_num} has {len(row):,} cells; no more than {MAX_COLUMNS:,} are read")
            if not closed and any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise ReadError(TOO_LARGE, f"a cell near line {reader.line_num} has more than 100 MB: do its quotation marks close?") from error
    finally:
        csv.field_size_limit(previous)
    if not closed:
        raise _OpenQuoteError


def _sniff(head: str) -> str:
    """Return the delimiter that parts the first rows into more than one cell most evenly; a comma when none does."""

    def evenness(delimiter: str) -> tuple[float, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(head.splitlines(keepends=True), delimiter=delimiter) if row)
        except csv.Error:
            return 0.0, 0
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        return (rows / max(1, sum(widths.values())), width) if width > 1 else (0.0, 0)

    return max(DELIMITERS, key=lambda delimiter: (*evenness(delimiter), -DELIMITERS.index(delimiter)))


def _head(rows: list[Row], wanted: str) -> tuple[list[str], bool]:
    """Return the names of the columns and whether the first row holds them; unnamed columns are numbered from 1."""
    first = [cell.strip() for cell in rows[0][1]]
    width = max(len(row) for _, row in rows)
    numbered = [str(i + 1) for i in range(width)]
    below = [row for _, row in rows[1:]]
    text = max(range(width), key=lambda i: mean_letters([row[i] if i < len(row) else "" for row in below]) if below else 0.0)
    longest = mean_letters([row[text] if text < len(row) else "" for row in below]) if below else 0.0
    named = len(set(first)) == len(first) and all(first)
    is_head = wanted in first if wanted and wanted not in numbered else named and text < len(first) and len(first[text]) <= HEAD_SHARE * longest
    if wanted and not is_head and wanted not in numbered:
        is_head = True
    return (first + numbered[len(first) :], True) if is_head else (numbered, False)
