"""Checks a ledger: every record against its own hash, and the chain from each record to the one before."""

from __future__ import annotations

from pathlib import Path

from mbegu.core.errors import DamageError
from mbegu.ledger.record import KEEP, read_record
from mbegu.ledger.store import Ledger, file_hash


def verify_ledger(folder: Path) -> list[DamageError]:
    """Check all records of a ledger.

    A flipped bit in any record is found by the record's own hash, a record that was exchanged, taken out or put in by
    the hash that the next one names. The last record has no next one: that it was taken away cannot be seen.

    Args:
        folder: ``<project>/ledger``.

    Returns:
        One error for each damaged file and each broken link, oldest first; empty when all is sound.
    """
    problems: list[DamageError] = []
    before: Path | None = None
    before_is_sound = True
    files = Ledger(folder).files()
    for path in files:
        try:
            record = read_record(path)
        except DamageError as error:
            problems.append(error)
            before, before_is_sound = path, False
            continue
        # A damaged record is named already; that the next one expects another hash says nothing new.
        if before_is_sound and record.previous != (file_hash(before) if before else ""):
            problems.append(DamageError("the chain of the ledger is broken: the run before is not the one recorded", path, KEEP))
        if record.status == "running" and path != files[-1]:
            problems.append(DamageError("a run of the ledger was never closed, though others came after it", path, KEEP))
        before, before_is_sound = path, True
    return problems
