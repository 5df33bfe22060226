"""Praat's TextGrid files, in the long and the short text form, of any Unicode encoding."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mbegu.corpus.decode import decode_bytes
from mbegu.corpus.findings import DAMAGED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.tiers import Label, running_text
from mbegu.corpus.source import RawText, Source

# Both forms hold the same values in the same order; the long one names them. A quotation mark inside a text is doubled.
_VALUE = re.compile(r'"([^"]*(?:""[^"]*)*)"|<(?:exists|absent)>|(?<![\w.\[])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w\]])')

Value = str | float


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the text of the tiers of sentences or turns as one text.

    Raises:
        ReadError: it is no TextGrid in text form, or no tier holds text.
    """
    data = source.read_all(context.settings.max_file_bytes)
    if data.startswith(b"ooBinaryFile"):
        raise ReadError(DAMAGED, "a binary TextGrid: save it with 'Save as text file' in Praat")
    text = decode_bytes(data, context.findings, source.name, context.settings.encoding)
    yield RawText(source.name, "", list(running_text(tiers_of(text), source.name, context)))


def tiers_of(text: str) -> dict[str, list[Label]]:
    """Return the labels of each tier; tiers of the same name are told apart by a number.

    Raises:
        ReadError: it breaks off or is no TextGrid.
    """
    values = _values(text)
    try:
        if next(values) != "ooTextFile" or next(values) != "TextGrid":
            raise ReadError(DAMAGED, "no TextGrid: its first lines do not say so")
        next(values), next(values)
        tiers: dict[str, list[Label]] = {}
        for _ in range(_count(next(values))):
            kind, name = next(values), str(next(values))
            next(values), next(values)
            unique = name if name not in tiers else f"{name} ({len(tiers) + 1})"
            tiers[unique] = [_label(kind, values) for _ in range(_count(next(values)))]
    except (StopIteration, ValueError, TypeError, OverflowError) as error:
        raise ReadError(DAMAGED, "a TextGrid that breaks off or whose numbers do not fit") from error
    return tiers


def _values(text: str) -> Iterator[Value]:
    """Yield the texts and numbers of a file in order, without the names that the long form gives them."""
    for match in _VALUE.finditer(text):
        if match[1] is not None:
            yield match[1].replace('""', '"')
        elif not match[0].startswith("<"):
            yield float(match[0])


def _label(kind: Value, values: Iterator[Value]) -> Label:
    start = float(next(values))
    end = float(next(values)) if kind == "IntervalTier" else start
    text = next(values)
    if not isinstance(text, str):
        raise TypeError("a number where a text belongs")
    return Label(start, end, text)


def _count(value: Value) -> int:
    if isinstance(value, str):
        raise TypeError("a text where a number belongs")
    return int(value)
