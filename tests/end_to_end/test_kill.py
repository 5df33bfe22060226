"""Killed at any moment, or stopped with Ctrl-C: the same model in the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench.kill_test import STAGES, WEIGHTS, environment, file_hashes, grow_to_end, kill_run, small_project, start_grow
from tests.end_to_end.project import CommandLine, last_line

STEPS = 80
# 0: it was done before the signal came. -SIGINT: the signal came while a library loaded, and Python ends by the signal itself, which a
# shell shows as 130, too.
STOPPED = (0, 130, -signal.SIGINT)


@pytest.mark.skipif(os.name == "nt", reason="the system has no SIGKILL")
def test_three_kills_end_in_the_same_weights(tmp_path: Path) -> None:
    outcome = kill_run(tmp_path, 3, seed=int(time.time()), steps=STEPS)
    assert len(outcome.kills) == 3
    assert outcome.is_same, outcome
    assert outcome.other_files == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.name == "nt", reason="the system has no SIGKILL")
def test_thirty_kills_over_all_stages_end_in_the_same_weights(tmp_path: Path) -> None:
    outcome = kill_run(tmp_path, 30, seed=int(time.time()))
    assert len(outcome.kills) == 30
    assert {kill.stage for kill in outcome.kills} >= {"corpus", "train", "evaluate", "export"} <= set(STAGES)
    assert outcome.is_same, outcome
    assert outcome.other_files == []


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read what a process says until it says these words."""
    assert process.stderr is not None
    while words not in (line := process.stderr.readline()):
        assert line or process.poll() is None, f"it never said {words!r}"


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process")
def test_ctrl_c_in_training_saves_and_goes_on(tmp_path: Path, mbegu: CommandLine) -> None:
    process = start_grow(small_project(tmp_path / "p", steps=1_000_000, checkpoint_every_s=3600.0))
    wait_for(process, "parameters, 1,000,000 steps")
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "stopping after this step; press Ctrl-C again to stop at once" in said
    assert "all of it is saved. Run `mbegu grow` to go on" in last_line(said)
    (checkpoint,) = (tmp_path / "p" / "grown" / "train" / "checkpoints").glob("*.json")
    record = json.loads(sorted((tmp_path / "p" / "ledger").glob("*-train.json"))[-1].read_text(encoding="utf-8"))
    assert record["status"] == "interrupted"
    assert mbegu("verify", tmp_path / "p").code == 0
    again = start_grow(tmp_path / "p")
    wait_for(again, f"goes on at step {int(checkpoint.stem.removeprefix('step-')):,}")
    again.send_signal(signal.SIGTERM)  # the request of the system to end is answered like Ctrl-C
    _, said = again.communicate(timeout=60)
    assert again.returncode == 130, said
    assert last_line(said)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process")
@pytest.mark.parametrize("stage", ["corpus", "tokenizer", "plan", "train", "evaluate", "export", "release"])
def test_ctrl_c_in_any_stage(tmp_path: Path, grown: Path, stage: str) -> None:
    project = small_project(tmp_path / "p")
    chance = random.Random(stage)
    for _ in range(3):
        process = start_grow(project)
        before = len(list((project / "ledger").glob(f"*-{stage}.json")))
        while len(list((project / "ledger").glob(f"*-{stage}.json"))) == before and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.3))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode in STOPPED, said
        assert "Traceback" not in said
        if process.returncode:
            assert last_line(said)
    grow_to_end(project)
    assert file_hashes(project)[WEIGHTS] == file_hashes(grown)[WEIGHTS]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process")
def test_ctrl_c_while_libraries_load(tmp_path: Path) -> None:
    project = small_project(tmp_path / "p")
    for number in range(40):
        process = start_grow(project)
        wait_for(process, "corpus")
        time.sleep(number * 0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode in STOPPED, said
        assert "Traceback" not in said, said


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks a process that has loaded such libraries safely")
def test_kills_of_the_training_at_operations_of_a_save_and_at_any_moment(tmp_path: Path) -> None:
    """In a process of its own: a fork takes along what the tests before have left in memory, threads excepted."""
    command = [sys.executable, "-m", "bench.kill_training", "--kills", "15", "--seed", "1"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "15 kills over" in done.stdout
    assert "kills after which a saved step was lost: 0" in done.stdout
    assert "differ from the uncut run's: none" in done.stdout
