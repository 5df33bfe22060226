"""An energy meter of the user: a CSV file with times and a running total in kWh, such as smart plugs write."""

from __future__ import annotations

import bisect
import csv
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from mbegu.core.errors import InputError, explain_os_error
from mbegu.ledger.energy.value import METER, Energy

COUNTED = "all that is plugged into the meter, with the power supply's losses"
# Plug-in and household meters are sold as 1 to 2 per cent accurate; ours is the wider.
RELATIVE_ERROR = 0.02
FINEST_DECIMALS = 6  # what stands behind them comes from a program's reckoning, not from a meter
FIX = "write two columns, time in ISO 8601 and running total in kWh, oldest first: 2026-03-01T10:00:00+01:00,12.345"
UNCLEAR_FIX = "write 12.345 with a point, or a semicolon after the time: 2026-03-01T10:00:00+01:00;12,345"

Reading = tuple[float, float]


class MeterFile:
    """Reads the running total at the start and the end of a run, between two lines in proportion to time.

    Args:
        path: the CSV file; it may grow while the run goes on.
        now: the clock, seconds since 1970 (UTC).
    """

    def __init__(self, path: Path, now: Callable[[], float] = lambda: datetime.now(timezone.utc).timestamp()) -> None:
        self.trouble = ""
        self._path = path
        self._now = now
        self._start_s = 0.0

    def start(self) -> None:
        """Begin to count now. Raises ``InputError`` when the file cannot be read or is not of the right form."""
        read_meter_file(self._path)
        self._start_s = self._now()

    def read(self) -> Energy | None:
        """Return the energy since ``start``, ``None`` when the file does not cover that time (yet)."""
        try:
            readings = read_meter_file(self._path)
            self.trouble = ""
            return energy_between(readings, self._start_s, self._now())
        except InputError as error:
            self.trouble = error.what
            return None


def read_meter_file(path: Path) -> list[Reading]:
    """Read the file: seconds since 1970 (UTC) and kWh of each line.

    Names above the readings are passed over. Commas, semicolons or tabs separate; a time without zone is local time.

    Raises:
        InputError: no such file, a line that is not a time and a number or may be read in two ways, times or totals that go back.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise explain_os_error(error, path) from error
    except UnicodeDecodeError as error:
        raise InputError("the meter file is not UTF-8 text", path, FIX) from error
    readings: list[Reading] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        separator, cells = _split(line)
        if not readings and _are_names(cells):
            continue
        if separator == "," and _may_be_decimal_comma(cells):
            raise InputError(f"line {number} of the meter file may mean two numbers: '{line.strip()[:60]}'", path, UNCLEAR_FIX)
        reading = _parse(separator, cells)
        if reading is None:
            raise InputError(f"line {number} of the meter file is not a time and kWh: '{line.strip()[:60]}'", path, FIX)
        if readings and (reading[0] < readings[-1][0] or reading[1] < readings[-1][1]):
            raise InputError(f"line {number} of the meter file goes back in time or in kWh", path, FIX)
        readings.append(reading)
    return readings


def energy_between(readings: list[Reading], start_s: float, end_s: float) -> Energy:
    """Return the energy between two times.

    The range follows from the readings around both ends, since nobody knows when between two readings the energy flowed, from the
    last digit of the readings, and from the meter's accuracy.

    Raises:
        InputError: the readings do not reach over the whole time.
    """
    first, last = _around(readings, start_s), _around(readings, end_s)
    kwh = max(last[1] - first[1], 0.0)
    step_kwh = step_of(readings)
    low = max(last[0] - first[2] - step_kwh, 0.0) * (1 - RELATIVE_ERROR)
    high = (max(last[2] - first[0], kwh) + step_kwh) * (1 + RELATIVE_ERROR)
    return Energy(kwh, min(low, kwh), high, METER, COUNTED, counts_idle=True)


def step_of(readings: Sequence[Reading]) -> float:
    """Return one in the last digit that the readings show, zeros at the end aside: their differences are no finer than that."""
    finest = FINEST_DECIMALS
    decimals = next(few for few in range(finest + 1) if all(round(kwh, few) == round(kwh, finest) for _, kwh in readings))
    return 10.0**-decimals


def _split(line: str) -> tuple[str, list[str]]:
    separator = next((mark for mark in (";", "\t", ",") if mark in line), ",")
    return separator, [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]


def _are_names(cells: list[str]) -> bool:
    """Whether a line is names of columns: neither of the first two begins as a time or a number does."""
    return not any(cell[:1].isdigit() for cell in cells[:2])


def _may_be_decimal_comma(cells: list[str]) -> bool:
    """Whether ``12,345`` stands among separating commas: two numbers, or one with a decimal comma."""
    return len(cells) > 2 and cells[1].isdigit() and cells[2][:1].isdigit()


def _parse(separator: str, cells: list[str]) -> Reading | None:
    if len(cells) < 2:
        return None
    number = cells[1].replace(",", ".") if separator != "," else cells[1]
    try:
        # Python 3.10 does not read the Z.
        moment = datetime.fromisoformat(cells[0].replace("Z", "+00:00"))
        kwh = float(number)
    except ValueError:
        return None
    return (moment.timestamp(), kwh) if 0 <= kwh < float("inf") else None


def _around(readings: list[Reading], moment_s: float) -> tuple[float, float, float]:
    """Return the totals before, at (in proportion) and after a moment."""
    right = bisect.bisect_left([time_s for time_s, _ in readings], moment_s)
    if right < len(readings) and readings[right][0] == moment_s:
        return (readings[right][1],) * 3
    if right in (0, len(readings)):
        when = datetime.fromtimestamp(moment_s, timezone.utc).isoformat(timespec="seconds")
        raise InputError(f"the meter file has no reading {'before' if right == 0 else 'after'} {when}")
    (left_s, left), (right_s, after) = readings[right - 1], readings[right]
    return left, left + (after - left) * (moment_s - left_s) / (right_s - left_s), after
