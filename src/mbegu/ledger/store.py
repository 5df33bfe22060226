"""The ledger of a project: one JSON file a run, each naming the hash of the one before.

The file of a run is written when it begins, every few seconds while it lasts, and when it ends. A run that was killed leaves a file that says
"running"; the next run closes it as "cut off" with what its last heartbeat knew, so that no cost is forgotten.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.errors import DamageError, MbeguError
from mbegu.core.settings import as_table
from mbegu.core.steps import ProjectSettings
from mbegu.ledger.energy.choose import MeterChoice, choose_meter
from mbegu.ledger.energy.value import Energy, total_energy
from mbegu.ledger.machine import Machine, describe_machine
from mbegu.ledger.record import RunRecord, Status, read_record, write_record
from mbegu.ledger.recorder import RunRecorder, utc_now

_FILE = re.compile(r"^(\d{6,})-.+\.json$")


@dataclass(frozen=True)
class Totals:
    """What runs cost together. ``energy`` is ``None`` when no run knows its own; ``runs_without_energy`` says how many do not."""

    runs: int
    seconds: float
    cpu_seconds: float
    energy: Energy | None
    runs_without_energy: int
    by_status: Mapping[str, int]


class Ledger:
    """The runs of a project.

    Args:
        folder: where the files are, ``<project>/ledger``; made by the first run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(
        self,
        *,
        step: str,
        version: int,
        key: str,
        settings: Any,
        inputs: Mapping[str, str],
        project: ProjectSettings,
        root: Path | None = None,
        seed: int | None = None,
        threads: int | None = None,
        meter: MeterChoice | None = None,
        machine: Machine | None = None,
    ) -> RunRecorder:
        """Begin the record of a run. Call it while you hold the project's lock.

        Args:
            step: name of the step.
            version: the step's version.
            key: the step's key.
            settings: its settings object, or a table of plain values.
            inputs: name of each input and the hash of its manifest.
            project: the [project] settings; they choose the meter.
            root: the folder that a relative path of the meter file starts from; the one above the ledger's when not given.
            seed: the seed, where there is one.
            threads: the number of threads, where it is fixed.
            meter: the meter to use instead of the best one.
            machine: the computer, where it was described before.

        Returns:
            The recorder; use it as a context manager.

        Raises:
            InputError: the meter file of the project cannot be used.
            ResourceError: the disk is full or refuses.
        """
        self.close_cut_off()
        machine = machine or describe_machine()
        files = self.files()
        now = utc_now()
        record = RunRecord(
            number=_number(files[-1]) + 1 if files else 1,
            step=step,
            version=version,
            key=key,
            status="running",
            started=now,
            ended=now,
            machine=machine.as_json(),
            settings=as_table(settings) if dataclasses.is_dataclass(settings) else dict(settings),
            inputs=dict(inputs),
            seed=seed,
            threads=threads,
            previous=file_hash(files[-1]) if files else "",
        )
        choice = meter or choose_meter(project, machine, root or self.folder.parent)
        return RunRecorder(self.folder, record, choice, machine)

    def close_cut_off(self) -> list[RunRecord]:
        """Close every run that still says "running" as "cut off". Call it only while you hold the project's lock.

        Returns:
            The records closed now.
        """
        closed = []
        # Only the last file can be open: a run closes what it finds before it begins.
        for path in self.files()[-1:]:
            record = _read_or_none(path)
            if record is not None and record.status == "running":
                closed.append(dataclasses.replace(record, status="cut off"))
                write_record(self.folder, closed[-1])
        return closed

    def files(self) -> list[Path]:
        """Return the files of the ledger, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted((path for path in self.folder.iterdir() if _FILE.match(path.name)), key=lambda path: (_number(path), path.name))

    def runs(self, step: str | None = None, key: str | None = None) -> list[RunRecord]:
        """Return the runs that can be read, oldest first, of one step or one key where given; see ``damage`` for the others."""
        records = (_read_or_none(path) for path in self.files())
        return [each for each in records if each is not None and step in (None, each.step) and key in (None, each.key)]

    def damage(self) -> list[DamageError]:
        """Return one error for each file that cannot be read as a record. It is kept and never stops a run."""
        found = []
        for path in self.files():
            try:
                read_record(path)
            except DamageError as error:
                found.append(error)
        return found

    def totals(self, step: str | None = None, keys: Collection[str] | None = None) -> Totals:
        """Sum what runs cost, also those that were interrupted, cut off or failed: their energy is gone too.

        Args:
            step: count only this step.
            keys: count only runs with one of these keys, for example those that a model was made by.
        """
        return total_of(each for each in self.runs(step) if keys is None or each.key in keys)


def total_of(runs: Iterable[RunRecord]) -> Totals:
    """Sum what runs cost; energies with their ranges and methods."""
    listed = list(runs)
    energies = [each.energy for each in listed if each.energy is not None]
    return Totals(
        runs=len(listed),
        seconds=sum(each.seconds for each in listed),
        cpu_seconds=sum(each.cpu_seconds for each in listed),
        energy=total_energy(energies),
        runs_without_energy=len(listed) - len(energies),
        by_status=dict(sorted(Counter(str(each.status) for each in listed).items())),
    )


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as it is, damaged or not; empty when it cannot be read at all."""
    try:
        return durable.sha256_file(path)
    except MbeguError:
        return ""


def _number(path: Path) -> int:
    return int(path.name.split("-", 1)[0])


def _read_or_none(path: Path) -> RunRecord | None:
    try:
        return read_record(path)
    except DamageError:
        return None


__all__ = ["Ledger", "RunRecorder", "Status", "Totals", "file_hash", "total_of"]
