"""A text as it is read: without the characters that nobody sees, which make the same word or number another one for a machine."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from dataclasses import dataclass

# Soft hyphen, spaces and joiners without width, marks of direction, variation selectors: what Unicode 16 calls default ignorable, up to U+FFFF and
# without the Hangul fillers. Joiners and variation selectors part no words; the others may, where they are all that stands between two.
_JOINING = r"\u034f\u180b-\u180f\u200c\u200d\ufe00-\ufe0f"
_PARTING = r"\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
INVISIBLE = re.compile(f"[{_JOINING}{_PARTING}]")
_SPACE = re.compile(r"\s")
_MAY_PART = re.compile(f"[{_PARTING}]")


@dataclass(frozen=True)
class Reading:
    """A text that is read, and the whole text, of which all that ``left_out`` matches, one character at a time, is not in it."""

    text: str
    whole: str
    left_out: re.Pattern[str] | None = None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a stretch of the text, at least one character long, begins and ends in the whole."""
        return start + bisect_right(self._before, start), end + bisect_right(self._before, end - 1)

    @functools.cached_property
    def _before(self) -> list[int]:
        """For each character left out how many of those that stayed stand before it; only made where something was found."""
        return [match.start() - number for number, match in enumerate(self.left_out.finditer(self.whole))] if self.left_out else []


def without_spaces(text: str) -> Reading:
    """Return a text without any space, line end or tab."""
    return Reading("".join(text.split()), text, _SPACE)  # takes half of the time that the pattern would


def readings(text: str) -> list[Reading]:
    """Return the ways in which a text is to be read: without what nobody sees, and as it is where that may stand for a space between words."""
    if text.isascii() or not INVISIBLE.search(text):
        return [Reading(text, text)]
    seen = Reading(INVISIBLE.sub("", text), text, INVISIBLE)
    return [seen, Reading(text, text)] if _MAY_PART.search(text) else [seen]
