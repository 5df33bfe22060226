"""Power that comes and goes while a project grows: saved in time, waited for, and the same model in the end."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest
from bench.kill_test import WEIGHTS, environment, file_hashes, small_project
from tests.end_to_end.project import CommandLine, last_line
from tests.end_to_end.test_kill import wait_for

from mbegu.core.errors import StoppedError
from mbegu.core.hours import parse_hours
from mbegu.core.power import Battery, Pauses, PowerRules
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.ledger.store import Ledger
from mbegu.recipes.recipe import read_recipe
from mbegu.recipes.runner import grow

STEPS = 30
CHARGING, FULL, LOW = Battery(90, True), Battery(90, False), Battery(29, False)


class Outage(Say):
    """A person's computer: what happens to its power and its clock at a training step or while it waits is scripted."""

    def __init__(self, place: Project, rules: PowerRules, at_step: dict[int, Callable[[Outage], None]], after_sleeps: int = 3) -> None:
        super().__init__(io.StringIO())
        self.battery, self.time = CHARGING, datetime(2026, 11, 24, 20, 0)
        self.at_step, self.after_sleeps, self.sleeps = at_step, after_sleeps, 0
        self.ledger, self.checkpoints = Ledger(place.ledger), place.grown / "train" / "checkpoints"
        self.saved: dict[int, list[str]] = {}
        self.pauses = Pauses(self, rules, now=lambda: self.time, read=lambda: self.battery, sleep=self.sleep, battery_every_s=0.0)

    def progress(self, done: float, total: float, unit: str, share: float | None = None) -> None:
        if unit == "steps":
            self.saved[int(done)] = sorted(path.stem for path in self.checkpoints.glob("*.json"))
            self.at_step.pop(int(done), lambda _: None)(self)
        super().progress(done, total, unit, share)

    def sleep(self, seconds: float) -> None:
        assert not [run for run in self.ledger.runs() if run.status == "running"], "no run counts the waiting as work"
        self.sleeps += 1
        self.time += timedelta(hours=3)
        if self.sleeps % self.after_sleeps == 0:
            self.battery = CHARGING

    @property
    def said(self) -> str:
        return self.stream.getvalue()  # type: ignore[attr-defined, no-any-return]


def battery(state: Battery) -> Callable[[Outage], None]:
    return lambda outage: setattr(outage, "battery", state)


def clock(hour: int, minute: int) -> Callable[[Outage], None]:
    return lambda outage: setattr(outage, "time", outage.time.replace(hour=hour, minute=minute))


def training_of(folder: Path) -> dict[str, str]:
    """Return the hashes of the weights and of what was measured on the way."""
    hashes = file_hashes(folder)
    return {name: hashes[name] for name in (WEIGHTS, "grown/train/model/model.safetensors", "grown/train/history.jsonl")}


def runs_of_training(place: Project) -> list[str]:
    return [run.status for run in Ledger(place.ledger).runs("train")]


def test_unplugged_run_down_and_charged_again_it_is_the_same_model(tmp_path: Path, grown: Path) -> None:
    place = Project(small_project(tmp_path / "p", steps=STEPS, checkpoint_every_s=3600.0))
    say = Outage(place, PowerRules(battery_above_percent=30.0), {5: battery(FULL), 11: battery(LOW)})
    grow(place, read_recipe(place.recipe), say)
    assert say.saved[5] == []
    assert say.saved[6] == ["step-00000005"], "saved at once when the charger was pulled out"
    assert "! the charger was pulled out; work goes on until the battery is at 30 %; saved at step 5\n" in say.said
    assert say.sleeps == 3
    expected = [
        f"stopped at step 11 of {STEPS}; all of it is saved",
        "! the battery is at 29 % and no charger is plugged in: waiting for the charger; all is saved, you can switch off now",
        "goes on: it is 05:00",
        "goes on at step 11",
        "trained: ",
    ]
    assert sorted(expected, key=say.said.index) == expected
    assert runs_of_training(place) == ["interrupted", "done"]
    assert training_of(place.root) == training_of(grown)


def test_a_charger_that_comes_and_goes_all_the_time(tmp_path: Path, grown: Path) -> None:
    place = Project(small_project(tmp_path / "p", steps=STEPS, checkpoint_every_s=3600.0))
    script = {step: battery(LOW if step % 4 == 0 else FULL if step % 4 == 2 else CHARGING) for step in range(1, STEPS)}
    say = Outage(place, PowerRules(battery_above_percent=30.0), script, after_sleeps=1)
    grow(place, read_recipe(place.recipe), say)
    assert runs_of_training(place) == ["interrupted"] * 7 + ["done"]
    assert training_of(place.root) == training_of(grown)


