"""Power cuts: what the disk may hold after a cut at any moment is built thousands of times, and Mbegu must find its way in each.

    python -m bench.crash_images --seed 0

Four scenarios are run once on a disk that records every operation. For each prefix of the record the images of ``bench.crash_model`` are
made, each different one is put into a folder, and the product's own code reads it.
"""

from __future__ import annotations

import argparse
import io
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from bench.crash_model import DiskState, digest_of, images, join_writings, write_image
from bench.kill_test import file_hashes, small_project
from bench.watched_disk import Operation, RecordingDisk, put_in

from mbegu.core import artifacts, durable
from mbegu.core.errors import DamageError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.ledger.store import Ledger
from mbegu.recipes import runner
from mbegu.recipes.recipe import read_recipe
from mbegu.train.checkpoint import Progress, load_checkpoint, save_checkpoint

NEWEST, NEWER, BEFORE, NONE_YET = "the newest saved", "one being saved, whole", "the one before", "nothing promised yet"
COMPLETE, INCOMPLETE, REPAIRED = "complete and right", "not taken as complete", "damage found, made anew"
FINE = (NEWEST, NEWER, BEFORE, NONE_YET, COMPLETE, INCOMPLETE, REPAIRED)
LOST, WRONG, STALE = "LOST", "WRONG", "STALE STATE TAKEN"
GO_ON_EVERY = 40  # images after which the work is also gone on with

Verdict = Callable[[Path, list[Any], bool], str]  # folder of an image, marks so far, whether to go on with the work


@dataclass
class Tally:
    """What came of a scenario: verdicts by kind of image, and how often a checkpoint was named as damaged."""

    scenario: str
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def images(self) -> int:
        """How many different images there were."""
        return sum(self.counts.values())

    @property
    def bad(self) -> int:
        """How many of them lost something or took a wrong state."""
        return sum(count for (_, verdict), count in self.counts.items() if verdict not in FINE)

    def of(self, verdict: str) -> int:
        """How many had this verdict."""
        return sum(count for (_, each), count in self.counts.items() if each == verdict)


def judge_all(
    scenario: str, record: RecordingDisk, there: dict[Path, bytes], verdict: Verdict, scratch: Path, chance: random.Random, rounds: int
) -> Tally:
    """Build the images of every prefix of a record and judge each different one."""
    tally = Tally(scenario)
    state = DiskState(record.root, there)
    marks: list[Any] = []
    met: set[tuple[str, int]] = set()
    for operation in [Operation("mark", note=None), *record.operations]:
        state.apply(operation)
        if operation.kind == "mark" and operation.note is not None:
            marks.append(operation.note)
        for kind, image in images(state, chance, rounds):
            digest = (digest_of(image), len(marks))
            if digest in met:
                continue
            met.add(digest)
            folder = scratch / "image"
            write_image(image, folder)
            tally.counts[kind, verdict(folder, marks, tally.images % GO_ON_EVERY == 0)] += 1
            shutil.rmtree(folder, ignore_errors=True)
    return tally


# Checkpoints


def tensors_of(step: int) -> dict[str, torch.Tensor]:
    """Return tensors of a few sectors, different for every step."""
    generator = torch.Generator().manual_seed(step)
    return {name: torch.randn(40, 30, generator=generator) for name in ("model.a", "best.a", "optimiser.a")}


def progress_of(step: int) -> Progress:
    """Return what is saved beside them."""
    return Progress(step=step, best_step=step, best_bits_per_byte=1 + 1 / (step + 1), history=[{"step": step}] * 40)


def save(folder: Path, step: int) -> None:
    """Save the checkpoint of a step."""
    save_checkpoint(folder, tensors_of(step), progress_of(step))


def record_saves(root: Path, steps: Iterable[int], save_one: Callable[[Path, int], None] = save) -> RecordingDisk:
    """Save one checkpoint after another in a folder that does not exist yet; a step is marked when its saving has returned."""
    record = RecordingDisk(root)
    with put_in(record):
        for step in steps:
            record.mark(("begun", step))
            save_one(root / "grown" / "train" / "checkpoints", step)
            record.mark(("saved", step))
    return record


class _Killed(BaseException):
    pass


