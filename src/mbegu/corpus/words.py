"""What words are made of, in any script that parts them: letters, digits, combining marks and joiners."""

from __future__ import annotations

import functools
import re
import unicodedata

_FIRST_MARK = "\u0300"
_JOINERS = "\u200c\u200d"
# Marks outside the basic plane that living scripts use: Mende Kikakui, Adlam.
_FAR_MARKS = (*range(0x1E8D0, 0x1E8D7), *range(0x1E944, 0x1E94B))


@functools.cache
def mark_class() -> str:
    """Return the inside of a character class of all combining marks."""
    codes = [code for code in range(0x11000) if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me")]
    ranges: list[list[int]] = []
    for code in (*codes, *_FAR_MARKS):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


@functools.cache
def word_regex() -> re.Pattern[str]:
    """Return the pattern of a word; the underscore parts words."""
    return re.compile(rf"(?:[^\W_]|[{mark_class()}{_JOINERS}])+")


def is_mark(character: str) -> bool:
    """Whether a character is a combining mark."""
    return character >= _FIRST_MARK and unicodedata.category(character)[0] == "M"


def without_marks(word: str) -> str:
    """Return the word without its nonspacing marks: the same for ``Adé`` and ``Ade``."""
    if word.isascii():
        return word
    return "".join(each for each in unicodedata.normalize("NFD", word) if unicodedata.category(each) != "Mn")
