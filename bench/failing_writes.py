"""Fails every operation of the disk in a whole training step, one after another, and goes on: nothing is lost and the model is the same.

    python -m bench.failing_writes [--every 1]

For each N and each of ENOSPC, EACCES, EPERM and EIO the real ``grow_train`` runs on a tiny model with a checkpoint after each step, on a
disk that refuses from its N-th operation on, or the N-th alone. Then it runs again on a sound disk.
"""

from __future__ import annotations

import argparse
import errno
import io
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import torch
from bench.kill_training import NAMES, file_hashes
from bench.watched_disk import FailingDisk, put_in
from tests.train.tiny import PLAN, prepared_inputs

from mbegu.core import artifacts
from mbegu.core.errors import ResourceError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.train.settings import PlanSettings, TrainSettings
from mbegu.train.steps import grow_plan, grow_train

CODES = (errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EIO)
STEPS = 3
WORDS = {errno.ENOSPC: "the disk is full", errno.EIO: "the computer could not read or write"}
NONE = 10**9


def prepare(root: Path) -> Inputs:
    """Make corpus, tokenizer and plan of a tiny project."""
    plan = replace(PLAN, training=replace(PLAN.training, steps=STEPS, evaluate_every_steps=1))
    inputs = prepared_inputs(root, plan)
    out = root / "grown" / "plan"
    artifacts.seal(out, kind="plan", version=1, key="k", parents={}, facts=grow_plan(PlanSettings(), inputs, out, Say(io.StringIO())))
    done = {name: artifacts.open_artifact(root / "grown" / name) for name in NAMES}
    return Inputs(ProjectSettings(language="yor"), Project(root), done)


def train_on(disk: FailingDisk, inputs: Inputs, out: Path) -> None:
    """Train with a checkpoint after each step on the disk given."""
    with put_in(disk):
        grow_train(TrainSettings(checkpoint_every_s=0.0, sample_tokens=0), inputs, out, Say(io.StringIO(), quiet=True))


def is_well_said(error: ResourceError, code: int) -> bool:
    """Whether an error says what happened, and of a file on a full disk how much it needs and how much is free."""
    message = error.one_line()
    is_folder = not Path(error.where).suffix
    says_room = "this file needs" in message and "bytes are free" in message
    return WORDS.get(code, "no permission") in message and (code != errno.ENOSPC or says_room or is_folder)


def fail_training(workspace: Path, every: int, codes: tuple[int, ...] = CODES, first: int = 0) -> tuple[int, Counter[str], list[str]]:
    """Fail each operation in turn.

    Args:
        workspace: an empty folder.
        every: try only every so many-th operation.
        codes: the errors to try.
        first: the operation to begin with.

    Returns:
        How many operations there are, how many failures there were by error, and what went wrong.
    """
    torch.set_num_threads(1)
    inputs = prepare(workspace / "project")
    counting = FailingDisk(NONE, 0)
    train_on(counting, inputs, workspace / "uncut")
    expected = file_hashes(workspace / "uncut")
    failures: Counter[str] = Counter()
    wrong: list[str] = []
    for code in codes:
        for number in range(first, len(counting.operations), every):
            out = workspace / "failed"
            disk = FailingDisk(number, code, stays=number % 2 == 0)
            what = f"{errno.errorcode[code]} at operation {number}"
            try:
                train_on(disk, inputs, out)
            except ResourceError as error:
                failures[errno.errorcode[code]] += 1
                if not is_well_said(error, code):
                    wrong.append(f"{what} ({disk.refused}): {error.one_line()}")
            train_on(FailingDisk(NONE, 0), inputs, out)
            if file_hashes(out) != expected:
                wrong.append(f"{what}: another model")
            shutil.rmtree(out)
    return len(counting.operations), failures, wrong


def main() -> None:
    """Try all and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        operations, failures, wrong = fail_training(Path(folder), arguments.every)
    for name, count in sorted(failures.items()):
        print(f"{name:8}{count:6,} refused operations stopped the training; it went on to the same model")
    print(f"{operations:,} operations in a training; lost, wrong, or badly explained: {len(wrong)}")
    for line in wrong[:20]:
        print("  " + line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
