"""Which meter to use: the best one that this computer has, and why."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from mbegu.core.steps import ProjectSettings
from mbegu.ledger.energy.battery import POWER_SUPPLY, Battery
from mbegu.ledger.energy.emi import Emi
from mbegu.ledger.energy.meter import Meter
from mbegu.ledger.energy.meter_file import MeterFile, read_meter_file
from mbegu.ledger.energy.processor_model import ProcessorModel
from mbegu.ledger.energy.rapl import POWERCAP, Rapl
from mbegu.ledger.machine import Machine


@dataclass(frozen=True)
class MeterChoice:
    """A meter and the reason for it in words."""

    meter: Meter
    why: str


def choose_meter(
    project: ProjectSettings,
    machine: Machine,
    root: Path = Path(),
    *,
    powercap: Path = POWERCAP,
    power_supply: Path = POWER_SUPPLY,
    emi: Emi | None = None,
) -> MeterChoice:
    """Choose the best meter: the user's meter file, the processor's counter, the battery, a model of the processor, in this order.

    Args:
        project: says the meter file, if any.
        machine: the computer.
        root: the project's folder, that a relative path of the meter file starts from.
        powercap: where Linux shows the processor's counter.
        power_supply: where Linux shows batteries.
        emi: Windows' energy meters; those of this computer when left out.

    Raises:
        InputError: a meter file was named that cannot be read or is not of the right form.
    """
    if project.meter_file:
        path = root / project.meter_file
        read_meter_file(path)
        return MeterChoice(MeterFile(path), "the project names a meter file")
    rapl = Rapl(powercap)
    if rapl.is_available:
        return MeterChoice(rapl, "the processor's energy counter can be read")
    emi = Emi() if emi is None else emi
    if emi.is_available:
        return MeterChoice(emi, "Windows' energy meter of the processor can be read")
    battery = Battery(power_supply)
    if battery.is_available:
        return MeterChoice(battery, "the computer runs on battery, and its energy counter cannot be read")
    return MeterChoice(ProcessorModel(machine), f"no meter file, {_no_counter()}, not on battery: a model is what is left")


def _no_counter() -> str:
    return "no energy counter that may be read without administrator rights" if sys.platform == "darwin" else "no readable energy counter"
