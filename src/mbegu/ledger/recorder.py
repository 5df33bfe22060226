"""Keeps the record of a run that is under way: time, processor seconds, memory, energy; and writes it so that a kill loses little."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import threading
import time
from collections.abc import Collection, Mapping
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any

from mbegu import __version__
from mbegu.core.errors import MbeguError
from mbegu.ledger import clock
from mbegu.ledger.energy.choose import MeterChoice
from mbegu.ledger.energy.processor_model import ProcessorModel, beside_idle
from mbegu.ledger.energy.value import Energy
from mbegu.ledger.machine import Machine
from mbegu.ledger.memory import forget_peak, peak_memory_bytes
from mbegu.ledger.record import RunRecord, Status, write_record
from mbegu.ledger.spent import UNCOUNTED, cpu_seconds

# How long after one writing of the record the next comes: short at first, when most runs are cut, then a quarter of the run, up to the longest.
SHORTEST_BEAT_S = 5.0
LONGEST_BEAT_S = 15.0
LEAST_WAIT_S = 1.0  # between two tries, where the disk is full
# Module names of the libraries whose versions can change a result, with their distribution names where they differ.
LIBRARIES = {
    "numpy": "numpy",
    "torch": "torch",
    "pyarrow": "pyarrow",
    "tokenizers": "tokenizers",
    "safetensors": "safetensors",
    "xllamacpp": "xllamacpp",
    "gguf": "gguf",
    "lxml": "lxml",
    "pypdf": "pypdf",
    "rensa": "rensa",
    "pyppmd": "pyppmd",
    "charset_normalizer": "charset-normalizer",
    "transformers": "transformers",
}


class RunRecorder:
    """The record of a run that is under way; made by ``Ledger.begin``.

    It may be called from several threads. As a context manager it writes the record again and again, so that a kill loses no more than the
    last seconds, and closes the run whatever happens: an interrupt as "interrupted", any other error as "failed". Only ``finish`` makes it "done".

    Time and processor seconds are counted from the end of the run before in this process, or from the start of the process: see ``spent``. So is
    modelled energy; a meter, a counter or the battery is read from here on.

    Args:
        folder: the ledger's folder.
        record: the record as it begins.
        choice: the meter.
        machine: the computer, for the model that stands in when the meter cannot tell.
    """

    def __init__(self, folder: Path, record: RunRecord, choice: MeterChoice, machine: Machine) -> None:
        self._folder = folder
        self._record = record
        self._choice = choice
        self._machine = machine
        self._model = ProcessorModel(machine)
        self._lock = threading.RLock()
        self._left_out: dict[str, tuple[str, ...]] = {}
        self._over = threading.Event()
        forget_peak()
        choice.meter.start()
        before = UNCOUNTED.take()
        self._metered_s = self._written_s = time.monotonic()
        self._began_s = self._metered_s - before.seconds
        self._began_cpu_s = cpu_seconds() - before.cpu_seconds
        self._model.start(before)
        self._write("running", {})

    @property
    def record(self) -> RunRecord:
        """The record as it was last written."""
        return self._record

    @property
    def is_open(self) -> bool:
        """Whether the run is still under way."""
        return self._record.status == "running"

    def energy(self) -> Energy:
        """Return the energy used since the run began, with method and range."""
        with self._lock:
            return self._measure()[0]

    def seconds(self) -> float:
        """Return the wall time since the run began."""
        return time.monotonic() - self._began_s

    def leave_out(self, what: str, known_to: Collection[str] = ()) -> None:
        """Say with the energy from now on that ``what`` is not in it, unless it is by one of the methods in ``known_to``."""
        self._left_out[what] = tuple(known_to)

    def heartbeat(self, facts: Mapping[str, Any] | None = None) -> bool:
        """Remember facts, and write the record when it is due again. Call it from any thread, as often as you like.

        Returns:
            Whether the record was written.
        """
        with self._lock:
            if facts:
                self._record = dataclasses.replace(self._record, facts={**self._record.facts, **facts})
            if not self.is_open or self._due_in_s() > 0:
                return False
            self._write("running", {})
            return True

    def finish(self, status: Status = "done", outputs_sha256: str = "", facts: Mapping[str, Any] | None = None) -> RunRecord:
        """Close the run.

        Args:
            status: ``done`` or ``interrupted``.
            outputs_sha256: the hash of the output's manifest.
            facts: what the step reported; ``threads`` and ``seed`` among them become the record's own.
        """
        return self._close(status, facts or {}, outputs_sha256=outputs_sha256)

    def fail(self, error: BaseException | str, facts: Mapping[str, Any] | None = None) -> RunRecord:
        """Close the run as "failed" with the error on one line."""
        text = str(error) if isinstance(error, (str, MbeguError)) else f"{type(error).__name__}: {error}"
        return self._close("failed", facts or {}, error=" ".join(text.split()))

    def __enter__(self) -> RunRecorder:
        threading.Thread(target=self._beat, name="mbegu-record", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        if not self.is_open:
            return
        # The error under way says more than one of writing the ledger (a full disk); the next run then closes this one as cut off.
        with contextlib.suppress(MbeguError):
            if isinstance(error, KeyboardInterrupt):
                self.finish("interrupted")
            else:
                self.fail(error if error is not None else "the step ended without saying how")

    def _beat(self) -> None:
        while not self._over.wait(max(self._due_in_s(), LEAST_WAIT_S)):
            with contextlib.suppress(MbeguError):  # a full disk is met, and reported, by the step itself
                self.heartbeat()

    def _due_in_s(self) -> float:
        beat_s = min(max(SHORTEST_BEAT_S, self.seconds() / 4), LONGEST_BEAT_S)
        return self._written_s + beat_s - time.monotonic()

    def _close(self, status: Status, facts: Mapping[str, Any], *, outputs_sha256: str = "", error: str = "") -> RunRecord:
        with self._lock:
            if not self.is_open:
                raise RuntimeError("this run is closed already")
            own = {name: facts[name] for name in ("seed", "threads") if isinstance(facts.get(name), int)}
            merged = {**self._record.facts, **facts}
            self._write(status, {**own, "facts": merged, "outputs_sha256": outputs_sha256, "error": error})
            UNCOUNTED.leave()
        self._over.set()
        return self._record

    def _write(self, status: Status, changes: Mapping[str, Any]) -> None:
        energy, reason = self._measure()
        written = dataclasses.replace(
            self._record,
            status=status,
            ended=utc_now(),
            seconds=round(self.seconds(), 3),
            cpu_seconds=round(cpu_seconds() - self._began_cpu_s, 3),
            versions=_versions(),
            peak_memory_bytes=peak_memory_bytes(),
            energy=energy,
            energy_reason=reason,
            **changes,
        )
        write_record(self._folder, written)
        self._record = written
        self._written_s = time.monotonic()

    def _measure(self) -> tuple[Energy, str]:
        """Return the energy, with it said what is not in it, and why it is known that way."""
        energy, why = self._read_meter()
        missing = [what for what, known_to in self._left_out.items() if energy.method not in known_to]
        for what in missing:
            energy = energy.without(what)
        return energy, why

    def _read_meter(self) -> tuple[Energy, str]:
        """Return the meter's energy, or the model's with the reason why the meter could not tell."""
        meter = self._choice.meter
        if isinstance(meter, ProcessorModel):
            return self._model.read(), self._choice.why
        measured = meter.read()
        if measured is None:
            return self._model.read(), f"{self._choice.why}, but {meter.trouble}: modelled instead"
        known = measured.idle is not None
        return (measured if known else beside_idle(measured, time.monotonic() - self._metered_s, self._machine)), self._choice.why


def utc_now() -> str:
    """Return the time in UTC as ISO 8601, to the second."""
    return clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _versions() -> dict[str, str]:
    """Return the versions of Mbegu and of the libraries that are loaded."""
    versions = {"mbegu": __version__}
    for module, distribution in LIBRARIES.items():
        if module in sys.modules:
            with contextlib.suppress(metadata.PackageNotFoundError):
                versions[distribution] = metadata.version(distribution)
    return versions
