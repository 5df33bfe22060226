"""Scores of many lines at once: the costs of their words in each language, added up.

Text repeats its words, so what a word costs is remembered. A line's bytes are cut at everything in ASCII that is no letter; each piece, nearly
always one word, is found again by a hash of its bytes. Only pieces that are new are decoded and looked at letter by letter.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.identify.likelihood import Likelihood
from mbegu.corpus.identify.packed import Packed, Rows, pack, unpack
from mbegu.corpus.identify.spelling import SCRIPT_CODES, Integers, spell_joined
from mbegu.corpus.keys import Hashes, mix

CAPITAL_WEIGHT = 0.3  # of words with a capital letter: names are the same in every language. Measured: .95 against .93 of F1 for Zulu news
BLOCK_CHARACTERS = 1 << 18  # worked on at a time: what this takes stays near the processor
LONGEST_LINE = 200_000  # characters of a line that are looked at; its sums fit their integers
CACHE_BYTES = 24 << 20  # of words that are remembered
MOST_CACHE_BITS = 18
_NEWLINE, _SPACE = 10, 32
_BASE = 0xD1342543DE82EF95  # odd; a multiplier with good spectral properties (Steele and Vigna 2021)
_TABLE = bytes(each if each >= 0x80 or chr(each).isalpha() or each == 0x27 else _NEWLINE if each == _NEWLINE else _SPACE for each in range(256))


@dataclass(frozen=True)
class Scores:
    """Of each line: ``costs`` [lines, languages] in nats, ``letters`` [lines] that they are of, ``script`` [lines] of most of its letters.

    Words with a capital letter count less in costs and letters.
    """

    costs: Rows
    letters: Rows
    script: Integers


@dataclass(frozen=True)
class _Pieces:
    """Of a block of text: hash, line, and first and last byte [pieces] of each piece."""

    hashes: Hashes
    line: Integers
    first: Integers
    end: Integers


class Scorer:
    """Adds up what the words of lines cost, and remembers the words."""

    def __init__(self, likelihood: Likelihood) -> None:
        self._likelihood = likelihood
        self._columns = likelihood.n_languages + 1  # the last one holds letters
        width = (self._columns + 1) // 2
        bits = min(MOST_CACHE_BITS, int(math.log2(CACHE_BYTES / (8 * width))))
        size = 1 << bits
        self._shift = np.uint64(64 - bits)
        self._keys = np.zeros(size, dtype=np.uint64)
        self._rows = np.zeros((size, width), dtype=np.uint64)
        self._script = np.zeros(size, dtype=np.uint8)
        self._powers = self._inverses = np.zeros(0, dtype=np.uint64)

    def lines(self, texts: Sequence[str]) -> Scores:
        """Return the scores of lines, in blocks that fit the cache."""
        parts = [self._block(texts[first:end]) for first, end in _blocks(texts)]
        if not parts:
            return Scores(np.zeros((0, self._columns - 1), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
        return Scores(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("costs", "letters", "script")))

    def _block(self, texts: Sequence[str]) -> Scores:
        pieces, data = self._pieces(texts)
        rows, script = self._remembered(pieces, data)
        sums = np.zeros((len(texts), rows.shape[1]), dtype=np.uint64)
        if len(pieces.line):
            starts = np.flatnonzero(np.concatenate([[True], pieces.line[1:] != pieces.line[:-1]]))
            sums[pieces.line[starts]] = np.add.reduceat(rows, starts, axis=0)
        values = unpack(sums, self._columns)
        return Scores(values[:, :-1], values[:, -1], _most_frequent(pieces, script, len(texts)))

    def _pieces(self, texts: Sequence[str]) -> tuple[_Pieces, bytes]:
        data = _joined(texts).encode("utf-8", "surrogatepass").translate(_TABLE) + b"\n"
        codes = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero(codes <= _SPACE)
        starts = np.concatenate([[0], ends[:-1] + 1])
        line_ends = codes[ends] == _NEWLINE
        line = np.cumsum(line_ends) - line_ends
        some = ends > starts
        first, end = starts[some], ends[some]
        self._make_powers(len(codes))
        sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum(codes * self._powers[: len(codes)], out=sums[1:])
        hashes = mix((sums[end] - sums[first]) * self._inverses[first])
        return _Pieces(hashes, line[some], first, end), data

    def _remembered(self, pieces: _Pieces, data: bytes) -> tuple[Packed, Integers]:
        """Return the row and the script of each piece, working out those that are not remembered."""
        places = (pieces.hashes >> self._shift).astype(np.int64)
        elsewhere = np.flatnonzero(self._keys.take(places) != pieces.hashes)
        places[elsewhere] = self._second_place(pieces.hashes[elsewhere])
        rows, script = self._rows.take(places, axis=0), self._script.take(places)
        missing = elsewhere[self._keys.take(places[elsewhere]) != pieces.hashes[elsewhere]]
        if len(missing):
            hashes, first, number = _distinct(pieces.hashes[missing])
            new_rows, new_script = self.rows_of(_cut_out(data, pieces.first[missing[first]], pieces.end[missing[first]]), len(hashes))
            rows[missing], script[missing] = new_rows[number], new_script[number]
            there = (hashes >> self._shift).astype(np.int64)
            there = np.where(self._keys.take(there) == 0, there, self._second_place(hashes))
            self._keys[there], self._rows[there], self._script[there] = hashes, new_rows, new_script
        return rows, script.astype(np.int64)

    def _second_place(self, hashes: Hashes) -> Integers:
        """Return where a piece is remembered when another one took its first place."""
        return (hashes & np.uint64(len(self._keys) - 1)).astype(np.int64)

    def rows_of(self, pieces: str, n_pieces: int) -> tuple[Packed, npt.NDArray[np.uint8]]:
        """Return the packed row of costs and letters of each piece of text, and the script of its first letter.

        Args:
            pieces: with a line end between them.
            n_pieces: how many there are.
        """
        words = spell_joined(pieces, n_pieces)
        scored = self._likelihood.words(words)
        weight = np.where(words.has_capital[words.text], np.float32(CAPITAL_WEIGHT), np.float32(1))
        values = pack(np.concatenate([scored.costs, scored.letters[:, None]], axis=1) * weight[:, None])
        rows = np.zeros((n_pieces, values.shape[1]), dtype=np.uint64)
        if len(values):
            starts = np.flatnonzero(np.diff(words.text, prepend=-1))
            rows[words.text[starts]] = np.add.reduceat(values, starts, axis=0)
        script = np.zeros(n_pieces, dtype=np.uint8)
        script[words.text[::-1]] = words.script[::-1]
        return rows, script

    def _make_powers(self, n: int) -> None:
        if len(self._powers) < n:
            powers = np.full(n, _BASE, dtype=np.uint64)
            powers[0] = 1
            inverses = np.full(n, pow(_BASE, -1, 1 << 64), dtype=np.uint64)
            inverses[0] = 1
            self._powers, self._inverses = np.cumprod(powers), np.cumprod(inverses)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of blocks of whole lines."""
    sizes = list(itertools.accumulate((len(text) for text in texts), initial=0))
    first = 0
    while first < len(texts):
        end = max(first + 1, bisect.bisect_right(sizes, sizes[first] + BLOCK_CHARACTERS) - 1)
        yield first, end
        first = end


