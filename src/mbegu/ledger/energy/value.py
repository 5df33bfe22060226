"""Energy as a value that cannot exist, be added or be printed without its method and its range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

COUNTER = "measured by the processor's energy counter"
BATTERY = "measured as drop of the battery"
METER = "measured by an energy meter"
MODELLED = "modelled from processor time"

JOULES_PER_KWH = 3_600_000
# Below this amount people read watt-hours more easily than thousandths of a kilowatt-hour.
SMALL_KWH = 0.01
_BETWEEN = "; "


@dataclass(frozen=True)
class Energy:
    """Energy in kWh with the range that it lies in.

    ``method`` says how it is known and ``what_is_counted`` what it covers. ``idle_subtracted_kwh`` is the energy that the
    computer would have drawn in the same time without any work and that is not part of ``kwh``; ``None`` when nothing was left out.
    """

    kwh: float
    low_kwh: float
    high_kwh: float
    method: str
    what_is_counted: str
    idle_subtracted_kwh: float | None = None

    def __post_init__(self) -> None:
        if not self.method.strip() or not self.what_is_counted.strip():
            raise ValueError("an energy needs its method and what it counts")
        if not 0 <= self.low_kwh <= self.kwh <= self.high_kwh < float("inf"):
            raise ValueError(f"not a range of energy: {self.low_kwh} <= {self.kwh} <= {self.high_kwh} kWh")

    def __add__(self, other: Energy) -> Energy:
        """Add two energies.

        Low ends and high ends are added as they are: errors of one method on one computer point the same way, so they
        must not be assumed to cancel out. Methods are both named.
        """
        idle = [each for each in (self.idle_subtracted_kwh, other.idle_subtracted_kwh) if each is not None]
        return Energy(
            self.kwh + other.kwh,
            self.low_kwh + other.low_kwh,
            self.high_kwh + other.high_kwh,
            _joined(self.method, other.method),
            _joined(self.what_is_counted, other.what_is_counted),
            sum(idle) if idle else None,
        )

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
        """Return the energy that ``as_json`` wrote. Raises ``TypeError`` or ``ValueError`` when it is not one."""
        return Energy(**values)


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
