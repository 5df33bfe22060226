"""Watts of a kind of computer with a range that holds 90 of 100 computers, from measurements that others published.

``data/machines.json`` holds 200 computers that were measured at the plug, idle and with all cores busy. Watts differ by factors, so all is
reckoned in logarithms. For the computers of one kind:

    centre    = their mean
    distance  = how many standard deviations a computer lies from the mean of all the others, with the deviation of the others
    reach     = the distance that 90 % of the computers do not go beyond: the ceil(0.9 (n + 1))-th of n (of fewer than 19: ceil(0.9 n)-th)
    range     = centre - reach x deviation to centre + reach x deviation

This is conformal prediction with leave-one-out distances (Barber et al. 2021): a computer that is not among them, but of the same lot, is
held with a chance of about 90 %, whatever the shape of the distribution. ``bench/energy_calibration.py`` leaves each computer out and looks.
"""

from __future__ import annotations

import functools
import json
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

COVERAGE = 0.9
LEAST_MACHINES = 9
# Below this the exact rank is the last or all but the last, so that one odd computer alone would set the range: one rank less is taken.
FEW_MACHINES = 19
_ROUNDING = 1 + 1e-9  # the computer that sets the reach lies in the range


@dataclass(frozen=True)
class MeasuredMachine:
    """A computer that somebody measured at the plug; ``source`` says who, ``cores`` are physical."""

    kind: str
    machine: str
    year: int
    cores: int
    idle_w: float
    load_w: float
    source: str

    @property
    def work_w_per_core(self) -> float:
        """Watts above idle that one busy core adds when all are busy."""
        return (self.load_w - self.idle_w) / self.cores

    @property
    def idle_w_per_unit(self) -> float:
        """Watts when idle: of the whole computer; of one core of a server, since a server is shared."""
        return self.idle_w / self.cores if self.kind == "server" else self.idle_w


@dataclass(frozen=True)
class Watts:
    """Watts with the range that holds 90 of 100 computers."""

    low: float
    central: float
    high: float


@functools.cache
def measured_machines() -> tuple[MeasuredMachine, ...]:
    """Return every measured computer."""
    text = resources.files("mbegu.ledger.energy").joinpath("data/machines.json").read_text(encoding="utf-8")
    return tuple(MeasuredMachine(**values) for values in json.loads(text)["machines"])


@functools.cache
def work_watts(kind: str) -> Watts:
    """Return the watts above idle of one busy core.

    Args:
        kind: ``laptop``, ``desktop``, ``server``, ``board``; any other takes in all four.
    """
    return _of_kind(kind, lambda each: each.work_w_per_core)


@functools.cache
def idle_watts(kind: str) -> Watts:
    """Return the watts of an idle computer of this kind; for ``server``, of one of its cores."""
    return _of_kind(kind, lambda each: each.idle_w_per_unit)


def distances_of(logarithms: Sequence[float]) -> list[float]:
    """Return how many standard deviations each value lies from the mean of all others, nearest first."""
    found = []
    for index, value in enumerate(logarithms):
        others = [*logarithms[:index], *logarithms[index + 1 :]]
        found.append(abs(value - statistics.fmean(others)) / statistics.stdev(others))
    return sorted(found)


def reach_of(logarithms: Sequence[float]) -> float:
    """Return the distance, in standard deviations, that 90 % of the values do not go beyond."""
    count = len(logarithms)
    rank = math.ceil(COVERAGE * (count if count < FEW_MACHINES else count + 1))
    return distances_of(logarithms)[rank - 1] * _ROUNDING


def range_of(values: Sequence[float]) -> Watts:
    """Return centre and range of the measured watts of computers.

    Raises:
        ValueError: fewer than 9 values, or one that is not above zero.
    """
    if len(values) < LEAST_MACHINES or min(values) <= 0:
        raise ValueError(f"{len(values)} values cannot be calibrated: at least {LEAST_MACHINES} above zero are needed")
    logarithms = [math.log(value) for value in values]
    centre = statistics.fmean(logarithms)
    half = reach_of(logarithms) * statistics.stdev(logarithms)
    return Watts(math.exp(centre - half), math.exp(centre), math.exp(centre + half))


def _of_kind(kind: str, watts_of: Callable[[MeasuredMachine], float]) -> Watts:
    kinds = sorted({each.kind for each in measured_machines()})
    if kind in kinds:
        return range_of([watts_of(each) for each in measured_machines() if each.kind == kind])
    known = [_of_kind(each, watts_of) for each in kinds]
    return Watts(min(each.low for each in known), statistics.geometric_mean(each.central for each in known), max(each.high for each in known))
