"""Kills the training step a thousand times: at every operation of a save, and at any moment. Only where the system can fork.

    python -m bench.kill_training --kills 1000 --seed 0

One process loads the libraries once and forks a child for each run of the real ``grow_train`` on a tiny model, which learns from two
teachers trained before it. A child is killed with SIGKILL and the next one goes on, until the training is done; then its weights, history
and last checkpoint (weights, best weights, teachers, optimiser) are compared byte for byte with those of a run that was never killed, and
a new training begins.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from bench.watched_disk import KillingDisk, put_in
from tests.train.tiny import PLAN, prepared_inputs

from mbegu.core import artifacts
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.train import computer as machine
from mbegu.train import steps
from mbegu.train.settings import PlanSettings, TrainSettings
from mbegu.train.steps import grow_plan, grow_train

STEPS = 10  # of each model
TEACHERS = 2
NAMES = ("corpus", "tokenizer", "plan")
INTERVALS_S = (0.0, 0.1)  # a save after every step, and after some
MOST_OCCURRENCES = 4
ANY_MOMENT = "at any moment"


@dataclass
class Outcome:
    """What came of the kills.

    ``kills`` by the operation that they fell on; ``lost_saves``: kills after which a saved step was not there; ``most_redone_steps``: the
    most steps that had to be taken again after one kill, and ``most_unsaved_steps`` the most that were taken after the last save when it
    fell; ``trainings`` done and ``differing`` ones.
    """

    kills: Counter[str] = field(default_factory=Counter)
    lost_saves: int = 0
    most_redone_steps: int = 0
    most_unsaved_steps: int = 0
    trainings: int = 0
    differing: list[str] = field(default_factory=list)


@dataclass
class Run:
    """What a child told before it ended: the step it went on at, the last it took, the last it saved, and the disk's operations."""

    resumed: int = 0
    taken: int = 0
    saved: int = 0
    operations: list[str] = field(default_factory=list)
    is_done: bool = False
    seconds: float = 0.0


def prepare(root: Path) -> None:
    """Make corpus, tokenizer and plan of a tiny project."""
    plan = replace(PLAN, training=replace(PLAN.training, steps=STEPS, teachers=TEACHERS))
    inputs = prepared_inputs(root, plan)
    facts = grow_plan(PlanSettings(), inputs, root / "grown" / "plan", Say(io.StringIO()))
    artifacts.seal(root / "grown" / "plan", kind="plan", version=1, key="k", parents={}, facts=facts)


def train_once(root: Path, out: Path, interval_s: float, kill_at: tuple[str, int], tell: Callable[[str], None]) -> None:
    """Run the training step, telling what happens; this process may be killed by it."""

    class Telling(Say):
        def progress(self, done: float, total: float, unit: str, share: float | None = None) -> None:
            tell(f"taken {done:.0f}")

    def save(folder: Path, tensors: Any, progress: Any) -> None:
        save_checkpoint(folder, tensors, progress)
        tell(f"saved {progress.step}")

    def load(folder: Path, say: Say) -> Any:
        found = load_checkpoint(folder, say)
        tell(f"resumed {found[1].step if found else 0}")
        return found

    save_checkpoint, load_checkpoint = steps.save_checkpoint, steps.load_checkpoint
    steps.save_checkpoint, steps.load_checkpoint = save, load
    done = {name: artifacts.open_artifact(root / "grown" / name) for name in NAMES}
    inputs = Inputs(ProjectSettings(language="yor"), Project(root), done)
    with put_in(KillingDisk(*kill_at, lambda label: tell(f"operation {label}"))):
        grow_train(TrainSettings(checkpoint_every_s=interval_s, sample_tokens=0), inputs, out, Telling(io.StringIO()))


def in_child(work: Callable[[Callable[[str], None]], None], kill_after_s: float | None = None) -> Run:
    """Do the work in a forked child, killed after a time where one is given, and return what it told.

    Raises:
        RuntimeError: it ended with an error of its own.
    """
    reading, writing = os.pipe()
    began_s = time.monotonic()
    if not (child := os.fork()):
        status = 1
        try:
            work(lambda line: os.write(writing, f"{line}\n".encode()) and None)
            status = 0
        except BaseException:
            traceback.print_exc()
        os._exit(status)
    os.close(writing)
    told = _listen(reading, child, None if kill_after_s is None else began_s + kill_after_s)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError("a training ended with an error of its own")
    run = _understand(told)
    run.is_done, run.seconds = os.WIFEXITED(status), time.monotonic() - began_s
    return run


