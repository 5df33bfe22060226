"""Finds Burmese text in Zawgyi, an encoding that uses Burmese code points otherwise than Unicode and looks the same in its own font.

It is reported, never converted: which of two readings is meant cannot always be told.
"""

from __future__ import annotations

import re

_BURMESE = re.compile("[\u1000-\u109f]")
# Signs of Unicode: asat right after a consonant, medials ra and wa and ha behind one, the vowel e behind consonant or medial, stacked consonants.
# Signs of Zawgyi: e before its consonant at the beginning of a syllable, medial ra before it, the visible sign U+1039 before anything
# but a consonant, and code points from U+1060 on, which Unicode gives to other languages.
# Source: Unicode Technical Note 11 (order of storage); the layout of the Zawgyi-One font as documented by the Unicode Consortium's Myanmar FAQ.
_UNICODE_SIGNS = re.compile("[\u1000-\u1021]\u103a|[\u1000-\u1021\u103b-\u103e]\u1031(?![\u1000-\u1021]\u103b?\u102c)|\u1039[\u1000-\u1021]")
_ZAWGYI_SIGNS = re.compile(
    "(?:^|[\\s\u104a\u104b\u1038\u1037])[\u1031\u103b]+[\u1000-\u1021]|\u1031\u103b[\u1000-\u1021]|\u1039(?![\u1000-\u1021])|[\u1060-\u1097]"
)


def zawgyi_share(text: str) -> float | None:
    """Return the share of telling signs in a text that are Zawgyi's: near 0 in Unicode, near 1 in Zawgyi, ``None`` without any sign."""
    if not _BURMESE.search(text):
        return None
    unicode_signs, zawgyi_signs = len(_UNICODE_SIGNS.findall(text)), len(_ZAWGYI_SIGNS.findall(text))
    total = unicode_signs + zawgyi_signs
    return zawgyi_signs / total if total else None
