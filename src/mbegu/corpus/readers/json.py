"""JSON (.json): an array of texts or of records, such an array inside an object, a single record, or a dictionary of messages.

An array is read item by item, so that its size does not matter. In records the text is one field, chosen as in tables. An object without an
array of records is one record when it has few fields, and a dictionary of messages when it has many: each value is a line.
"""

from __future__ import annotations

import json as standard_json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from mbegu.core.units import format_bytes
from mbegu.corpus.decode import decode
from mbegu.corpus.findings import EMPTY, TOO_LARGE, ReadError
from mbegu.corpus.readers.columns import LOOKED_AT_ROWS, choose_column
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.json_stream import JsonStream
from mbegu.corpus.source import RawText, Source

RECORD_FIELDS = 20
MAX_DICTIONARY_CHARACTERS = 50_000_000

Row = tuple[str, dict[str, str]]


def is_lines(head: str) -> bool:
    """Whether the first line is a JSON object of its own, and another follows: JSON lines under another name."""
    first, end, rest = head.lstrip("\ufeff\n\r ").partition("\n")
    try:
        return bool(end) and rest.lstrip()[:1] == "{" and isinstance(standard_json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the text of each record, or all messages as one text.

    Raises:
        ReadError: it is no JSON, has no text field, or an item is too large.
    """
    single: dict[str, list[str]] = {}
    rows = _rows(source, context, single)
    looked_at = list(islice(rows, LOOKED_AT_ROWS))
    if not looked_at:
        yield from _single({name: "\n".join(values) for name, values in single.items()}, source, context)
        return
    names = list(dict.fromkeys(name for _, row in looked_at for name in row))
    column = choose_column({name: [row.get(name, "") for _, row in looked_at] for name in names}, source.name, context)
    for place, row in chain(looked_at, rows):
        yield RawText(source.name, place, [row.get(column, "")])


def _rows(source: Source, context: Context, single: dict[str, list[str]]) -> Iterator[Row]:
    """Yield the string fields of each record of the arrays; strings that stand in no array go into ``single``."""
    number = size = 0
    for path, value in JsonStream(decode(source, context.findings, context.settings.encoding)).items():
        if isinstance(value, dict):
            number += 1
            yield str(number), _fields(value)
        elif isinstance(value, str) and not path:
            number += 1
            yield str(number), {"": value}
        elif isinstance(value, str):
            size += len(value)
            if size <= MAX_DICTIONARY_CHARACTERS:
                single.setdefault("/".join(path), []).append(value)
    if size > MAX_DICTIONARY_CHARACTERS:
        limit = format_bytes(MAX_DICTIONARY_CHARACTERS)
        context.findings.drop(source.name, TOO_LARGE, f"its texts after the first {limit} were not read: divide it, or write a text a line (.jsonl)")


def _fields(record: dict[str, Any]) -> dict[str, str]:
    return {name: field for name, field in record.items() if isinstance(field, str)}


def _single(fields: dict[str, str], source: Source, context: Context) -> Iterator[RawText]:
    if not fields:
        raise ReadError(EMPTY, "the JSON holds no text")
    if len(fields) <= RECORD_FIELDS or context.settings.column in fields:
        column = choose_column({name: [field] for name, field in fields.items()}, source.name, context)
        yield RawText(source.name, "", [fields[column]])
        return
    context.findings.note(source.name, f"a dictionary of {len(fields):,} messages: each is a line")
    yield RawText(source.name, "", [f"{field}\n" for field in fields.values()])