def record_killed_saves(root: Path, kills: int) -> RecordingDisk:
    """Save in one process after another, each killed one operation later than the last, each beginning as a run of ``mbegu grow`` does."""
    record = RecordingDisk(root)
    real_meet = record.meet
    step = 0
    for kill_after in range(1, kills + 1):
        left = [kill_after]

        def meet(operation: Operation, left: list[int] = left) -> None:
            if operation.kind != "mark":
                left[0] -= 1
                if left[0] < 0:
                    raise _Killed
            real_meet(operation)

        record.meet = meet  # type: ignore[method-assign]
        with put_in(record):
            try:
                durable.sync_folders(root)
                found = load_checkpoint(root / "grown" / "train" / "checkpoints", Say(io.StringIO()))
                for step in range((found[1].step if found else 0) + 1, 10**6):
                    record.mark(("begun", step))
                    save(root / "grown" / "train" / "checkpoints", step)
                    record.mark(("saved", step))
            except _Killed:
                pass
    return record


def judge_checkpoints(folder: Path, marks: list[Any], goes_on: bool) -> str:
    """Load from an image: the newest saved step, the one before, or a newer one that is whole; and bit for bit what was saved."""
    saved = sorted({step for what, step in marks if what == "saved"})
    begun = {step for what, step in marks if what == "begun"}
    checkpoints = folder / "grown" / "train" / "checkpoints"
    found = load_checkpoint(checkpoints, Say(io.StringIO(), quiet=True))
    if goes_on:
        save(checkpoints, max(begun, default=0) + 1)
        again = load_checkpoint(checkpoints, Say(io.StringIO(), quiet=True))
        if again is None or not _is_right(again) or again[1].step != max(begun, default=0) + 1:
            return WRONG
    if found is None:
        return LOST if saved else NONE_YET
    step = found[1].step
    if not _is_right(found) or step not in begun:
        return WRONG
    if not saved or step > saved[-1]:
        return NEWER
    if step == saved[-1]:
        return NEWEST
    return BEFORE if step in saved[-2:] else LOST


def _is_right(found: tuple[dict[str, torch.Tensor], Progress]) -> bool:
    tensors, progress = found
    expected = tensors_of(progress.step)
    same = tensors.keys() == expected.keys() and all(torch.equal(tensors[name], expected[name]) for name in expected)
    return same and progress == progress_of(progress.step)


# A whole step and the ledger


def grow_corpus(folder: Path) -> None:
    """Run the corpus step of a project: the runner, the seal and the ledger."""
    place = Project(folder)
    runner.grow(place, read_recipe(place.recipe), Say(io.StringIO(), quiet=True), "corpus")


