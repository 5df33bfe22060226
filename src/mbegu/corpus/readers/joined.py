"""Tokens joined back into running text, with spaces where the writing of each script has them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from mbegu.corpus.scripts import is_unspaced

# Signs that stand at the end of what is before them: Latin, Greek, Arabic, Ethiopic, Devanagari, Khmer, Myanmar, N'Ko, Armenian, Adlam, Vai, CJK.
_CLOSING = frozenset(".,;:!?%…‰°'’؟،؛۔٪፡።፣፤፥፦፧፨।॥។៕៖၊။߸߹߷՝՞։\U0001e95e\U0001e95f⹁꘍꘎꘏、。，！？；：")
_OPENING = frozenset("¿¡#@")
MAX_SIGNS = 8  # longer tokens are no punctuation
_SINGLE = frozenset("'`")
_AROUND = frozenset("/-‐‑_")
_ESCAPED_QUOTE = '""""'  # one quotation mark, as a program that writes tables escapes it; in MasakhaNER's files


def joined(tokens: Sequence[str]) -> str:
    """Return tokens as a sentence: marks of punctuation stand at the word that they belong to, words apart where their script does so."""
    tokens = ['"' if token == _ESCAPED_QUOTE else token for token in tokens if token]
    parts: list[str] = []
    is_open: set[str] = set()
    glue = True
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        before = tokens[i - 1] if i else ""
        closes, opens = _sides(token, is_open)
        if not (glue or closes or (is_unspaced(before[-1:]) and is_unspaced(token[0]))):
            parts.append(" ")
        parts.append(token)
        glue = opens or (unicodedata.category(token[-1]) == "Sc" and following[:1].isdigit()) or _in_number(before, token, following)
    return "".join(parts)


def _sides(token: str, is_open: set[str]) -> tuple[bool, bool]:
    """Return whether a token holds to what is before it, and to what follows; straight quotation marks open and close in turn."""
    if set(token) <= {'"', "'", "`"}:
        kind = "single" if token in _SINGLE else "double"
        closes = kind in is_open
        is_open.symmetric_difference_update({kind})
        return closes, not closes
    if len(token) > MAX_SIGNS:
        return False, False
    categories = {unicodedata.category(sign) for sign in token}
    if categories <= {"Pe", "Pf"} or all(sign in _CLOSING for sign in token):
        return True, False
    if categories <= {"Ps", "Pi"} or token in _OPENING:
        return False, True
    return token in _AROUND, token in _AROUND


def _in_number(before: str, token: str, following: str) -> bool:
    """Whether a sign parts the figures of one number or of a time: ``10,000``, ``2.5``, ``9:30``."""
    groups = {",": (3,), ".": (1, 2, 3), ":": (2,)}.get(token, ())
    return before[-1:].isdigit() and following.isdigit() and len(following) in groups
