"""Energy as a value that cannot exist, be added or be printed without its method and its range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

COUNTER = "measured by the processor's energy counter"
BATTERY = "measured as drop of the battery"
METER = "measured by an energy meter"
MODELLED = "modelled from processor time"
IDLE_MODELLED = "idle power modelled"

JOULES_PER_KWH = 3_600_000
# Below this amount people read watt-hours more easily than thousandths of a kilowatt-hour.
SMALL_KWH = 0.01
_BETWEEN = "; "
_WITHOUT = "without "
WORK_COUNTED = "this program's work, above what the computer draws when idle"
TOTAL_COUNTED = "this program's work and the idle computer meanwhile"
# The factor on either side of one number for the idle computer, as far as measured laptops lie apart (see calibration).
OLD_IDLE_REACH = 5.4


@dataclass(frozen=True)
class Idle:
    """What the computer would have drawn in the same time without any work, in kWh, with the range that it lies in."""

    kwh: float
    low_kwh: float
    high_kwh: float

    def __post_init__(self) -> None:
        _require_range(self.kwh, self.low_kwh, self.high_kwh)

    def __add__(self, other: Idle) -> Idle:
        """Add two, end to end, as energies are added."""
        return Idle(self.kwh + other.kwh, self.low_kwh + other.low_kwh, self.high_kwh + other.high_kwh)

    def times(self, factor: float) -> Idle:
        """Return this times a factor of zero or more."""
        return Idle(self.kwh * factor, self.low_kwh * factor, self.high_kwh * factor)


@dataclass(frozen=True)
class Energy:
    """Energy in kWh with the range that it lies in.

    ``method`` says how it is known and ``what_is_counted`` what it covers. ``idle`` is the idle computer's part, ``None`` when it is not
    known; ``counts_idle`` says whether it is in ``kwh`` (a meter counts it, a model of the work does not). ``work`` and ``total`` give
    the two figures apart.
    """

    kwh: float
    low_kwh: float
    high_kwh: float
    method: str
    what_is_counted: str
    idle: Idle | None = None
    counts_idle: bool = False

    def __post_init__(self) -> None:
        if not self.method.strip() or not self.what_is_counted.strip():
            raise ValueError("an energy needs its method and what it counts")
        _require_range(self.kwh, self.low_kwh, self.high_kwh)

    def __add__(self, other: Energy) -> Energy:
        """Add two energies.

        Low ends and high ends are added as they are: errors of one method on one computer point the same way, so they
        must not be assumed to cancel out. Methods are both named. Where only one counts the idle computer, that of the other is put to it.
        """
        if self.counts_idle != other.counts_idle:
            first, second = self.total(), other.total()
            if first is not None and second is not None:
                return first + second
        return Energy(
            self.kwh + other.kwh,
            self.low_kwh + other.low_kwh,
            self.high_kwh + other.high_kwh,
            _joined(self.method, other.method),
            _joined(self.what_is_counted, other.what_is_counted),
            self.idle + other.idle if self.idle and other.idle else None,
            self.counts_idle or other.counts_idle,
        )

    def times(self, factor: float) -> Energy:
        """Return this energy times a factor of zero or more, with its ranges: the energy for a million tokens, say."""
        amounts = (self.kwh * factor, self.low_kwh * factor, self.high_kwh * factor)
        return Energy(*amounts, self.method, self.what_is_counted, self.idle and self.idle.times(factor), self.counts_idle)

    def without(self, what: str) -> Energy:
        """Return this energy with it said, wherever its method is, that ``what`` drew energy too and is not in it."""
        return replace(self, method=_joined(self.method, _WITHOUT + what))

    @property
    def left_out(self) -> str:
        """What is not in it, such as ``the graphics processor``; empty where it is whole."""
        return ", ".join(part[len(_WITHOUT) :] for part in self.method.split(_BETWEEN) if part.startswith(_WITHOUT))

    def work(self) -> Energy | None:
        """Return the energy of the work alone, above the idle computer; ``None`` when that is not known.

        A range of a difference takes in both ranges: the least energy less the most idle energy, and the other way round.
        """
        if not self.counts_idle:
            return replace(self, idle=None)
        if self.idle is None:
            return None
        amounts = (self.kwh - self.idle.kwh, self.low_kwh - self.idle.high_kwh, self.high_kwh - self.idle.low_kwh)
        kwh, low_kwh, high_kwh = (max(each, 0.0) for each in amounts)
        return Energy(kwh, low_kwh, high_kwh, _joined(self.method, IDLE_MODELLED), WORK_COUNTED)

    def total(self) -> Energy | None:
        """Return the energy with the idle computer in it; ``None`` when that is not known."""
        if self.counts_idle:
            return self
        if self.idle is None:
            return None
        amounts = (self.kwh + self.idle.kwh, self.low_kwh + self.idle.low_kwh, self.high_kwh + self.idle.high_kwh)
        return Energy(*amounts, _joined(self.method, IDLE_MODELLED), TOTAL_COUNTED, self.idle, counts_idle=True)

    def text(self) -> str:
        """Return amount, range and method, such as ``0.021 kWh (0.012 to 0.034; modelled from processor time)``."""
        scale, unit = (1000.0, "Wh") if self.high_kwh < SMALL_KWH else (1.0, "kWh")
        amount, low, high = (two_digits(each * scale) for each in (self.kwh, self.low_kwh, self.high_kwh))
        return f"{amount} {unit} ({low} to {high}; {self.method})"

    def __str__(self) -> str:
        return self.text()

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError("an energy is only written with its method and range: use .text()")
        return self.text()

    def as_json(self) -> dict[str, Any]:
        """Return all fields as plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> Energy:
        """Return the energy that ``as_json`` wrote. Raises ``TypeError`` or ``ValueError`` when it is not one.

        Records of the first versions know the idle computer as one number, or not at all.
        """
        known = dict(values)
        if "idle_subtracted_kwh" in known:
            idle = known.pop("idle_subtracted_kwh")
            known |= {"counts_idle": idle is None, "idle": None}
            if idle is not None:
                known["idle"] = {"kwh": idle, "low_kwh": idle / OLD_IDLE_REACH, "high_kwh": idle * OLD_IDLE_REACH}
        part = known.get("idle")
        return Energy(**{**known, "idle": Idle(**part) if part is not None else None})


def total_energy(parts: Iterable[Energy]) -> Energy | None:
    """Return the sum of energies, ``None`` when there are none."""
    total: Energy | None = None
    for part in parts:
        total = part if total is None else total + part
    return total


def two_digits(amount: float) -> str:
    """Write a number with two significant digits and never in exponent form: ``0.021``, ``3.4``, ``120``."""
    if amount == 0:
        return "0"
    rounded = float(f"{amount:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.12f}".rstrip("0").rstrip(".")


def _joined(first: str, second: str) -> str:
    return _BETWEEN.join(dict.fromkeys([*first.split(_BETWEEN), *second.split(_BETWEEN)]))


def _require_range(kwh: float, low_kwh: float, high_kwh: float) -> None:
    if not 0 <= low_kwh <= kwh <= high_kwh < float("inf"):
        raise ValueError(f"not a range of energy: {low_kwh} <= {kwh} <= {high_kwh} kWh")
