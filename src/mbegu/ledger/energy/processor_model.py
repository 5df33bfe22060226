"""A model of the processor: energy from processor seconds, for computers without any meter. Wide by intention.

    energy = processor seconds of this program and its children x watts of one busy hardware thread

The watts, by class of computer (low, central, high), rest on three published sets of figures:

- Thermal design power divided by cores, from the manufacturers' tables of 2,800 processors (as collected by the codecarbon
  project); 5th percentile, median, 95th percentile. Laptops: Intel U, Y and G series 2.5, 7.5, 14 W, H, M and P series
  7.5, 11.8, 23.5 W, AMD 1.9 to 3.0, 4.4 to 7.5, 8.8 to 17.5 W. Desktops: AMD 5.4, 16.2, 32.5 W, Intel 2.2, 13.8, 27 W.
  Servers: AMD 3.1, 8.1, 15.8 W, Intel Xeon 4.9, 9.4, 22.5 W.
- Whole servers at the plug, per hardware thread from idle to full load (Cloud Carbon Footprint's coefficients from
  SPECpower_ssj2008): 1.2 W (AMD EPYC 2nd generation) to 4.1 W (Intel Haswell); idle 0.45 to 1.9 W a thread.
- Two hardware threads share a core, so a second of one thread is between half and all of a core's second.

Low ends: half of the 5th percentile per core (laptop, desktop), or the lowest server measured. High ends: the 95th percentile of
the hungriest family of the class, as if the thread had the core alone. Central: about half to all of the median, by judgement.
In published comparisons, models from load err by a third in the median against counters: a range under a factor of two is not honest.

What an idle computer draws anyway (screen, disk, memory) is not part of the energy; it is given beside it as wall time times the
watts below: laptop 7 to 9 W was measured on an old ThinkPad X230, 30 W for a desktop is an assumption, servers see above.
"""

from __future__ import annotations

import os
import time

from mbegu.ledger.energy.value import JOULES_PER_KWH, MODELLED, Energy
from mbegu.ledger.machine import Machine

COUNTED = "the processor's work for this program above idle; without what the computer draws when idle"
BUSY_THREAD_W = {
    "laptop": (1.3, 6.0, 23.5),
    "desktop": (2.0, 11.0, 32.5),
    "server": (1.2, 5.0, 22.5),
    "unknown": (1.2, 7.0, 32.5),
}
IDLE_W = {"laptop": 8.0, "desktop": 30.0, "unknown": 20.0}
IDLE_SERVER_W_PER_THREAD = 1.0


class ProcessorModel:
    """Models the energy of this process and its children since ``start``."""

    def __init__(self, machine: Machine) -> None:
        self.trouble = ""
        self._machine = machine
        self._cpu_s = 0.0
        self._began_s = 0.0

    def start(self) -> None:
        """Begin to count at zero."""
        self._cpu_s = cpu_seconds()
        self._began_s = time.monotonic()

    def read(self) -> Energy | None:
        """Return the modelled energy since ``start``; never ``None``."""
        return modelled_energy(cpu_seconds() - self._cpu_s, time.monotonic() - self._began_s, self._machine)


def modelled_energy(cpu_s: float, seconds: float, machine: Machine) -> Energy:
    """Return the energy of work on a computer, done or only planned.

    Args:
        cpu_s: seconds of processor time, summed over threads.
        seconds: wall time.
        machine: where.
    """
    low, central, high = (watts * max(cpu_s, 0.0) / JOULES_PER_KWH for watts in BUSY_THREAD_W[machine.kind])
    idle_w = IDLE_SERVER_W_PER_THREAD * machine.usable_cores if machine.kind == "server" else IDLE_W[machine.kind]
    return Energy(central, low, high, MODELLED, COUNTED, idle_w * max(seconds, 0.0) / JOULES_PER_KWH)


def cpu_seconds() -> float:
    """Return the processor seconds of this process, all its threads and its ended children (children not on Windows)."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
