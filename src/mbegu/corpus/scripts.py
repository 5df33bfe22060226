"""Which scripts a text is written in, by its letters. Codes are ISO 15924; names of characters come from Python's Unicode tables."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

from mbegu.core.language import SCRIPTS

# Scripts that the language table names otherwise than Unicode names their characters.
_OTHER_NAMES = {"CJK": "Hani", "OL CHIKI": "Olck", "NKO": "Nkoo", "MEETEI MAYEK": "Mtei", "ETHIOPIC": "Ethi"}
UNKNOWN = "Zzzz"
# First and last code points of the blocks of scripts that put no blanks between words. Sources: the Unicode Standard's chapters on the scripts, and
# its line breaking classes SA (where words must be looked up to break a line), AK and ID.
UNSPACED_BLOCKS = {
    "Bali": ((0x1B00, 0x1B7F),),
    "Hani": ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
    "Hira": ((0x3040, 0x309F),),
    "Java": ((0xA980, 0xA9DF),),
    "Kana": ((0x30A0, 0x30FF), (0x31F0, 0x31FF)),
    "Khmr": ((0x1780, 0x17FF),),
    "Lana": ((0x1A20, 0x1AAF),),
    "Laoo": ((0x0E80, 0x0EFF),),
    "Mymr": ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "Tale": ((0x1950, 0x197F),),
    "Talu": ((0x1980, 0x19DF),),
    "Thai": ((0x0E00, 0x0E7F),),
    "Tibt": ((0x0F00, 0x0F00), (0x0F20, 0x0F33), (0x0F3E, 0x0FBC)),  # without its signs: a blank follows them
}
UNSPACED_CLASS = "".join(f"{chr(first)}-{chr(last)}" for blocks in UNSPACED_BLOCKS.values() for first, last in blocks)  # inside [] of a pattern
_UNSPACED = re.compile(f"[{UNSPACED_CLASS}]")


@functools.cache
def _names() -> dict[str, str]:
    named = {name.upper().replace("'", ""): code for code, name in SCRIPTS.items() if "(" not in name}
    return {**named, **_OTHER_NAMES}


@functools.cache
def script_of(letter: str) -> str:
    """Return the ISO 15924 code of a letter's script; ``Zzzz`` where it is not known."""
    words = unicodedata.name(letter, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ").replace("-", " ").split()
    for count in (3, 2, 1):
        code = _names().get(" ".join(words[:count]))
        if code:
            return code
    return UNKNOWN


def script_counts(characters: Mapping[str, int]) -> Counter[str]:
    """Return the number of letters of each script.

    Args:
        characters: how often each character occurs. Letters that many scripts share (modifier letters) are not counted.
    """
    counts: Counter[str] = Counter()
    for character, count in characters.items():
        if unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lo"):
            counts[script_of(character)] += count
    return counts


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that puts no blanks between words; false for none at all."""
    return bool(_UNSPACED.match(character))
