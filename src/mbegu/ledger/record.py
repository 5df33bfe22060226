"""The record of one run of one step, and its only form on the disk: canonical JSON that carries its own hash."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from mbegu.core import durable
from mbegu.core.errors import DamageError, explain_os_error
from mbegu.ledger.energy.value import Energy

Status = Literal["running", "done", "interrupted", "cut off", "failed"]
STATUSES: tuple[str, ...] = get_args(Status)
KEEP = "leave the file as it is: the runs before and after it still count"


@dataclass(frozen=True)
class RunRecord:
    """What one run of a step was, from what, on what, and at what cost.

    ``key`` is the step's key (hash of step, settings and inputs), ``inputs`` gives the hash of each input's manifest,
    ``outputs_sha256`` the hash of the output's. ``started`` and ``ended`` are UTC in ISO 8601; a run that is running or was cut off
    tells what it knew at its last heartbeat. ``seconds`` and ``cpu_seconds`` begin where the run before in the same process ended, or with the
    process: ``started`` may be some seconds later. ``energy_reason`` says why energy is known the way it is. ``previous`` is the
    SHA-256 of the file of the run before, empty for the first.
    """

    number: int
    step: str
    version: int
    key: str
    status: Status
    started: str
    ended: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    machine: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs_sha256: str = ""
    seed: int | None = None
    threads: int | None = None
    peak_memory_bytes: int | None = None
    energy: Energy | None = None
    energy_reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    previous: str = ""

    @property
    def file_name(self) -> str:
        """The name of the file that holds this record: ``000012-train.json``."""
        return f"{self.number:06d}-{self.step}.json"

    def as_json(self) -> dict[str, Any]:
        """Return all fields and the record's own hash (``sha256``) as plain JSON values."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        values["energy"] = self.energy.as_json() if self.energy else None
        return {**values, "sha256": _own_hash(values)}


def write_record(folder: Path, record: RunRecord) -> Path:
    """Write a record durably into the ledger's folder and return its path."""
    path = folder / record.file_name
    durable.write_json(path, record.as_json())
    return path


def read_record(path: Path) -> RunRecord:
    """Read a record and check it against its own hash, its canonical form and its file name.

    Raises:
        DamageError: the file is not exactly what ``write_record`` wrote.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DamageError(f"a record of the ledger cannot be read: {explain_os_error(error, path).what}", path, KEEP) from error
    try:
        values = json.loads(raw)
        sound = raw == durable.canonical_json(values) and values.pop("sha256") == _own_hash(values)
        energy = values.pop("energy")
        record = RunRecord(**values, energy=Energy.from_json(energy) if energy is not None else None)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamageError("a record of the ledger is damaged", path, KEEP) from error
    if not sound or record.status not in STATUSES:
        raise DamageError("a record of the ledger is damaged: it does not match its own SHA-256", path, KEEP)
    if record.file_name != path.name:
        raise DamageError(f"a record of the ledger has another name than it had: it was {record.file_name}", path, "give it its name back")
    return record


def _own_hash(values: Mapping[str, Any]) -> str:
    return durable.sha256_bytes(durable.canonical_json({name: value for name, value in values.items() if name != "sha256"}))
