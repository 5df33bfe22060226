"""Power that comes and goes: when to work, when to save, when to wait and when to stop.

``Governor`` decides and does nothing else: it is told the time and the battery. ``Pauses`` reads both, asks it, and sleeps.
Ctrl-C, the time to stop, the hours of work and the battery are one question with one answer, so that a step asks once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mbegu.core.errors import MbeguError, PausedError, SettingsError, StoppedError
from mbegu.core.hours import Hours, parse_hours, parse_until, seconds_until, spoken
from mbegu.core.settings import read_settings, setting, shown

if TYPE_CHECKING:
    from mbegu.core.report import Say

Action = Literal["go on", "save", "wait", "stop"]
# Allowances of ours: gauges move by a few per cent under load, a charger is noticed soon enough, and a margin that a long sleep of the
# computer falsified must not use up all the hours.
REGAINED_PERCENT = 5.0
BATTERY_EVERY_S = 5.0
WAITING_CHECK_S = 10.0
MOST_MARGIN_S = 900.0
POWER_SUPPLY = Path("/sys/class/power_supply")


@dataclass(frozen=True)
class PowerSettings:
    """The [power] table: when to work. Nothing here changes the model, and no step begins anew for it."""

    hours: str = setting("", help="work only in these hours of the day, such as 19:00-06:00, several apart by commas; empty: at any time")
    battery_above_percent: float = setting(
        30.0, help="without a charger, work only while the battery holds more than this; 0: whatever it holds", unit="%", low=0, high=95
    )


@dataclass(frozen=True)
class PowerRules:
    """When to work, checked: ``until`` is a local time, ``battery_above_percent`` is 0 where the battery does not matter."""

    until: datetime | None = None
    hours: Hours | None = None
    battery_above_percent: float = 0.0


@dataclass(frozen=True)
class Battery:
    """How full the battery is, in per cent, and whether a charger is plugged in; ``None`` where the system does not say."""

    percent: float
    is_plugged: bool | None


@dataclass(frozen=True)
class Decision:
    """What to do now and why, in words for people; ``awaited`` and ``until`` say what a wait waits for."""

    action: Action = "go on"
    why: str = ""
    awaited: str = ""
    until: datetime | None = None

    @property
    def saves(self) -> bool:
        """Whether to save now."""
        return self.action != "go on"

    @property
    def ends(self) -> bool:
        """Whether work ends here, for good or for a while."""
        return self.action in ("wait", "stop")


def make_rules(
    settings: PowerSettings, now: datetime, *, until: str | None = None, hours: str | None = None, battery_above: str | None = None
) -> PowerRules:
    """Return the rules: what the command line says, else the recipe, else the defaults.

    Args:
        settings: the recipe's.
        now: the local time.
        until: ``--until`` as typed; ``None`` where it is not given, as for the others.
        hours: ``--hours`` as typed; empty for any time.
        battery_above: ``--battery-above`` as typed, with or without the per cent sign.

    Raises:
        SettingsError: every option that is wrong, at once.
    """
    problems: list[str] = []

    def checked(name: str, text: str, parse: Callable[[str], object]) -> object:
        try:
            return parse(text)
        except MbeguError as error:
            problems.append(f"{name}: {error.one_line().rstrip('.')}")
            return None

    stop = checked("--until", until, lambda text: parse_until(text, now)) if until is not None else None
    written = settings.hours if hours is None else hours
    windows = checked("--hours" if hours is not None else "[power] hours", written, parse_hours) if written.strip() else None
    least = settings.battery_above_percent if battery_above is None else checked("--battery-above", battery_above, _parse_percent)
    if problems:
        raise SettingsError("; ".join(problems))
    return PowerRules(
        stop if isinstance(stop, datetime) else None,
        windows if isinstance(windows, Hours) else None,
        least if isinstance(least, float) else 0.0,
    )


def _parse_percent(text: str) -> float:
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        raise SettingsError(f"{shown(text)} is not a number", fix="write 40, or 0 to work whatever the battery holds") from None
    made, problems = read_settings(PowerSettings, {"battery_above_percent": value}, "power")
    if made is None:
        raise SettingsError(problems[0].partition(": ")[2])
    return made.battery_above_percent


class Governor:
    """Decides from the rules, the time and the battery. It remembers the charger, and a battery that was too low."""

    def __init__(self, rules: PowerRules) -> None:
        self.rules = rules
        self._before: Battery | None = None
        self._is_low = False

    def decide(self, now: datetime, battery: Battery | None, *, margin_s: float = 0.0, stop_requested: bool = False) -> Decision:
        """Say what to do.

        Args:
            now: the local time, naive.
            battery: ``None`` where there is none.
            margin_s: how long before its time work must end, so that the save is finished by then.
            stop_requested: whether Ctrl-C was pressed.
        """
        was_pulled = self._notice(battery)
        if stop_requested:
            return Decision("stop")
        wait = self._outside_hours(now, margin_s) or self._low_battery(battery)
        until = self.rules.until
        if until is not None:
            left_s = seconds_until(until, now)
            if left_s <= margin_s:
                return Decision("stop", f"it is {'almost' if left_s > 0 else 'past'} {spoken(until, now)}")
            if wait and wait.until and wait.until >= until:
                return Decision("stop", f"{wait.why}, and {spoken(until, now)}, the time to stop, comes before them")
        if wait:
            return wait
        if was_pulled:
            return Decision("save", f"the charger was pulled out; work goes on until the battery is at {self.rules.battery_above_percent:.0f} %")
        return Decision()

    def _notice(self, battery: Battery | None) -> bool:
        """Keep what the battery shows; return whether the charger was pulled out since the last look."""
        before, self._before = self._before, battery
        is_drained = battery is not None and battery.is_plugged is False
        least = self.rules.battery_above_percent
        if not is_drained or battery is None or battery.percent >= min(least + REGAINED_PERCENT, 100.0):
            self._is_low = False
        elif battery.percent <= least:
            self._is_low = True
        return is_drained and before is not None and before.is_plugged is not False

    def _low_battery(self, battery: Battery | None) -> Decision | None:
        if not self._is_low or not self.rules.battery_above_percent or battery is None:
            return None
        return Decision("wait", f"the battery is at {battery.percent:.0f} % and no charger is plugged in", "for the charger")

    def _outside_hours(self, now: datetime, margin_s: float) -> Decision | None:
        hours = self.rules.hours
        change = hours.next_change(now) if hours else None
        if not hours or change is None:
            return None
        if hours.is_open(now):
            if seconds_until(change, now) > margin_s:
                return None
            change = hours.next_change(change)  # it is about to close: the time after that is when it opens again
        awaited = f"until {spoken(change, now)}" if change else ""
        return Decision("wait", f"the hours to work are {hours.text}", awaited, change)


def read_battery(power_supply: Path = POWER_SUPPLY) -> Battery | None:
    """Return what psutil says of this computer's battery; ``None`` where there is none or nothing is known of it.

    Args:
        power_supply: where Linux lists batteries. The battery of a mouse or a headset is no battery of the computer, and psutil
            takes it for one where there is no other.
    """
    import psutil

    if power_supply.is_dir() and not any(_is_of_computer(folder) for folder in power_supply.iterdir()):
        return None
    try:
        found = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    except (OSError, ValueError, NotImplementedError, psutil.Error):
        return None
    return None if found is None else Battery(float(found.percent), found.power_plugged)


def _is_of_computer(folder: Path) -> bool:
    try:
        if (folder / "type").read_text(encoding="utf-8").strip() != "Battery":
            return False
        scope = folder / "scope"
        return not scope.is_file() or scope.read_text(encoding="utf-8").strip() != "Device"
    except (OSError, UnicodeDecodeError):
        return False


class Pauses:
    """Asks the governor while work is under way, and sleeps when it says so.

    Args:
        say: told what is waited for; Ctrl-C is known from it.
        rules: when to work; at any time when not given.
        now: the local wall clock.
        read: returns the battery.
        sleep: takes seconds.
        battery_every_s: a reading of the battery is good for this long.
    """

    def __init__(
        self,
        say: Say,
        rules: PowerRules | None = None,
        *,
        now: Callable[[], datetime] = datetime.now,
        read: Callable[[], Battery | None] = read_battery,
        sleep: Callable[[float], None] = time.sleep,
        battery_every_s: float = BATTERY_EVERY_S,
    ) -> None:
        self.rules = rules or PowerRules()
        self.last = Decision()
        self._say, self._now, self._read, self._sleep = say, now, read, sleep
        self._governor = Governor(self.rules)
        self._battery_every_s = battery_every_s
        self._battery: Battery | None = None
        self._read_at: datetime | None = None
        self._margin_s = 0.0

    def announce(self) -> None:
        """Say what was asked for, as it was understood."""
        rules, now = self.rules, self._now()
        if rules.until:
            self._say.note(f"works until {spoken(rules.until, now)}, then saves and stops")
        if rules.hours:
            self._say.note(f"works in the hours {rules.hours.text}, and waits outside them")
        battery = self._fresh_battery(now)
        if battery and battery.is_plugged is False:
            self._say.note(f"on battery ({battery.percent:.0f} %): works while it holds more than {rules.battery_above_percent:.0f} %")

    def ask(self, margin_s: float | None = None) -> Decision:
        """Return what to do now; quick enough to ask after every training step.

        Args:
            margin_s: how long a last step and a save take; the one given last when not given.
        """
        if margin_s is not None:
            self._margin_s = min(margin_s, MOST_MARGIN_S)
        now = self._now()
        self.last = self._governor.decide(now, self._fresh_battery(now), margin_s=self._margin_s, stop_requested=self._say.stop_requested)
        return self.last

    def require(self, what: str) -> None:
        """Ask before a step begins. Raises ``PausedError`` or ``StoppedError`` with ``what`` when it must not begin now."""
        if self.ask().ends:
            raise self.stopped(what)

    def heed_deadline(self) -> None:
        """Stop a step that cannot save itself when the time to stop has come. Raises ``StoppedError``."""
        until = self.rules.until
        if until is not None and seconds_until(until, self._now()) <= 0:
            self.ask()
            raise self.stopped("stopped in the middle of a step, which begins again; all before it is saved")

    def stopped(self, what: str) -> StoppedError:
        """Return the error for the last decision.

        Args:
            what: where it stopped and what is saved.
        """
        if self.last.action == "wait":
            return PausedError(what)
        because = f"{self.last.why}: " if self.last.why else ""
        return StoppedError(because + what, fix="run `mbegu grow` to go on; you can switch off now")

    def wait(self) -> None:
        """Sleep as long as the governor says wait. Ctrl-C ends it at once, as nothing is under way."""
        awaited, has_waited = "", False
        while (decision := self.ask()).action == "wait":
            if decision.awaited != awaited:
                awaited = decision.awaited
                self._say.warn(f"{decision.why}: waiting {awaited}; all is saved, you can switch off now (`mbegu grow` goes on later)")
            has_waited = True
            self._sleep(WAITING_CHECK_S)
        if has_waited and decision.action != "stop":
            self._say.note(f"goes on: it is {self._now():%H:%M}")

    def _fresh_battery(self, now: datetime) -> Battery | None:
        if not self.rules.battery_above_percent:
            return None
        if self._read_at is None or abs((now - self._read_at).total_seconds()) >= self._battery_every_s:
            self._battery, self._read_at = self._read(), now
        return self._battery
