"""What a rewriting changed, short enough to be kept with the document, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mbegu.core.errors import DamageError


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: ``length`` code points from ``start`` on, in the new text, stand where ``before`` stood."""

    start: int
    length: int
    before: str


def restore(text: str, edits: Sequence[Edit]) -> str:
    """Return the text as it was before the edits.

    Args:
        text: the rewritten text.
        edits: what was changed, in the order of the text.

    Raises:
        DamageError: the edits do not belong to the text.
    """
    parts, done = [], 0
    for edit in edits:
        if edit.start < done or edit.start + edit.length > len(text):
            raise DamageError(f"the record of changes does not fit the text: an edit at {edit.start} of {len(text)} characters")
        parts += [text[done : edit.start], edit.before]
        done = edit.start + edit.length
    return "".join([*parts, text[done:]])


def edits_to_json(edits: Iterable[Edit]) -> str:
    """Return edits as compact JSON: for each the distance from the end of the one before, its length, and what stood there."""
    rows, done = [], 0
    for edit in edits:
        rows.append([edit.start - done, edit.length, edit.before])
        done = edit.start + edit.length
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def edits_from_json(text: str) -> tuple[Edit, ...]:
    """Return the edits that ``edits_to_json`` wrote.

    Raises:
        DamageError: the text is no such record.
    """
    edits, done = [], 0
    try:
        for gap, length, before in json.loads(text):
            if not (isinstance(gap, int) and isinstance(length, int) and isinstance(before, str) and gap >= 0 and length >= 0):
                raise ValueError(f"not a change: {[gap, length, before]}")
            edits.append(Edit(done + gap, length, before))
            done += gap + length
    except (ValueError, TypeError) as error:
        raise DamageError(f"not a record of changes: {error}") from error
    return tuple(edits)
