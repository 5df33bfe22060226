"""One form for the same text: NFC, ``\\n`` line ends, no control characters. Nothing else is changed.

Kept on purpose: every combining mark, zero-width joiner and non-joiner (Arabic script, Indic scripts, Khmer), the marks that
set the writing direction (N'Ko, Arabic, Hebrew and Adlam mixed with Latin), soft hyphens, no-break spaces, letter case.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mbegu.corpus.decode import REPLACEMENT

_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*){2,}")
# C0 and C1 controls other than tab and line feed, byte order marks left inside, non-characters.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# All that the three above look for; most texts have none of it, and one look says so.
_RARE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Normalised:
    """Normalised text, whether NFC changed it, how many control characters were removed and how many replaced."""

    text: str
    nfc_changed: bool
    removed_controls: int
    replaced: int


def normalise(text: str) -> Normalised:
    """Bring text into the one form. Applying it twice changes nothing more.

    Runs of three and more line ends become two. A surrogate that belongs to no pair (broken JSON has them) becomes U+FFFD and is
    counted as replaced together with those of decoding.
    """
    removed = 0
    if _RARE.search(text):
        text = _LINE_ENDS.sub("\n", text)
        text, removed = _CONTROLS.subn("", text)
        text = _SURROGATES.sub(REPLACEMENT, text)
    nfc = text if text.isascii() else unicodedata.normalize("NFC", text)
    clean = _BLANK_LINES.sub("\n\n", nfc).strip()
    return Normalised(clean, nfc != text, removed, clean.count(REPLACEMENT))
