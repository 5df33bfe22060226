"""From text to the words that are counted: lower case, NFC, as code points, with a mark before and after each word.

Nothing is taken from a word but its case; tone marks are letters' marks and stay. Digits, punctuation and everything else end a word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.core.language import SCRIPTS
from mbegu.corpus.scripts import script_of

START, END = 1, 2  # stand before and after each word; both are control characters, which normalised text has not
APOSTROPHE = 0x27
APOSTROPHES = "'’ʼ‘ʻ"  # as typed for one letter or sign (glottal stop, elision): one in the model, untouched in the text
OTHER, LETTER, CAPITAL, MARK, SIGN, NOT_SEEN = 0, 1, 2, 3, 4, 255
MIXED = 255  # instead of a script: a text has letters of several
SCRIPT_CODES = ("Zzzz", "Hani", *sorted(SCRIPTS))
_ALL_CODES = 0x110000
_SCRIPT_NUMBERS = {code: number for number, code in enumerate(SCRIPT_CODES)}

Codes = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Words:
    """All words of some texts, one after another.

    ``codes`` [n]: code points, with ``START`` before and ``END`` after each word. ``starts`` [words]: where each word's ``START`` is.
    ``text`` [words]: the number of the text that each is in, in rising order. ``letters`` [words]: code points without the two marks.
    ``script`` [words]: number in ``SCRIPT_CODES`` of the script of its first letter.
    ``has_capital`` [texts]: whether a text has an upper-case letter.
    """

    codes: Codes
    starts: Integers
    text: Integers
    letters: Integers
    script: Integers
    has_capital: npt.NDArray[np.bool_]


class Letters:
    """What each code point is and which script it belongs to; looked up in Unicode's tables when first met, then in arrays."""

    def __init__(self) -> None:
        self._kind = np.full(_ALL_CODES, NOT_SEEN, dtype=np.uint8)
        self._script = np.zeros(_ALL_CODES, dtype=np.uint8)
        self._highest, self._lowest = np.full(_ALL_CODES, 1, dtype=np.uint8), np.zeros(_ALL_CODES, dtype=np.uint8)  # 1 and 0: not met yet

    def kinds(self, codes: Codes) -> npt.NDArray[np.uint8]:
        """Return for each code point OTHER, LETTER, CAPITAL, MARK or SIGN (an apostrophe)."""
        kinds = self._kind[codes]
        if (kinds == NOT_SEEN).any():
            for code in np.unique(codes[kinds == NOT_SEEN]).tolist():
                self._look_up(code)
            kinds = self._kind[codes]
        return kinds

    def scripts(self, codes: Codes) -> Integers:
        """Return for each code point, all of them seen by ``kinds``, its script's number in ``SCRIPT_CODES``."""
        return self._script[codes].astype(np.int64)

    def bounds(self, codes: Codes) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Return for each code point the number of its script where it is a letter, else 0 and 255: what leaves a maximum and a minimum as it is."""
        highest = self._highest.take(codes)
        lowest = self._lowest.take(codes)
        if (highest > lowest).any():  # some were not met before
            self.kinds(codes)
            highest, lowest = self._highest.take(codes), self._lowest.take(codes)
        return highest, lowest

    def _look_up(self, code: int) -> None:
        character = chr(code)
        category = unicodedata.category(character)
        if character in APOSTROPHES:
            kind = SIGN
        elif category[0] == "L":
            kind = CAPITAL if category in ("Lu", "Lt") else LETTER
            self._script[code] = _SCRIPT_NUMBERS.get(script_of(character), 0)
        else:
            kind = MARK if category[0] == "M" else OTHER
        self._kind[code] = kind
        is_letter = kind in (LETTER, CAPITAL)
        self._highest[code], self._lowest[code] = (self._script[code],) * 2 if is_letter else (0, 255)


_letters = Letters()


def spell(texts: Sequence[str]) -> Words:
    """Split texts into words.

    Args:
        texts: each without a line end.
    """
    return spell_joined("\n".join(texts), len(texts))


def spell_joined(joined: str, n_texts: int) -> Words:
    """Split texts that have been joined with a line end between them into words."""
    composed = unicodedata.normalize("NFC", joined)
    codes = _code_points(composed)
    has_capital = _any_in(_letters.kinds(codes) == CAPITAL, codes, n_texts)
    if has_capital.any():
        codes = _code_points(composed.lower())
    kinds = _letters.kinds(codes)
    inside = (kinds == LETTER) | (kinds == CAPITAL) | (kinds == MARK)
    between = kinds == SIGN
    between[1:] &= inside[:-1]
    between[:-1] &= inside[1:]
    inside |= between & (np.arange(len(codes)) > 0) & (np.arange(len(codes)) < len(codes) - 1)
    codes = np.where(between, np.uint32(APOSTROPHE), codes)
    return _marked(codes, inside, has_capital)


def only_scripts(texts: Sequence[str]) -> Integers:
    """Return for each text the number in ``SCRIPT_CODES`` of the script of its letters, 0 where it has none, ``MIXED`` where they are of several.

    Args:
        texts: at least one.
    """
    codes = _code_points("\n".join(texts) + "\n")  # the last text may be empty too
    highest_of, lowest_of = _letters.bounds(codes)
    starts = np.zeros(len(texts), dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts[:-1]), dtype=np.int64, count=len(texts) - 1) + 1, out=starts[1:])
    highest, lowest = np.maximum.reduceat(highest_of, starts), np.minimum.reduceat(lowest_of, starts)
    return np.where((lowest == highest) | (highest == 0) & (lowest == 255), highest, MIXED).astype(np.int64)


def _marked(codes: Codes, inside: npt.NDArray[np.bool_], has_capital: npt.NDArray[np.bool_]) -> Words:
    """Return the words given by which code points are inside of one."""
    padded = np.concatenate([[False], inside, [False]])
    firsts = np.flatnonzero(padded[1:-1] & ~padded[:-2])
    lasts = np.flatnonzero(padded[1:-1] & ~padded[2:])
    letters = lasts - firsts + 1
    starts = np.cumsum(letters + 2) - letters - 2
    marked = np.full(int((letters + 2).sum()), END, dtype=np.uint32)
    marked[starts] = START
    word = np.repeat(np.arange(len(firsts)), letters)
    marked[np.arange(len(word)) + 2 * word + 1] = codes[inside]
    text = np.cumsum(codes == ord("\n"))[firsts]
    return Words(marked, starts, text, letters, _letters.scripts(codes[firsts]), has_capital)


def _code_points(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32)


def _any_in(flags: npt.NDArray[np.bool_], codes: Codes, n_texts: int) -> npt.NDArray[np.bool_]:
    """Return for each text whether any of its code points is flagged."""
    found = np.zeros(n_texts, dtype=bool)
    if flags.any():
        found[np.cumsum(codes == ord("\n"))[flags]] = True
    return found