def record_corpus(root: Path) -> tuple[RecordingDisk, dict[Path, bytes]]:
    """Grow the corpus of a tiny project; then change a setting and grow it again over the old one."""
    there = {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    record = RecordingDisk(root)
    with put_in(record):
        for line in ("", "heldout_share = 0.2"):
            _set_recipe(root, line)
            record.mark(("begun", line))
            grow_corpus(root)
            record.mark(("done", line, corpus_hashes(root)))
    record.operations = join_writings(record.operations)  # Parquet files come in hundreds of small pieces
    return record, there


def _set_recipe(root: Path, line: str) -> None:
    text = (root / "mbegu.toml").read_text(encoding="utf-8").replace("heldout_share = 0.2\n", "")
    (root / "mbegu.toml").write_text(text.replace("[corpus]\n", f"[corpus]\n{line}\n") if line else text, encoding="utf-8")


def judge_corpus(expected: dict[str, dict[str, str]]) -> Verdict:
    """Return the judge of images of a corpus step, given the right files for each setting."""

    def judge(folder: Path, marks: list[Any], goes_on: bool) -> str:
        line = marks[-1][1] if marks else ""
        is_done = bool(marks) and marks[-1][0] == "done"
        if Ledger(folder / "ledger").damage():
            return WRONG
        _set_recipe(folder, line)
        found = _sealed_state(folder, expected, line)
        if is_done and found != COMPLETE:
            return LOST
        if goes_on and found != WRONG:
            grow_corpus(folder)
            if corpus_hashes(folder) != expected[line] or Ledger(folder / "ledger").damage():
                return WRONG
        return found

    return judge


def _sealed_state(folder: Path, expected: dict[str, dict[str, str]], line: str) -> str:
    corpus = folder / "grown" / "corpus"
    if not artifacts.is_sealed(corpus):
        return INCOMPLETE
    try:
        artifacts.open_artifact(corpus, "corpus")
    except DamageError:
        return REPAIRED
    if corpus_hashes(folder) == expected[line]:
        return COMPLETE
    return INCOMPLETE if corpus_hashes(folder) in expected.values() else WRONG  # the output of the setting before: its key says so


def corpus_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of the step's output."""
    names = {f"grown/corpus/{name}" for name in (*artifacts.files_in(folder / "grown" / "corpus"), artifacts.MANIFEST)}
    return {name: value for name, value in file_hashes(folder).items() if name in names}


# Another plan over the checkpoints of an old one


def record_clearing(root: Path) -> tuple[RecordingDisk, dict[Path, bytes]]:
    """Prepare the folder of a step for another key while checkpoints of the old one lie in it."""
    folder = root / "grown" / "train"
    runner._prepare_folder(folder, "old")
    for step in (6, 7):
        save(folder / "checkpoints", step)
    durable.write_text(folder / "model" / "config.json", "old")
    there = {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    record = RecordingDisk(root)
    with put_in(record):
        runner._prepare_folder(folder, "new")
        record.mark(("done", "new"))
    return record, there


def judge_clearing(folder: Path, marks: list[Any], goes_on: bool) -> str:
    """Whoever goes on for the new key must find nothing of the old one."""
    train = folder / "grown" / "train"
    if runner._was_started(train, "new"):
        stale = [path for path in train.rglob("*") if path.is_file() and path.name != artifacts.STARTED and path.suffix != durable.PARTIAL_SUFFIX]
        return STALE if stale else COMPLETE
    return LOST if marks else INCOMPLETE


def checkpoint_scenarios(workspace: Path, seed: int, rounds: int, saves: int, kills: int) -> Iterator[Tally]:
    """Run the scenarios of checkpoints in ``workspace``, an empty folder."""
    for name, record in (
        ("checkpoints, one after another", record_saves(workspace / "saves", range(1, saves + 1))),
        ("checkpoints, killed in between", record_killed_saves(workspace / "killed", kills)),
    ):
        yield judge_all(name, record, {}, judge_checkpoints, workspace, random.Random(seed), rounds)


def step_scenarios(workspace: Path, seed: int, rounds: int) -> Iterator[Tally]:
    """Run the scenarios of a whole step in ``workspace``, an empty folder."""
    project = small_project(workspace / "project", documents=25)
    record, there = record_corpus(project)
    expected = {note[1]: note[2] for note in (operation.note for operation in record.operations if operation.kind == "mark") if note[0] == "done"}
    yield judge_all("corpus step, seal, ledger", record, there, judge_corpus(expected), workspace, random.Random(seed), rounds)
    record, there = record_clearing(workspace / "clearing")
    yield judge_all("another plan over old checkpoints", record, there, judge_clearing, workspace, random.Random(seed), rounds)


def main() -> None:
    """Build the images and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5, help="images of each kind that depends on chance, for each prefix")
    parser.add_argument("--saves", type=int, default=12)
    parser.add_argument("--kills", type=int, default=44)
    arguments = parser.parse_args()
    bad = total = 0
    with tempfile.TemporaryDirectory() as folder:
        tallies = (
            *checkpoint_scenarios(Path(folder), arguments.seed, arguments.rounds, arguments.saves, arguments.kills),
            *step_scenarios(Path(folder), arguments.seed, arguments.rounds),
        )
        for tally in tallies:
            print(f"\n{tally.scenario}: {tally.images:,} different images")
            verdicts = sorted({verdict for _, verdict in tally.counts})
            print(f"  {'kind':26}" + "".join(f"{verdict:>25}" for verdict in verdicts))
            for kind in sorted({kind for kind, _ in tally.counts}):
                print(f"  {kind:26}" + "".join(f"{tally.counts[kind, verdict]:25,}" for verdict in verdicts), flush=True)
            bad, total = bad + tally.bad, total + tally.images
    print(f"\n{total:,} different images; unrecoverable or wrong: {bad}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
