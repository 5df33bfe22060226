"""Ends a text before the first of some stop texts, however it is cut into pieces.

The engine looks for them too, but overlooks one whose bytes come in several tokens after bytes that are no text.
"""

from __future__ import annotations

from collections.abc import Sequence


class StopFinder:
    """Lets a text through piece by piece, holding back what may be the beginning of a stop text.

    Args:
        stops: the stop texts, none of them empty.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = list(stops)
        self._held = ""
        self.is_found = False

    def add(self, piece: str) -> str:
        """Return what may be shown after the next piece; once ``is_found``, nothing more."""
        if self.is_found:
            return ""
        self._held += piece
        places = [place for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if places:
            self.is_found = True
            return self._held[: min(places)]
        keep = max((self._overlap(stop) for stop in self._stops), default=0)
        shown = self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return shown

    def rest(self) -> str:
        """Return what was held back when the text has ended by itself."""
        return "" if self.is_found else self._held

    def _overlap(self, stop: str) -> int:
        """Return how many characters at the end are the beginning of a stop text."""
        for length in range(min(len(stop) - 1, len(self._held)), 0, -1):
            if self._held.endswith(stop[:length]):
                return length
        return 0
