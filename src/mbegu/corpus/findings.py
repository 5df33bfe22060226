"""What was met while reading: what was dropped and why with examples, encodings, cuts, notes and counts for the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

EXCERPT_CHARACTERS = 120
KEPT_PER_REASON = 20_000
KEPT_NOTES = 1000

EMPTY = "empty"
TOO_SHORT = "too short"
NO_LETTERS = "no letters"
UNDECODABLE = "undecodable"
BINARY = "binary data"
PROTECTED = "protected by a password"
DAMAGED = "damaged"
TOO_LARGE = "too large"
BOMB = "archive bomb"
UNSUPPORTED = "format not read"
HIDDEN = "hidden or system file"
PAPERS = "papers, not text"
CLEANED = "cleaned text of Mbegu"
NO_PERMISSION = "no permission"
VANISHED = "vanished"
LINK_LOOP = "link to a folder already read"
OUTSIDE = "link out of the folder"
NO_COLUMN = "no text column"
BROKEN_ROW = "broken row"
NO_LICENCE = "no licence"
WITHDRAWN = "withdrawn"
REPEATED_LINE = "repeated line"
BESIDE = "beside the text of a page"
EXACT = "exact duplicate"
NEAR = "near duplicate"
HELD_OUT = "lines of the held-out text"

# Reasons that a person should hear of at once: a whole file that they meant to be read was not.
PROBLEMS = (UNDECODABLE, BINARY, PROTECTED, DAMAGED, TOO_LARGE, BOMB, NO_PERMISSION, VANISHED, OUTSIDE, NO_COLUMN)


class ReadError(Exception):
    """One file, or one part of it, cannot be read. The run goes on without it.

    Args:
        reason: one of the reasons of this module.
        detail: what exactly, and what to do about it.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


@dataclass(frozen=True)
class Drop:
    """Something that was left out: where it was, why, and how it began."""

    source: str
    reason: str
    detail: str
    excerpt: str


@dataclass
class Findings:
    """Collects what is met while reading. Counts are complete; examples are kept up to a limit.

    ``refuses`` says of a source and the text that is left out there whether it was withdrawn or may not be used any more: then nothing of it
    is written.
    """

    drops: list[Drop] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    dropped_bytes: Counter[str] = field(default_factory=Counter)
    problems: list[Drop] = field(default_factory=list)
    encodings: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    notes: list[tuple[str, str]] = field(default_factory=list)
    files_seen: int = 0
    nfc_documents: int = 0
    removed_controls: int = 0
    replaced_characters: int = 0
    cut_texts: int = 0
    cut_blocks: int = 0
    missing_columns: list[str] = field(default_factory=list)
    column_found: bool = False
    refuses: Callable[[str, str], bool] | None = None

    def drop(self, source: str, reason: str, detail: str = "", text: str = "", *, size_bytes: int | None = None) -> None:
        """Count something left out and keep it as an example while there is room; ``size_bytes`` where ``text`` is only its beginning."""
        if (detail or text) and self.refuses and self.refuses(source, text):
            detail = text = ""
        self.record(source, reason, detail, text, size_bytes=size_bytes)

    def record(self, source: str, reason: str, detail: str, text: str, *, size_bytes: int | None = None) -> None:
        """Do as ``drop`` does with what is known to be no text that was withdrawn."""
        detail = " ".join(detail.split())
        self.dropped[reason] += 1
        self.dropped_bytes[reason] += len(text.encode("utf-8", "replace")) if size_bytes is None else size_bytes
        drop = Drop(source, reason, detail, excerpt(text))
        if self.dropped[reason] <= KEPT_PER_REASON:
            self.drops.append(drop)
        if reason in PROBLEMS and len(self.problems) < KEPT_NOTES:
            self.problems.append(drop)

    def note(self, source: str, text: str) -> None:
        """Keep a remark about how one source was read."""
        if len(self.notes) < KEPT_NOTES:
            self.notes.append((source, text))


def excerpt(text: str, characters: int = EXCERPT_CHARACTERS) -> str:
    """Return the beginning of a text on one line, fit to be stored and shown."""
    head = " ".join(text[: 2 * characters].split())
    clean = head.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= characters and len(text) <= 2 * characters else clean[:characters].rstrip() + "…"