def test_hours_that_end_in_the_training_and_before_a_step(tmp_path: Path, grown: Path) -> None:
    place = Project(small_project(tmp_path / "p", steps=STEPS, checkpoint_every_s=3600.0))
    rules = PowerRules(hours=parse_hours("19:00-06:00"))
    say = Outage(place, rules, {9: clock(18, 0), STEPS: clock(18, 30)})
    grow(place, read_recipe(place.recipe), say)
    assert say.said.count("! the hours to work are 19:00-06:00: waiting until 19:00; all is saved, you can switch off now") == 2
    assert f"stopped at step 9 of {STEPS}; all of it is saved" in say.said
    assert "'evaluate' comes next; all that is done is saved" in say.said, "a training that is over is not stopped"
    assert runs_of_training(place) == ["interrupted", "done"]
    assert training_of(place.root) == training_of(grown)


def test_a_project_that_is_done_waits_for_nothing(grown: Path) -> None:
    say = Outage(Project(grown), PowerRules(hours=parse_hours("01:00-02:00"), battery_above_percent=30.0), {})
    say.battery = LOW
    grow(Project(grown), read_recipe(grown / "mbegu.toml"), say)
    assert say.sleeps == 0


def test_the_time_to_stop_ends_it_and_other_hours_go_on(tmp_path: Path, grown: Path) -> None:
    """Neither [power] nor the time between two checkpoints is a thing that the training depends on."""
    place = Project(small_project(tmp_path / "p", steps=STEPS, checkpoint_every_s=3600.0))
    say = Outage(place, PowerRules(until=datetime(2026, 11, 24, 21, 0)), {9: clock(20, 59), 10: clock(21, 0)})
    with pytest.raises(StoppedError) as caught:
        grow(place, read_recipe(place.recipe), say)
    assert caught.value.one_line() == (
        f"it is past 21:00: stopped at step 10 of {STEPS}; all of it is saved. Run `mbegu grow` to go on; you can switch off now."
    )
    assert runs_of_training(place) == ["interrupted"]
    recipe = place.recipe.read_text(encoding="utf-8").replace("checkpoint_every_s = 3600.0", "checkpoint_every_s = 60.0")
    place.recipe.write_text(recipe + '\n[power]\nhours = "00:00-24:00"\nbattery_above_percent = 77\n', encoding="utf-8")
    say = Outage(place, PowerRules(), {})
    grow(place, read_recipe(place.recipe), say)
    assert say.said.count("done before, nothing has changed: skipped") == 3
    assert "goes on at step 10" in say.said
    assert training_of(place.root) == training_of(grown)


def start(command: str, project: Path, *options: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-m", "mbegu", command, str(project), *options]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment())


def test_until_in_a_process_is_kept(tmp_path: Path, mbegu: CommandLine) -> None:
    project = small_project(tmp_path / "p", steps=1_000_000, documents=40, checkpoint_every_s=3600.0)
    assert mbegu("tokenizer", project, "--quiet").code == 0
    until = datetime.now().replace(microsecond=0) + timedelta(seconds=20)
    process = start("train", project, "--until", f"{until:%H:%M:%S}")
    wait_for(process, f"works until {until:%H:%M}")
    wait_for(process, f"mbegu: it is almost {until:%H:%M}: stopped at step ")
    told = datetime.now()
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert until - timedelta(seconds=8) < told < until, "all is saved and said before the time, and not much before"
    (checkpoint,) = (project / "grown" / "train" / "checkpoints").glob("*.json")
    assert checkpoint.stat().st_mtime < until.timestamp()
    record = json.loads(max((project / "ledger").glob("*-train.json")).read_text(encoding="utf-8"))
    assert record["status"] == "interrupted"
    assert mbegu("verify", project).code == 0


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process")
def test_waiting_costs_nothing_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    project = small_project(tmp_path / "p", documents=12)
    later = datetime.now() + timedelta(hours=2)
    hours = f"{later:%H}:00-{later + timedelta(hours=1):%H}:00"
    process = start("grow", project, "--hours", hours)
    wait_for(process, f"the hours to work are {hours}: waiting until {later:%H}:00")
    seen = psutil.Process(process.pid)
    before = seen.cpu_times()
    time.sleep(3.0)
    after = seen.cpu_times()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said
    assert last_line(said) == "mbegu: stopped. The same command goes on where it stopped."
    assert after.user + after.system - before.user - before.system <= 0.05
    assert not list((project / "ledger").glob("*.json"))


def test_wrong_options_are_named_together_before_any_work(mbegu: CommandLine, tmp_path: Path) -> None:
    project = small_project(tmp_path / "p", documents=12)
    line = mbegu.fails(3, "grow", project, "--until", "5pm", "--hours", "19-6", "--battery-above", "x")
    assert line == (
        "mbegu: --until: '5pm' is not a time to stop at. Write 17:00; --hours: '19-6' is not hours of the day. Write 19:00-06:00; "
        "--battery-above: 'x' is not a number. Write 40, or 0 to work whatever the battery holds."
    )
    with (project / "mbegu.toml").open("a", encoding="utf-8") as file:
        file.write('\n[power]\nhours = "7pm-6am"\nbattery_above = 3\n')
    line = mbegu.fails(3, "train", project)
    assert "[power] has no setting 'battery_above' (did you mean 'battery_above_percent'?)" in line
    assert not (project / "grown").exists()
