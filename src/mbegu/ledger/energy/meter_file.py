"""An energy meter of the user: a CSV file with times and a running total in kWh, such as smart plugs write."""

from __future__ import annotations

import bisect
import csv
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from mbegu.core.errors import InputError, explain_os_error
from mbegu.ledger.energy.value import METER, Energy

COUNTED = "all that is plugged into the meter, with the power supply's losses"
# Plug-in and household meters are sold as 1 to 2 per cent accurate; ours is the wider.
RELATIVE_ERROR = 0.02
FIX = "write two columns, time in ISO 8601 and running total in kWh, oldest first: 2026-03-01T10:00:00+01:00,12.345"

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

    A first line with heads is passed over. Commas, semicolons or tabs separate; a time without zone is local time.

    Raises:
        InputError: no such file, a line that is not a time and a number, times or totals that go back.
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
        reading = _parse(line)
        if reading is None:
            if not readings and not any(mark.isdigit() for mark in line):
                continue
            raise InputError(f"line {number} of the meter file is not a time and kWh: '{line.strip()[:60]}'", path, FIX)
        if readings and (reading[0] < readings[-1][0] or reading[1] < readings[-1][1]):
            raise InputError(f"line {number} of the meter file goes back in time or in kWh", path, FIX)
        readings.append(reading)
    return readings


def energy_between(readings: list[Reading], start_s: float, end_s: float) -> Energy:
    """Return the energy between two times.

    The range follows from the readings around both ends, since nobody knows when between two readings the energy flowed,
    and from the meter's accuracy.

    Raises:
        InputError: the readings do not reach over the whole time.
    """
    first, last = _around(readings, start_s), _around(readings, end_s)
    kwh = max(last[1] - first[1], 0.0)
    low = max(last[0] - first[2], 0.0) * (1 - RELATIVE_ERROR)
    high = max(last[2] - first[0], kwh) * (1 + RELATIVE_ERROR)
    return Energy(kwh, min(low, kwh), high, METER, COUNTED, counts_idle=True)


def _parse(line: str) -> Reading | None:
    separator = next((mark for mark in (";", "\t", ",") if mark in line), ",")
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
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
