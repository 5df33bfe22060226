"""JSON lines: one object a line, the text in one of its fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice

from mbegu.corpus.decode import decode
from mbegu.corpus.findings import BROKEN_ROW, DAMAGED, ReadError
from mbegu.corpus.lines import whole_lines
from mbegu.corpus.readers.columns import LOOKED_AT_ROWS, choose_column
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

Row = tuple[int, dict[str, str]]


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the text field of each line. A line that is no JSON object is left out and listed.

    Raises:
        ReadError: there is no text field, or no line is a JSON object.
    """
    rows = _rows(source, context)
    looked_at = list(islice(rows, LOOKED_AT_ROWS))
    if not looked_at:
        raise ReadError(DAMAGED, "no line of it is a JSON object")
    names = list(dict.fromkeys(name for _, row in looked_at for name in row))
    column = choose_column({name: [row.get(name, "") for _, row in looked_at] for name in names}, source.name, context)
    for number, row in chain(looked_at, rows):
        yield RawText(source.name, str(number), [row.get(column, "")])


def _rows(source: Source, context: Context) -> Iterator[Row]:
    """Yield the line's number and the string fields of each JSON object; a bare JSON string is a field without a name."""
    lines = whole_lines(decode(source, context.findings, context.settings.encoding), context.settings.max_file_bytes)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            context.findings.drop(f"{source.name}#{number}", BROKEN_ROW, f"not JSON: {error}", line)
            continue
        if isinstance(value, str):
            value = {"": value}
        if isinstance(value, dict):
            yield number, {name: field for name, field in value.items() if isinstance(field, str)}
        else:
            context.findings.drop(f"{source.name}#{number}", BROKEN_ROW, "not a JSON object", line)
