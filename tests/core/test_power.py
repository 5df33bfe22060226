"""When to work: each rule by itself and together, with a clock and a battery made for it."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from mbegu.core.errors import PausedError, SettingsError, StoppedError
from mbegu.core.hours import parse_hours
from mbegu.core.power import MOST_MARGIN_S, Battery, Decision, Governor, Pauses, PowerRules, PowerSettings, make_rules, read_battery
from mbegu.core.report import Say

NOW = datetime(2026, 11, 24, 18, 0)
NIGHT = PowerRules(hours=parse_hours("19:00-06:00"))
ABOVE_30 = PowerRules(battery_above_percent=30.0)


def at(hour: int, minute: int = 0, second: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, second)


class World:
    """A clock that moves when one sleeps, and a battery that follows a script of (time, state)."""

    def __init__(self, now: datetime, battery: list[tuple[datetime, Battery | None]] | None = None) -> None:
        self.time = now
        self.battery = battery or []
        self.readings = 0
        self.slept: list[float] = []
        self.stream = io.StringIO()
        self.say = Say(self.stream)

    def now(self) -> datetime:
        return self.time

    def read(self) -> Battery | None:
        self.readings += 1
        return next((state for since, state in reversed(self.battery) if since <= self.time), None)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)

    def pauses(self, rules: PowerRules, **more: Any) -> Pauses:
        self.say.pauses = Pauses(self.say, rules, now=self.now, read=self.read, sleep=self.sleep, **more)
        return self.say.pauses


# What the rules are


def test_flags_stand_before_the_recipe_and_the_recipe_before_the_defaults() -> None:
    assert make_rules(PowerSettings(), NOW) == PowerRules(battery_above_percent=30.0)
    recipe = PowerSettings(hours="19:00-06:00", battery_above_percent=50.0)
    assert make_rules(recipe, NOW) == PowerRules(None, parse_hours("19:00-06:00"), 50.0)
    rules = make_rules(recipe, NOW, until="17:30", hours="12:00-13:00", battery_above="40 %")
    assert rules == PowerRules(at(17, 30, day=25), parse_hours("12:00-13:00"), 40.0)
    assert make_rules(recipe, NOW, hours="", battery_above="0") == PowerRules()


def test_every_wrong_option_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        make_rules(PowerSettings(), NOW, until="5pm", hours="19-6", battery_above="140")
    assert caught.value.one_line() == (
        "--until: '5pm' is not a time to stop at. Write 17:00; --hours: '19-6' is not hours of the day. Write 19:00-06:00; "
        "--battery-above: 140.0 is above the largest allowed, 95 %."
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [("full", "'full' is not a number. Write 40, or 0 to work whatever the battery holds"), ("-1", "-1.0 is below"), ("nan", "a number, found nan")],
)
def test_what_is_no_share_of_a_battery(typed: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make_rules(PowerSettings(), NOW, battery_above=typed)
    assert caught.value.one_line().startswith("--battery-above: ")
    assert said in caught.value.one_line()


# What the governor decides


def test_without_rules_only_ctrl_c_ends_it() -> None:
    governor = Governor(PowerRules())
    assert governor.decide(NOW, None) == Decision("go on")
    assert governor.decide(NOW, None, stop_requested=True) == Decision("stop")


def test_until_stops_before_its_time_by_the_margin() -> None:
    governor = Governor(PowerRules(until=at(17, 30, day=25)))
    assert governor.decide(at(17, 29, 29, day=25), None, margin_s=30.0).action == "go on"
    assert governor.decide(at(17, 29, 30, day=25), None, margin_s=30.0) == Decision("stop", "it is almost 17:30")
    assert governor.decide(at(18, 0, day=25), None) == Decision("stop", "it is past 17:30")
    assert governor.decide(datetime(2026, 11, 26, 9, 0), None) == Decision("stop", "it is past 2026-11-25 17:30"), "it slept over its time"


def test_outside_the_hours_it_waits_for_them() -> None:
    governor = Governor(NIGHT)
    why = "the hours to work are 19:00-06:00"
    assert governor.decide(at(18), None) == Decision("wait", why, "until 19:00", at(19))
    assert governor.decide(at(19), None).action == "go on"
    assert governor.decide(at(23, 59, 59), None).action == "go on"
    assert governor.decide(at(5, 59, 29, day=25), None, margin_s=30.0).action == "go on"
    assert governor.decide(at(5, 59, 30, day=25), None, margin_s=30.0) == Decision("wait", why, "until 19:00", at(19, day=25))
    assert governor.decide(at(6, day=25), None, margin_s=30.0) == Decision("wait", why, "until 19:00", at(19, day=25))
    assert Governor(PowerRules(hours=parse_hours("00:00-24:00"))).decide(NOW, None, margin_s=900.0).action == "go on"


def test_a_clock_that_is_set_by_hand_is_believed() -> None:
    governor = Governor(NIGHT)
    assert governor.decide(at(20), None).action == "go on"
    assert governor.decide(at(12), None).action == "wait"
    assert governor.decide(at(20), None).action == "go on"


def test_waiting_beyond_the_time_to_stop_is_stopping() -> None:
    governor = Governor(PowerRules(until=at(18, 30), hours=parse_hours("19:00-06:00")))
    assert governor.decide(at(18), None) == Decision("stop", "the hours to work are 19:00-06:00, and 18:30, the time to stop, comes before them")


def test_a_charger_pulled_out_saves_once() -> None:
    governor = Governor(ABOVE_30)
    assert governor.decide(NOW, Battery(80, True)).action == "go on"
    decision = governor.decide(NOW, Battery(80, False))
    assert decision == Decision("save", "the charger was pulled out; work goes on until the battery is at 30 %")
    assert decision.saves
    assert not decision.ends
    assert governor.decide(NOW, Battery(79, False)).action == "go on"
    assert governor.decide(NOW, Battery(79, True)).action == "go on"
    assert governor.decide(NOW, Battery(79, False)).action == "save"


def test_begun_on_battery_nothing_was_pulled() -> None:
    assert Governor(ABOVE_30).decide(NOW, Battery(80, False)).action == "go on"


def test_a_low_battery_waits_until_the_charger_is_back_or_it_is_well_above() -> None:
    governor = Governor(ABOVE_30)
    assert governor.decide(NOW, Battery(30.5, False)).action == "go on"
    assert governor.decide(NOW, Battery(30, False)) == Decision(
        "wait", "the battery is at 30 % and no charger is plugged in", "for the charger", None
    )
    assert governor.decide(NOW, Battery(33, False)).action == "wait", "the gauge moves"
    assert governor.decide(NOW, Battery(35, False)).action == "go on"
    assert governor.decide(NOW, Battery(33, False)).action == "go on"
    assert governor.decide(NOW, Battery(29, False)).action == "wait"
    assert governor.decide(NOW, Battery(12, True)).action == "go on", "the charger is back"
    assert governor.decide(NOW, Battery(12, False)).action == "wait"
    assert governor.decide(NOW, None).action == "go on", "the battery was taken out"


def test_a_battery_that_may_be_charging_is_not_waited_for() -> None:
    governor = Governor(ABOVE_30)
    assert governor.decide(NOW, Battery(10, None)).action == "go on"
    assert governor.decide(NOW, Battery(80, None)).action == "go on"
    assert governor.decide(NOW, Battery(80, False)).action == "save"


def test_at_the_highest_threshold_a_full_battery_goes_on() -> None:
    governor = Governor(PowerRules(battery_above_percent=95.0))
    assert governor.decide(NOW, Battery(95, False)).action == "wait"
    assert governor.decide(NOW, Battery(100, False)).action == "go on"


def test_ctrl_c_and_the_time_to_stop_come_before_the_battery() -> None:
    governor = Governor(PowerRules(until=at(18, 30), battery_above_percent=30.0))
    assert governor.decide(NOW, Battery(10, False), stop_requested=True) == Decision("stop")
    assert governor.decide(NOW, Battery(10, False)).action == "wait"
    assert governor.decide(at(18, 30), Battery(10, False)).action == "stop"


# What is said while it waits


def test_it_waits_for_the_hours_and_says_so_once() -> None:
    world = World(at(18, 59))
    world.pauses(NIGHT).wait()
    assert world.time == at(19)
    assert set(world.slept) == {10.0}, "it looks at the clock often, because the computer may sleep"
    assert world.stream.getvalue() == (
        "  ! the hours to work are 19:00-06:00: waiting until 19:00; all is saved, you can switch off now (`mbegu grow` goes on later)\n"
        "  goes on: it is 19:00\n"
    )


def test_a_computer_that_slept_while_it_waited_goes_on_when_it_wakes() -> None:
    world = World(at(12))
    pauses = world.pauses(NIGHT)

    def lid(seconds: float) -> None:
        world.time = at(20, 13)

    pauses._sleep = lid
    pauses.wait()
    assert "goes on: it is 20:13" in world.stream.getvalue()


def test_after_the_charger_it_waits_for_the_hours() -> None:
    world = World(at(18, 58), [(at(18, 0), Battery(20, False)), (at(18, 58, 30), Battery(20, False)), (at(19, 1), Battery(21, True))])
    world.pauses(PowerRules(hours=parse_hours("19:00-06:00"), battery_above_percent=30.0)).wait()
    assert world.time == at(19, 1)
    said = world.stream.getvalue()
    assert said.index("waiting until 19:00") < said.index("the battery is at 20 % and no charger is plugged in: waiting for the charger")


def test_the_margin_of_the_last_step_still_counts_while_it_waits() -> None:
    world = World(at(5, 59, 30))
    pauses = world.pauses(NIGHT)
    assert pauses.ask(60.0).action == "wait"
    assert pauses.ask().action == "wait", "else it would go on for half a minute"
    assert pauses.ask(10.0).action == "go on"


def test_a_margin_that_a_long_sleep_falsified_does_not_use_up_the_night() -> None:
    world = World(at(23, 30))
    assert world.pauses(NIGHT).ask(12 * 3600.0).action == "go on"
    world.time = at(6, day=25) - timedelta(seconds=MOST_MARGIN_S)
    assert world.say.pauses.ask(12 * 3600.0).action == "wait"


def test_ctrl_c_ends_the_waiting_at_once() -> None:
    world = World(at(12))
    pauses = world.pauses(NIGHT)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    pauses._sleep = interrupted
    with pytest.raises(KeyboardInterrupt):
        pauses.wait()


def test_the_time_to_stop_ends_the_waiting_for_a_charger() -> None:
    world = World(at(18, 20), [(at(18, 0), Battery(20, False))])
    pauses = world.pauses(PowerRules(until=at(18, 30), battery_above_percent=30.0))
    pauses.wait()
    assert world.time == at(18, 30)
    assert "goes on" not in world.stream.getvalue().replace("goes on later", "")
    with pytest.raises(StoppedError) as caught:
        pauses.require("'train' comes next; all that is done is saved")
    assert not isinstance(caught.value, PausedError)
    assert caught.value.one_line() == (
        "it is past 18:30: 'train' comes next; all that is done is saved. Run `mbegu grow` to go on; you can switch off now."
    )


def test_a_step_does_not_begin_outside_the_hours() -> None:
    pauses = World(at(12)).pauses(NIGHT)
    with pytest.raises(PausedError, match="'train' comes next"):
        pauses.require("'train' comes next")
    World(at(20)).pauses(NIGHT).require("'train' comes next")


def test_the_time_to_stop_stops_a_step_that_cannot_save_itself() -> None:
    world = World(at(18, 29))
    world.pauses(PowerRules(until=at(18, 30)))
    world.say.progress(1, 10, "documents")
    world.time = at(18, 30)
    world.say.defers_stop = True
    world.say.progress(2, 10, "steps")
    world.say.defers_stop = False
    with pytest.raises(StoppedError, match=r"it is past 18:30: stopped in the middle of a step, which begins again; all before it is saved"):
        world.say.progress(2, 10, "documents")


def test_what_was_asked_for_is_said_as_it_was_understood() -> None:
    world = World(at(18), [(at(0), Battery(62.4, False))])
    world.pauses(PowerRules(at(17, 30, day=25), parse_hours("19:00-06:00"), 40.0)).announce()
    assert world.stream.getvalue() == (
        "  works until 17:30 tomorrow, then saves and stops\n"
        "  works in the hours 19:00-06:00, and waits outside them\n"
        "  on battery (62 %): works while it holds more than 40 %\n"
    )
    world = World(at(18), [(at(0), Battery(62.4, True))])
    world.pauses(ABOVE_30).announce()
    assert world.stream.getvalue() == ""


def test_the_battery_is_read_now_and_then_and_never_when_it_does_not_matter() -> None:
    world = World(at(18), [(at(0), Battery(80, True))])
    pauses = world.pauses(ABOVE_30)
    for _ in range(100):
        pauses.ask(1.0)
    assert world.readings == 1
    world.time += timedelta(seconds=5)
    pauses.ask(1.0)
    world.time -= timedelta(hours=1)  # the clock is set back
    pauses.ask(1.0)
    assert world.readings == 3
    world = World(at(18), [(at(0), Battery(1, False))])
    assert world.pauses(PowerRules()).ask().action == "go on"
    assert world.readings == 0


# The battery as psutil shows it


class Sbattery(NamedTuple):
    """A stand-in where this version of psutil has none of its own to import."""

    percent: float
    secsleft: int
    power_plugged: bool | None


def psutil_tuple(percent: float, plugged: bool | None) -> Any:
    try:
        from psutil import _ntuples

        return _ntuples.sbattery(percent=percent, secsleft=psutil.POWER_TIME_UNKNOWN, power_plugged=plugged)
    except ImportError:
        from psutil import _common

        return getattr(_common, "sbattery", Sbattery)(percent, psutil.POWER_TIME_UNKNOWN, plugged)


@pytest.mark.parametrize("plugged", [True, False, None])
def test_psutils_own_tuple_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugged: bool | None) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: psutil_tuple(41.5, plugged), raising=False)
    assert read_battery(tmp_path / "no such folder") == Battery(41.5, plugged)


def test_no_battery_is_no_battery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = tmp_path / "no such folder"
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    assert read_battery(nowhere) is None

    def refused() -> None:
        raise FileNotFoundError("/sys/class/power_supply")

    monkeypatch.setattr(psutil, "sensors_battery", refused, raising=False)
    assert read_battery(nowhere) is None
    monkeypatch.delattr(psutil, "sensors_battery")
    assert read_battery(nowhere) is None


def test_this_computer_is_read_without_trouble() -> None:
    battery = read_battery()
    assert battery is None or 0 <= battery.percent <= 100


def supply(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir(parents=True)
    for file, text in files.items():
        (folder / name / file).write_text(text + "\n", encoding="utf-8")


def test_the_battery_of_a_mouse_is_not_the_computers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: psutil_tuple(15, False), raising=False)
    supply(tmp_path, "hidpp_battery_0", type="Battery", scope="Device", status="Discharging")
    supply(tmp_path, "AC", type="Mains", online="1")
    assert read_battery(tmp_path) is None
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    assert read_battery(tmp_path) == Battery(15, False)
