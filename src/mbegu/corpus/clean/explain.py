"""What happened to a file or a line of it, and why; and how to bring back what was dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core.errors import DamageError, InputError
from mbegu.corpus.clean.keep import read_kept, write_kept
from mbegu.corpus.clean.place import find_cleaned
from mbegu.corpus.clean.reasons import NOTHING_LEFT, REASONS
from mbegu.corpus.clean.run import read_facts
from mbegu.corpus.clean.tables import Kept
from mbegu.corpus.source import file_of

_PLACE = re.compile(r"^(.*?):(\d+)$", re.DOTALL)
KEPT = "kept"
UNKNOWN = "not found"


@dataclass(frozen=True)
class Fate:
    """What became of a place: ``line`` 0 is a whole document; ``outcome`` is ``kept`` or ``dropped``."""

    source: str
    line: int
    outcome: str
    reason: str
    detail: str
    text: str


def split_place(place: str) -> tuple[str, int]:
    """Return the file and the line of ``FILE:LINE``; line 0 for a file alone."""
    match = _PLACE.match(place)
    return (match[1], int(match[2])) if match else (place, 0)


def explain(folder: Path, place: str) -> list[Fate]:
    """Tell what happened to a file, or to one line of it.

    Args:
        folder: that text was cleaned into, or a project whose corpus step cleaned.
        place: ``FILE`` or ``FILE:LINE``; FILE as it stands in the columns ``source``, with or without ``#`` and what follows.

    Raises:
        InputError: the folder was not cleaned into, or nothing is known of the place.
        DamageError: one of its files is missing or damaged.
    """
    folder, _ = find_cleaned(folder)
    read_facts(folder)
    _, _, found = _at(folder, place)
    if not found:
        raise InputError(f"nothing is known of '{place}'", folder, "name a file as it stands in 'source', such as stories/a.txt or rows.csv#17")
    return found


def restore(folder: Path, what: str) -> Kept:
    """Remember that something is to be kept by the next run: a reason, a file or a line.

    Args:
        folder: that text was cleaned into, or a project whose corpus step cleaned.
        what: one of the reasons in ``clean.json``, or ``FILE``, or ``FILE:LINE``.

    Returns:
        All that was brought back so far.

    Raises:
        InputError: it is neither a reason for which something was dropped nor a place where something was, or reading left it out.
        DamageError: one of the folder's files is missing or damaged.
    """
    folder, lists = find_cleaned(folder)
    kept = read_kept(lists)
    facts = read_facts(folder)
    if what in facts["dropped"]:
        _require_reason({what}, what, folder)
        made = Kept(kept.reasons | {what}, kept.places)
    else:
        file, line, found = _at(folder, what)
        dropped = [fate for fate in found if fate.outcome != KEPT]
        if not dropped:
            reasons = ", ".join(sorted(facts["dropped"])) or "none"
            raise InputError(f"'{what}' is no reason and no place of anything dropped", folder, f"the reasons are: {reasons}")
        _require_reason({fate.reason for fate in dropped}, what, folder)
        # A line that went with its whole document comes back with it.
        whole = {(fate.source, 0) for fate in dropped if line and not fate.line and fate.reason in REASONS}
        made = Kept(kept.reasons, kept.places | {(file, line)} | whole)
    write_kept(lists, made)
    return made


def _require_reason(reasons: set[str], what: str, folder: Path) -> None:
    """Raise ``InputError`` where nothing of what was left out can be brought back."""
    if reasons.isdisjoint(REASONS):
        is_empty = reasons == {NOTHING_LEFT}
        fix = "bring back its lines" if is_empty else "mend the file, or say how to read it, and clean the text again"
        why = "" if is_empty else ": cleaning did not drop it, it could not or must not be read"
        raise InputError(f"'{what}' cannot be brought back, it was left out for: {', '.join(sorted(reasons))}{why}", folder, fix)


def _at(folder: Path, place: str) -> tuple[str, int, list[Fate]]:
    """Return the file and line that a place names, and what became of it; ``rows.csv#17:40`` may be a source as a whole."""
    file, line = split_place(place)
    found = [fate for fate in _fates(folder, file) if _concerns(fate, line)]
    if line and not found:
        file, line = place, 0
        found = list(_fates(folder, file))
    if line and len({fate.source for fate in found}) > 1:
        found = [fate for fate in found if fate.line == line] or found
    return file, line, found


def _fates(folder: Path, file: str) -> Iterator[Fate]:
    """Yield everything that is known of a source, or of all sources in a file."""
    for row in _rows(folder / "dropped.parquet", file):
        yield Fate(row["source"], row["line"], "dropped", row["reason"], row["detail"], row["text"])
    for row in _rows(folder / "kept.parquet", file):
        meta = dict(row["meta"])
        yield Fate(row["source"], 0, KEPT, "", f"lines {meta.get('lines', '')}", row["text"])


def _rows(path: Path, file: str) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=4096):
                sources = batch.column("source")
                wanted = pc.or_(pc.equal(sources, file), pc.starts_with(sources, f"{file}#"))
                yield from batch.filter(wanted).to_pylist()
    except (OSError, pa.ArrowException, KeyError) as error:
        what = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        raise DamageError(f"a table of this cleaned text {what}", path, "clean the text into this folder again") from error


def _concerns(fate: Fate, line: int) -> bool:
    """Whether a fate is that of a line: its own, or that of a document that holds it."""
    if not line or fate.line == line:
        return True
    if fate.line:
        return False
    if fate.outcome == KEPT:
        return any(first <= line <= last for first, last in _ranges(fate.detail.removeprefix("lines ")))
    first = int(found[1]) if (found := re.match(r"#(\d+)", fate.source[len(file_of(fate.source)) :])) else 1
    return first <= line <= first + fate.text.count("\n")


def _ranges(text: str) -> Iterator[tuple[int, int]]:
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield int(first), int(last or first)