def _joined(texts: Sequence[str]) -> str:
    """Return the lines as one text with a line end between them, and none inside."""
    joined = "\n".join(texts)
    if joined.count("\n") == len(texts) - 1 and len(joined) <= BLOCK_CHARACTERS + len(texts):
        return joined
    return "\n".join(text[:LONGEST_LINE].replace("\n", " ") for text in texts)


def _cut_out(data: bytes, first: Integers, end: Integers) -> str:
    """Return parts of UTF-8 text with a line end between them."""
    sizes = end - first + 1  # with the byte after it, for the line end
    ends = np.cumsum(sizes)
    at = np.arange(ends[-1]) + np.repeat(first - (ends - sizes), sizes)
    codes = np.frombuffer(data, dtype=np.uint8)[at]
    codes[ends - 1] = _NEWLINE
    return str(codes[:-1].tobytes(), "utf-8", "surrogatepass")


def _distinct(hashes: Hashes) -> tuple[Hashes, Integers, Integers]:
    """Return what ``np.unique`` does, with any index of each hash instead of its first: that needs no stable sorting."""
    order = hashes.argsort()
    ordered = hashes[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    number = np.empty(len(hashes), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return ordered[new], order[new], number


def _most_frequent(pieces: _Pieces, script: Integers, n_lines: int) -> Integers:
    """Return for each line the script of most of its bytes, 0 where it has no letters."""
    if not len(script):
        return np.zeros(n_lines, dtype=np.int64)
    present = np.flatnonzero(np.bincount(script))
    if len(present) == 1:
        scripts = np.zeros(n_lines, dtype=np.int64)
        scripts[pieces.line] = present[0]
        return scripts
    number = np.zeros(len(SCRIPT_CODES), dtype=np.int64)
    number[present] = np.arange(len(present))
    cells = np.bincount(pieces.line * len(present) + number[script], weights=pieces.end - pieces.first, minlength=n_lines * len(present))
    table = cells.reshape(n_lines, len(present))
    table[:, present == 0] = 0
    best = table.argmax(axis=1)
    return np.where(table.max(axis=1) > 0, present[best].astype(np.int64), 0)