def _listen(reading: int, child: int, until_s: float | None) -> str:
    """Return all that a child says until it ends or is killed."""
    import selectors

    parts = []
    with selectors.DefaultSelector() as selector, open(reading, "rb", buffering=0) as pipe:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            left_s = None if until_s is None else max(0.0, until_s - time.monotonic())
            if not selector.select(left_s):
                os.kill(child, signal.SIGKILL)
                until_s = None
            elif part := pipe.read(1 << 16):
                parts.append(part)
            else:
                return b"".join(parts).decode()


def _understand(told: str) -> Run:
    run = Run()
    for line in told.splitlines():
        what, _, value = line.partition(" ")
        if what == "operation":
            run.operations.append(value)
        else:
            setattr(run, what, int(value))
    run.saved, run.taken = max(run.saved, run.resumed), max(run.taken, run.resumed)
    return run


def file_hashes(out: Path) -> dict[str, str]:
    """Return the SHA-256 of the weights, the history and the tensors of the last checkpoint."""
    last = sorted((out / "checkpoints").glob("*.safetensors"))[-1]
    files = [out / "model" / "model.safetensors", out / "history.jsonl", last]
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def kill_training(workspace: Path, kills: int, seed: int = 0, report: Callable[[str], None] = lambda line: None) -> Outcome:
    """Train once without and many times with kills.

    Args:
        workspace: an empty folder.
        kills: how many; every second falls on the operation of the disk that was met least so far, the others anywhere.
        seed: of the moments.
        report: told one line a training that is done.

    Returns:
        The kills and the comparison.
    """
    chance = random.Random(seed)
    machine.compute_reproducibly()  # loads much of torch: once here, not in every child
    root, out = workspace / "project", workspace / "killed" / "train"
    out.parent.mkdir()
    in_child(lambda tell: prepare(root))
    uncut = in_child(lambda tell: train_once(root, out, 0.0, ("", 0), tell))
    report(f"the uncut training took {uncut.seconds:.2f} s and {len(uncut.operations):,} operations of the disk")
    expected = file_hashes(out)
    shutil.rmtree(out)
    outcome = Outcome(Counter(dict.fromkeys([*uncut.operations, ANY_MOMENT], 0)))
    while outcome.kills.total() < kills or not outcome.trainings:
        _train_through_kills(root, out, uncut, outcome, chance, kills)
        outcome.trainings += 1
        found = file_hashes(out)
        outcome.differing += [f"training {outcome.trainings}: {name}" for name in expected if found.get(name) != expected[name]]
        shutil.rmtree(out)
        report(f"training {outcome.trainings}: {outcome.kills.total()} kills so far, {len(outcome.differing)} files differ")
    return outcome


def _train_through_kills(root: Path, out: Path, uncut: Run, outcome: Outcome, chance: random.Random, kills: int) -> None:
    """Kill and go on until the training is done."""
    interval_s = chance.choice(INTERVALS_S)
    before = Run()
    while True:
        is_over = outcome.kills.total() >= kills
        by_time = outcome.kills.total() % 2 == 0
        label = min((each for each in outcome.kills if each != ANY_MOMENT), key=lambda each: (outcome.kills[each], chance.random()))
        kill_at = ("", 0) if is_over or by_time else (label, chance.randint(1, MOST_OCCURRENCES if "checkpoints/" in label else 1))
        kill_after_s = chance.uniform(0, uncut.seconds) if by_time and not is_over else None
        run = in_child(lambda tell, at=kill_at: train_once(root, out, interval_s, at, tell), kill_after_s)  # type: ignore[misc]
        if run.operations or run.taken:  # it came so far as to load
            outcome.lost_saves += run.resumed < before.saved
            outcome.most_redone_steps = max(outcome.most_redone_steps, before.taken - run.resumed)
            outcome.most_unsaved_steps = max(outcome.most_unsaved_steps, run.taken - run.saved)
            before = run
        if run.is_done:
            return
        outcome.kills[kill_at[0] or ANY_MOMENT] += 1


def main() -> None:
    """Kill and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_training(Path(folder), arguments.kills, arguments.seed, lambda line: print(line, file=sys.stderr, flush=True))
    for label, count in sorted(outcome.kills.items(), key=lambda each: -each[1]):
        print(f"{count:6,}  {label}")
    print(f"\n{outcome.kills.total():,} kills over {outcome.trainings:,} trainings of {STEPS * (1 + TEACHERS)} steps, {TEACHERS} teachers among them")
    print(f"kills after which a saved step was lost: {outcome.lost_saves}")
    print(f"most steps taken since the last save when a kill fell: {outcome.most_unsaved_steps}; most taken again: {outcome.most_redone_steps}")
    print(f"weights, history or last checkpoint that differ from the uncut run's: {', '.join(outcome.differing) or 'none'}")
    sys.exit(1 if outcome.differing or outcome.lost_saves else 0)


if __name__ == "__main__":
    main()
