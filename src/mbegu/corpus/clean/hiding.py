"""What must not be written down: private items are replaced and blocked documents dropped before anything else looks at the text.

So nothing that cleaning writes (text, what was dropped, pairs, examples, notes, its own working files) can hold any of it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mbegu.core.errors import InputError
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.normalise import normalise

if TYPE_CHECKING:
    from mbegu.corpus.private import Redactor


class BlockedError(Exception):
    """A text holds a word or passage of the list and must not be used. Says which entry of the list, never what stands there."""


class Hiding:
    """Replaces and blocks what a person named; where nothing was named, every text stays as it is.

    Args:
        settings: of cleaning.

    Raises:
        InputError: a list cannot be read.
        SettingsError: a region is not known.
    """

    def __init__(self, settings: CleanSettings) -> None:
        self.found: Counter[str] = Counter()
        self._blocked = read_list(settings.blocked)
        self._redactor: Redactor | None = None
        if settings.private or settings.regions or settings.names or settings.blocked:
            from mbegu.corpus.private import Redactor

            self._redactor = Redactor(settings.regions, read_list(settings.names), self._blocked)
        self._replaces = settings.private or bool(settings.regions or settings.names)

    def document(self, text: str) -> str:
        """Return the text of a document with placeholders, and count these. It has as many lines as before. Raises ``BlockedError``."""
        if self._redactor is None:
            return text
        redacted = self._redactor.redact(text)
        if redacted.is_blocked:
            raise BlockedError(f"entry {self._blocked.index(redacted.blocked_by) + 1} of the list")
        if not self._replaces:
            return text
        self.found.update(redacted.found)
        return redacted.text

    def remark(self, text: str) -> str:
        """Return what is written beside the documents (an excerpt, a detail, a note) with placeholders; nothing of it where it is blocked."""
        if self._redactor is None or not text:
            return text
        redacted = self._redactor.redact(text)
        return "" if redacted.is_blocked else redacted.text if self._replaces else text


def read_list(path: str) -> list[str]:
    """Return the entries of a list that a person keeps in a file: one a line, lines with ``#`` before them are none; no file, no entries.

    Raises:
        InputError: it cannot be read, or nothing stands in it.
    """
    if not path:
        return []
    try:
        text = normalise(Path(path).read_text(encoding="utf-8-sig")).text
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"the list cannot be read: {why}", path, "give a file of UTF-8 text, one item a line") from error
    entries = [line.strip() for line in text.split("\n") if line.strip() and not line.startswith("#")]
    if not entries:
        raise InputError("there is nothing in the list", path, "write one item a line, or leave the option out")
    return entries
