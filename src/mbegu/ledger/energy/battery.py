"""The drop of a laptop's battery while it runs without a charger, from Linux's ``/sys/class/power_supply``."""

from __future__ import annotations

from pathlib import Path

from mbegu.ledger.energy.value import BATTERY, Energy

POWER_SUPPLY = Path("/sys/class/power_supply")
COUNTED = "the whole computer on battery, with its screen and all that ran meanwhile; without losses of charging"
# Allowances of ours: a battery's gauge is trusted to 5 per cent, and to no less than 0.1 Wh because it moves in steps.
RELATIVE_ERROR = 0.05
STEP_KWH = 0.0001
_MICRO_PER_KILO = 1e9


class Battery:
    """Sums all batteries. Once a charger is plugged in it can tell nothing any more for this run."""

    def __init__(self, power_supply: Path = POWER_SUPPLY) -> None:
        self.trouble = ""
        self._batteries = [folder for folder in sorted(power_supply.glob("*")) if _text(folder / "type") == "Battery"]
        self._start_kwh = 0.0

    @property
    def is_available(self) -> bool:
        """Whether there is a battery that runs down and says how much energy is in it."""
        return self._is_discharging() and self._stored_kwh() is not None

    def start(self) -> None:
        """Begin to count at zero."""
        self.trouble = ""
        self._start_kwh = self._stored_kwh() or 0.0

    def read(self) -> Energy | None:
        """Return the energy taken from the batteries since ``start``; ``None`` from the first reading with a charger on."""
        stored = self._stored_kwh()
        if stored is None or not self._is_discharging() or stored > self._start_kwh:
            self.trouble = "a charger was plugged in during the run"
        if self.trouble or stored is None:
            return None
        kwh = self._start_kwh - stored
        error = max(kwh * RELATIVE_ERROR, STEP_KWH)
        return Energy(kwh, max(kwh - error, 0.0), kwh + error, BATTERY, COUNTED, counts_idle=True)

    def _is_discharging(self) -> bool:
        states = [_text(folder / "status") for folder in self._batteries]
        return "Discharging" in states and "Charging" not in states

    def _stored_kwh(self) -> float | None:
        """Return the energy in all batteries, ``None`` when one of them does not say it."""
        amounts = [_stored_kwh(folder) for folder in self._batteries]
        known = [amount for amount in amounts if amount is not None]
        return sum(known) if known and len(known) == len(amounts) else None


def _stored_kwh(folder: Path) -> float | None:
    energy_uwh = _number(folder / "energy_now")
    if energy_uwh is not None:
        return energy_uwh / _MICRO_PER_KILO
    charge_uah = _number(folder / "charge_now")
    voltage_uv = _number(folder / "voltage_min_design") or _number(folder / "voltage_now")
    # The design voltage, where given, is the same at both ends of the run; the momentary one sags with load.
    return None if charge_uah is None or voltage_uv is None else charge_uah * voltage_uv / 1e6 / _MICRO_PER_KILO


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _number(path: Path) -> float | None:
    text = _text(path)
    return float(text) if text.isdigit() else None
