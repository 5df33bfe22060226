"""Patterns of sources.toml: ``*`` and ``?`` stay within a folder, ``**`` goes through folders; what is in a file goes with the file.

A pattern is followed from left to right with all places of a name at once that it can have come to, as the bits of one number, which Python
adds and shifts as a whole. So no pattern takes long, where a regular expression would try one wildcard within another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mbegu.corpus.source import PACKED

WILDCARDS = re.compile(r"(\*\*/|\*\*|\*|\?)")
ENDS = re.compile("[/#:]")  # what may follow a name in the source of a document: a/b.zip/c.csv#17:40
_PACKED = re.compile("|".join(map(re.escape, PACKED)))


@dataclass(frozen=True)
class Name:
    """The source of a document, ready to be matched.

    Bit 0 of each number is the place before the first letter. ``slashes`` are the places before a slash, ``ends`` those at which a pattern may
    have come to its end: the end of the text, before ``/#:``, and before what packs the file.
    """

    text: str
    slashes: int
    ends: int

    @classmethod
    def of(cls, text: str) -> Name:
        """Return the name of a source."""
        ends = {len(text), *(found.start() for found in ENDS.finditer(text))}
        for found in reversed(list(_PACKED.finditer(text))):
            if found.end() in ends:
                ends.add(found.start())
        return cls(text, _bits(_places_of("/", text), text), _bits(ends, text))


@dataclass(frozen=True)
class Glob:
    """A pattern: the letters that it begins with, and what follows in parts, each a wildcard or letters; ``longest`` are the most letters in one."""

    head: str
    parts: tuple[str, ...]
    longest: str

    @classmethod
    def of(cls, pattern: str, prefix: str = "") -> Glob:
        """Return a pattern; ``prefix`` are letters before it, whatever they are."""
        head, *parts = WILDCARDS.split(pattern)
        longest = max((part for part in parts if not is_pattern(part)), key=len, default="")
        return cls(prefix + head, tuple(part for part in parts if part), longest)

    def fits(self, name: Name) -> bool:
        """Whether a name, or the beginning of it up to one of its ends, is as the pattern says."""
        text, slashes = name.text, name.slashes
        if not text.startswith(self.head) or self.longest not in text:
            return False
        others = ((1 << len(text)) - 1) ^ slashes  # the places before a letter that is no slash
        at = 1 << len(self.head)
        for part in self.parts:
            onwards = -(at & -at)  # all places from the lowest on
            if part == "**":
                at = ((2 << len(text)) - 1) & onwards
            elif part == "**/":
                at |= (slashes & onwards) << 1
            elif part == "*":
                at |= ((at & others) + others) ^ others  # what is carried runs on to the next slash
            elif part == "?":
                at = (at & others) << 1
            else:
                at = (at & _bits(_places_of(part, text), text)) << len(part)
            if not at:
                return False
        return bool(at & name.ends)


def is_pattern(text: str) -> bool:
    """Whether a text has wildcards."""
    return "*" in text or "?" in text


def _places_of(part: str, text: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _bits(places: Iterable[int], text: str) -> int:
    """Return the number with these bits. It is made of digits: setting bit after bit takes long in a long number."""
    digits = bytearray(b"0" * (len(text) + 1))
    for place in places:
        digits[-1 - place] = ord("1")
    return int(digits, 2)
