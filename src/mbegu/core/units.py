"""Amounts with units, as people write and read them: durations, energies, sizes."""

from __future__ import annotations

import math
import re

from mbegu.core.errors import SettingsError

SECONDS_IN = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400}
KWH_IN = {"kwh": 1.0, "wh": 0.001}
_AMOUNT = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*([a-zA-Z]+)\s*$")
_THOUSANDS = re.compile(r",\d{3}(?!\d)")  # 1,500: one and a half, or one thousand five hundred? Nobody knows, so it is refused.


def parse_budget(text: str) -> tuple[str, float]:
    """Read a budget such as ``30min``, ``4h``, ``1.5 h``, ``2kWh`` or ``300Wh``.

    Returns:
        ``("s", seconds)`` or ``("kwh", kilowatt-hours)``; the amount is above zero.

    Raises:
        SettingsError: it is not an amount with one of the units above.
    """
    match = _AMOUNT.match(text)
    amount = float(match[1].replace(",", ".")) if match else 0.0
    unit = match[2].lower() if match else ""
    if not math.isfinite(amount) or _THOUSANDS.search(text):
        amount = 0.0
    if amount > 0 and unit in SECONDS_IN:
        return "s", amount * SECONDS_IN[unit]
    if amount > 0 and unit in KWH_IN:
        return "kwh", amount * KWH_IN[unit]
    raise SettingsError(f"'{text}' is not a budget", fix="write a time such as 30min or 4h, or an energy such as 2kWh")


def format_seconds(seconds: float) -> str:
    """Write a duration the way people say it: ``12 s``, ``3 min 20 s``, ``4 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_bytes(count: float) -> str:
    """Write a size in decimal units: ``512 B``, ``1.3 MB``, ``2.1 GB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")


def format_count(count: float) -> str:
    """Write a count with thousands separated by commas: ``1,234,567``."""
    return f"{count:,.0f}"


def format_number_of(count: int, thing: str) -> str:
    """Write a count with what is counted: ``1 thread``, ``2 threads``. For words of the interface that add an s."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
