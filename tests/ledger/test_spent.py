"""Each second of a process is counted by one run, and waiting by none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mbegu.ledger import spent
from mbegu.ledger.spent import Spent, Uncounted, spent_so_far
from mbegu.ledger.store import Ledger

BEGIN = """
import os, sys, time
from pathlib import Path
from mbegu.core.steps import ProjectSettings
from mbegu.ledger.spent import spent_so_far
from mbegu.ledger.store import Ledger

def work():
    end = time.process_time() + 0.3
    while time.process_time() < end: pass

def begin(step):
    return Ledger(Path(sys.argv[1])).begin(step=step, version=1, key="k", settings={}, inputs={}, project=ProjectSettings(language="yor"))
"""


def run_code(code: str, ledger: Path) -> str:
    return subprocess.run([sys.executable, "-c", BEGIN + code, str(ledger)], stdout=subprocess.PIPE, encoding="utf-8", check=False).stdout


def test_a_run_that_is_cut_as_it_begins_counts_the_start_of_the_program(tmp_path: Path) -> None:
    run_code("work()\ntime.sleep(0.3)\nbegin('train')\nos._exit(9)", tmp_path)
    (run,) = Ledger(tmp_path).runs()
    assert run.status == "running"
    assert run.cpu_seconds >= 0.3
    assert run.seconds >= 0.6
    assert run.energy is not None
    assert run.energy.kwh > 0


def test_two_runs_of_one_process_together_count_it_once(tmp_path: Path) -> None:
    said = run_code("work()\nbegin('a').finish()\nwork()\nbegin('b').finish()\nprint(spent_so_far().cpu_seconds, spent_so_far().seconds)", tmp_path)
    cpu_s, seconds = map(float, said.split())
    first, second = Ledger(tmp_path).runs()
    assert second.cpu_seconds >= 0.29, "what lies between them belongs to the second"
    assert 0.6 <= first.cpu_seconds + second.cpu_seconds <= cpu_s + 0.05
    assert 0.6 <= first.seconds + second.seconds <= seconds + 0.05


def test_what_the_process_spent_is_that_since_its_start() -> None:
    now = spent_so_far()
    assert now.seconds == pytest.approx(time.time() - psutil.Process().create_time(), abs=2)
    assert now.cpu_seconds >= os.times().user * 0.9


def test_waiting_is_counted_by_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Spent(3.0, 2.0)
    monkeypatch.setattr(spent, "spent_so_far", lambda: now)
    uncounted = Uncounted()
    assert uncounted.take() == Spent(3.0, 2.0)
    now = Spent(100.0, 90.0)
    assert uncounted.take() == Spent(), "a run is under way and counts it"
    uncounted.leave()
    now = Spent(100.0 + 8 * 3600, 90.5)
    assert uncounted.take() == Spent(5.0, 0.5)
