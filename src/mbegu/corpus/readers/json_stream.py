"""The items of the arrays in a JSON file, one at a time, so that an export of any size takes the memory of one item."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import DAMAGED, TOO_LARGE, ReadError

MAX_ITEM_CHARACTERS = 50_000_000
MAX_DEPTH = 20
MAX_DIGITS = 4000  # Python refuses to read integers of more than 4,300
_SPACE = re.compile(r"[ \t\n\r]*")

Path = tuple[str, ...]


class JsonStream:
    """A JSON text that is read from its beginning to its end.

    Args:
        chunks: the text in pieces.
        is_opened: says of the path of an array whether its items are gone into one by one (``True``) or given whole.
    """

    def __init__(self, chunks: Iterable[str], is_opened: Callable[[Path], bool] = lambda path: False) -> None:
        self._chunks = iter(chunks)
        self._decoder = json.JSONDecoder(parse_int=_integer)
        self._is_opened = is_opened
        self._buffer = ""
        self._at = 0
        self._ended = False

    def items(self) -> Iterator[tuple[Path, Any]]:
        """Yield the path and the value of each array item, and of each value of an object that is neither array nor object.

        The path holds the names of the objects on the way; arrays add nothing to it. Texts that follow each other are all read.

        Raises:
            ReadError: it is no JSON, nested too deep, or an item is too large.
        """
        while self._next():
            yield from self._value((), 0)

    def _value(self, path: Path, depth: int) -> Iterator[tuple[Path, Any]]:
        if depth > MAX_DEPTH:
            raise ReadError(DAMAGED, f"JSON nested more than {MAX_DEPTH} deep")
        first = self._next()
        if first == "{":
            yield from self._object(path, depth)
        elif first == "[":
            yield from self._array(path, depth)
        else:
            yield path, self._whole()

    def _object(self, path: Path, depth: int) -> Iterator[tuple[Path, Any]]:
        self._at += 1
        while self._next() != "}":
            name = self._whole()
            if not isinstance(name, str) or self._next() != ":":
                raise ReadError(DAMAGED, "no sound JSON: an object without names")
            self._at += 1
            yield from self._value((*path, name), depth + 1)
            self._comma("}")
        self._at += 1

    def _array(self, path: Path, depth: int) -> Iterator[tuple[Path, Any]]:
        self._at += 1
        while (first := self._next()) != "]":
            if first == "{" and self._is_opened(path):
                yield from self._value(path, depth + 1)
            else:
                yield path, self._whole()
            self._comma("]")
        self._at += 1

    def _comma(self, end: str) -> None:
        sign = self._next()
        if sign == ",":
            self._at += 1
        elif sign != end:
            raise ReadError(DAMAGED, f"no sound JSON: {sign!r} where a comma or {end!r} was expected" if sign else "JSON that breaks off")

    def _next(self) -> str:
        """Return the next sign that is no space; empty at the end."""
        while True:
            space = _SPACE.match(self._buffer, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._fill():
                return ""

    def _whole(self) -> Any:
        """Return the next value, decoded whole."""
        self._next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except (json.JSONDecodeError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._fill():
                    raise ReadError(DAMAGED, f"no sound JSON: {error}") from error
                continue
            if end == len(self._buffer) and not isinstance(value, (str, dict, list)) and self._fill():
                continue
            self._at = end
            return value

    def _fill(self) -> bool:
        """Read on, as much again as is held, so that a large item is not tried too often; ``False`` at the end."""
        held = [self._buffer[self._at :]]
        size, wanted = 0, max(1, len(held[0]))
        if wanted > MAX_ITEM_CHARACTERS:
            raise ReadError(TOO_LARGE, f"an item of the JSON has more than {format_bytes(MAX_ITEM_CHARACTERS)}")
        while size < wanted and not self._ended:
            chunk = next(self._chunks, None)
            self._ended = chunk is None
            held.append(chunk or "")
            size += len(held[-1])
        self._buffer, self._at = "".join(held), 0
        return size > 0


def _integer(digits: str) -> int | float:
    """Return a whole number; one too long to be read exactly is infinite, and no reason to lose the file."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)
