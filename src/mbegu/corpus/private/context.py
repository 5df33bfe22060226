"""Whether a word near a number tells what the number is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mbegu.corpus.private.items import fold, word_pattern

BEFORE_CHARACTERS = 60
AFTER_CHARACTERS = 16
FARTHEST_CHARACTERS = 30  # between the end of the word and the number
_SPACES = " .-:()"
_DIGIT = re.compile(r"\d")


class ContextWords:
    """Looks for words before a number on the same line, with no other number in between, or right behind it."""

    def __init__(self, words: Iterable[str]) -> None:
        self._pattern = word_pattern(words)

    def before(self, text: str, start: int) -> bool:
        """Whether one of the words stands before ``start``, at most 30 characters away."""
        window = text[max(0, start - BEFORE_CHARACTERS) : start]
        if not window or window.rstrip(_SPACES)[-1:].isdigit():
            return False
        folded = fold(window[window.rfind("\n") + 1 :])
        ends = [match.end() for match in self._pattern.finditer(folded)]
        return bool(ends) and len(folded) - ends[-1] <= FARTHEST_CHARACTERS and not _DIGIT.search(folded, ends[-1])

    def after(self, text: str, end: int) -> bool:
        """Whether one of the words stands within 16 characters after ``end``."""
        window = text[end : end + AFTER_CHARACTERS].partition("\n")[0]
        found = self._pattern.search(fold(window))
        return found is not None and not _DIGIT.search(window)
