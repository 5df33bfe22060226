"""Which scripts a text is written in, by its letters. Codes are ISO 15924; names of characters come from Python's Unicode tables."""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Mapping

from mbegu.core.language import SCRIPTS

# Scripts that the language table names otherwise than Unicode names their characters.
_OTHER_NAMES = {"CJK": "Hani", "OL CHIKI": "Olck", "NKO": "Nkoo", "MEETEI MAYEK": "Mtei", "ETHIOPIC": "Ethi"}
UNKNOWN = "Zzzz"


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
