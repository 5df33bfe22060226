"""Examples without what they should not show: addresses of e-mail and long numbers in them are covered."""

from __future__ import annotations

import re

from mbegu.corpus.findings import excerpt

COVER = "[…]"
# Seven digits and more, with what is written between them, make a telephone, identity or account number; dates have fewer or eight in a
# form of their own, and are covered too rather than a number shown.
_NUMBER = re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){6,}")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.\w+")


def masked_excerpt(text: str, characters: int) -> str:
    """Return how a text begins, on one line, with addresses and long numbers covered.

    Args:
        text: what was kept or left out; what was left out has had nothing replaced in it.
        characters: most to return.
    """
    return excerpt(_NUMBER.sub(COVER, _ADDRESS.sub(COVER, text[: 3 * characters])), characters)
