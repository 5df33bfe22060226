"""A model of the computer: energy from processor seconds, for computers without any meter. Wide, since computers differ.

    work  = seconds of busy cores of this program and its children x watts above idle of one busy core
    idle  = wall time x watts of the idle computer

Watts and their ranges come from computers that others measured at the plug (see ``calibration``): 90 % of them lie in the range of their
kind. Two hardware threads share a core and its watts, so no more cores are counted as busy than there are. Measured were all cores busy at
once. A few busy cores among idle ones run faster and wake what they share: the high end is raised by the square root of cores there are to
cores busy, no more than twofold. At a load of 10 % SPECpower's servers of 2017 draw up to twice their share; for others the rule is ours.

Of a server without hardware threads to be seen, a core may be half a core (as rented ones mostly are): its low end is halved.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

from mbegu.ledger.energy.calibration import idle_watts, work_watts
from mbegu.ledger.energy.value import COUNTER, JOULES_PER_KWH, MODELLED, WORK_COUNTED, Energy, Idle
from mbegu.ledger.machine import Machine
from mbegu.ledger.spent import Spent, cpu_seconds

MOST_PART_LOAD = 2.0
# The share of the idle computer's watts that its processor package draws, which is all that a counter counts. We know of no public
# figures, so the range is from nothing to all, and this its middle.
IDLE_OF_PACKAGE = 0.5


class ProcessorModel:
    """Models the energy of this process and its children since ``start``, and what was spent before that is to be counted, too."""

    def __init__(self, machine: Machine) -> None:
        self.trouble = ""
        self._machine = machine
        self._cpu_s = 0.0
        self._began_s = 0.0

    def start(self, before: Spent = Spent()) -> None:
        """Begin to count at what was spent ``before``."""
        self._cpu_s = cpu_seconds() - before.cpu_seconds
        self._began_s = time.monotonic() - before.seconds

    def read(self) -> Energy:
        """Return the modelled energy."""
        return modelled_energy(cpu_seconds() - self._cpu_s, time.monotonic() - self._began_s, self._machine)


def modelled_energy(cpu_s: float, seconds: float, machine: Machine) -> Energy:
    """Return the energy of work on a computer, done or only planned; the idle computer is beside it.

    Args:
        cpu_s: seconds of processor time, summed over threads.
        seconds: wall time.
        machine: where.
    """
    cores, watts = usable_cores(machine), work_watts(machine.kind)
    core_s = min(max(cpu_s, 0.0), cores * seconds) if seconds > 0 else max(cpu_s, 0.0)
    busy_cores = max(core_s / seconds, 1.0) if seconds > 0 else 1.0
    part_load = min(math.sqrt(cores / busy_cores), MOST_PART_LOAD)
    halved = machine.kind == "server" and machine.physical_cores == machine.logical_cores
    low, central, high = watts.low / (2 if halved else 1), watts.central, watts.high * max(part_load, 1.0)
    low_kwh, kwh, high_kwh = (each * core_s / JOULES_PER_KWH for each in (low, central, high))
    return Energy(kwh, low_kwh, high_kwh, MODELLED, WORK_COUNTED, idle_energy(seconds, machine))


def idle_energy(seconds: float, machine: Machine) -> Idle:
    """Return what the idle computer draws in this time. Of a server, the cores that this program may use."""
    watts = idle_watts(machine.kind)
    units = usable_cores(machine) if machine.kind == "server" else 1.0
    return Idle(watts.central, watts.low, watts.high).times(units * max(seconds, 0.0) / JOULES_PER_KWH)


def beside_idle(measured: Energy, seconds: float, machine: Machine) -> Energy:
    """Return a measured energy with the idle computer's part in it, so that the work alone can be told.

    Args:
        measured: what a meter, the battery or the processor's counter says.
        seconds: wall time of the measurement.
        machine: where.
    """
    idle = idle_energy(seconds, machine)
    if measured.method == COUNTER:
        idle = Idle(idle.kwh * IDLE_OF_PACKAGE, 0.0, idle.high_kwh)
    return replace(measured, idle=idle)


def usable_cores(machine: Machine) -> float:
    """Return the physical cores that this program may use; hardware threads where cores are not known."""
    return min(float(machine.physical_cores or machine.logical_cores), max(machine.usable_cores, 1.0))
