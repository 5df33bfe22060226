"""Kills `mbegu grow` again and again, lets it go on, and compares the result with a run that was never killed.

    python bench/kill_test.py --kills 30

Every second kill waits for the stage that was killed least so far and falls somewhere inside it; the others fall anywhere between
the start of the process and its end. When a run ends before its kill, its files are compared and a new project begins.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

STAGES = ("corpus", "tokenizer", "plan", "train", "evaluate", "export", "release")
POLL_S = 0.002
LONGEST_RUN_S = 120.0
WEIGHTS = "release/hf/model.safetensors"
# These tell what the runs cost and when they were, so they differ between two runs by their nature.
TELLS_COSTS = ("README.md", "hf/README.md", "label.html", "label.json", "manifest.json", "SHA256SUMS")

PLAN = """[model]
vocabulary_size = 512
hidden_size = 64
layers = 1
heads = 2
kv_heads = 1
head_size = 32
inner_size = 128
context = 64

[training]
steps = {steps}
sequences_per_step = 8
sequences_at_once = 8
warmup_steps = 5
evaluate_every_steps = {evaluate_every_steps}
dropout = 0.1

[computer]
threads = 1
"""

RECIPE = """[project]
language = "yor_Latn"
name = "{name}"

[corpus]
text = ["{text}"]

[plan]
budget = "40s"

[tokenizer]
vocabulary_size = 512

[train]
checkpoint_every_s = {checkpoint_every_s}
sample_tokens = 4

[evaluate]
resamples = 100

[export]
score_bytes = 3000
"""


@dataclass(frozen=True)
class Kill:
    """One kill: its number, the project, the stage that it fell into, and the time since the process began."""

    number: int
    project: int
    stage: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What came of it: all kills, the hashes of the weights of every finished project, and the files that differ otherwise."""

    kills: list[Kill]
    reference: str
    hashes: list[str]
    other_files: list[str]

    @property
    def is_same(self) -> bool:
        """Whether every finished project has the weights of the uninterrupted one."""
        return bool(self.hashes) and all(each == self.reference for each in self.hashes)


def small_project(
    folder: Path,
    *,
    steps: int = 30,
    documents: int = 1000,
    checkpoint_every_s: float = 0.5,
    name: str = "tiny",
    text: str = "text",
) -> Path:
    """Write a project that grows in seconds: built-in sample text inside it, a recipe, and a plan made by hand.

    Args:
        folder: the project's folder; made where missing.
        steps: of the training.
        documents: at most this many of the sample.
        checkpoint_every_s: time between two checkpoints.
        name: of the model.
        text: name of the text folder.

    Returns:
        The folder.
    """
    from mbegu.samples.builtin import copy_sample

    for path in copy_sample("yor_Latn", folder / text)[documents:]:
        path.unlink()
    plan = PLAN.format(steps=steps, evaluate_every_steps=max(1, steps // 3))
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    recipe = RECIPE.format(name=name, text=text, checkpoint_every_s=checkpoint_every_s)
    (folder / "mbegu.toml").write_text(recipe, encoding="utf-8")
    return folder


def environment() -> dict[str, str]:
    """Return the environment of a run: one thread, and the source of this checkout first."""
    source = str(Path(__file__).resolve().parents[1] / "src")
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


def start_grow(project: Path) -> subprocess.Popen[str]:
    """Start ``mbegu grow`` in a process of its own."""
    command = [sys.executable, "-m", "mbegu", "grow", str(project)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment())


def grow_to_end(project: Path) -> None:
    """Run ``mbegu grow`` to its end. Raises ``RuntimeError`` with its words when it fails."""
    process = start_grow(project)
    _, said = process.communicate(timeout=LONGEST_RUN_S)
    if process.returncode:
        raise RuntimeError(f"mbegu grow ended with {process.returncode}: {said}")


def stage_of(project: Path) -> str:
    """Return the stage that is at work, or the last one that is done, as the folders show it."""
    at_work = [stage for stage in STAGES if (_folder(project, stage) / "started.json").exists()]
    done = [stage for stage in STAGES if (_folder(project, stage) / "manifest.json").exists()]
    return at_work[-1] if at_work else f"after {done[-1]}" if done else "start"


def file_hashes(project: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in ``grown/`` and ``release/``, those that tell costs left out."""
    found = {}
    for top in (project / "grown", project / "release"):
        for path in sorted(each for each in top.rglob("*") if each.is_file()):
            name = path.relative_to(project).as_posix()
            if name not in {f"release/{each}" for each in TELLS_COSTS}:
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def kill_run(workspace: Path, kills: int, *, seed: int = 0, steps: int = 200, report: Callable[[str], None] = lambda line: None) -> Outcome:
    """Grow one project without and others with kills.

    Args:
        workspace: an empty folder for the projects.
        kills: how many.
        seed: of the times.
        steps: of the training; at 200 it takes one to two seconds, so that several checkpoints are written.
        report: told one line a kill.

    Returns:
        All kills and the comparison.
    """
    chance = random.Random(seed)
    reference = small_project(workspace / "uninterrupted", steps=steps)
    durations = _time_stages(reference)
    expected = file_hashes(reference)
    done: list[Kill] = []
    hashes: list[str] = []
    differing: set[str] = set()
    number = 0
    while len(done) < kills:
        number += 1
        project = small_project(workspace / f"killed-{number}", steps=steps)
        while len(done) < kills:
            target = _least_killed(project, done) if len(done) % 2 == 0 else ""
            kill = _kill_once(project, chance, durations, target, (len(done) + 1, number))
            if kill is None:
                break
            done.append(kill)
            report(f"{kill.number:5}  {kill.project:7}  {kill.stage:16}  {kill.seconds:6.2f} s")
        grow_to_end(project)
        found = file_hashes(project)
        hashes.append(found[WEIGHTS])
        differing |= {name for name in {*found, *expected} if found.get(name) != expected.get(name)}
    return Outcome(done, expected[WEIGHTS], hashes, sorted(differing - {WEIGHTS}))


def _folder(project: Path, stage: str) -> Path:
    return project / "release" if stage == "release" else project / "grown" / stage


def _time_stages(project: Path) -> Mapping[str, float]:
    """Grow the project and return when each stage began and, as ``end``, when the last was sealed, in seconds since the start."""
    process = start_grow(project)
    began_s = time.monotonic()
    seen: dict[str, float] = {}
    while process.poll() is None:
        for stage in STAGES:
            if stage not in seen and _folder(project, stage).exists():
                seen[stage] = time.monotonic() - began_s
        if "end" not in seen and (project / "release" / "manifest.json").exists():
            seen["end"] = time.monotonic() - began_s
        time.sleep(POLL_S)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the uninterrupted run ended with {process.returncode}: {said}")
    return {"end": time.monotonic() - began_s, **seen}


def _least_killed(project: Path, done: list[Kill]) -> str:
    """Return the stage, of those that this project has still before it, that was killed least; empty when it is complete."""
    open_stages = [stage for stage in STAGES if not (_folder(project, stage) / "manifest.json").exists()]
    return min(open_stages, key=lambda stage: sum(kill.stage == stage for kill in done), default="")


def _kill_once(project: Path, chance: random.Random, times: Mapping[str, float], target: str, numbers: tuple[int, int]) -> Kill | None:
    """Start a run and kill it inside the target stage, or anywhere; ``None`` when it ended before."""
    delay_s = chance.uniform(0, _length_of(target, times) if target else times["end"])
    process = start_grow(project)
    began_s = time.monotonic()
    before = _runs_of(project, target)
    while process.poll() is None and target and _runs_of(project, target) == before:
        time.sleep(POLL_S)
    until_s = time.monotonic() + delay_s
    while process.poll() is None and time.monotonic() < until_s:
        time.sleep(POLL_S)
    has_ended = process.poll() is not None
    process.kill()
    _, said = process.communicate()
    if has_ended and process.returncode:
        raise RuntimeError(f"mbegu grow ended with {process.returncode}: {said}")
    return None if has_ended else Kill(*numbers, stage_of(project), time.monotonic() - began_s)


def _runs_of(project: Path, stage: str) -> int:
    """Return how often a stage has begun: the ledger gets a record each time."""
    return len(list((project / "ledger").glob(f"*-{stage}.json"))) if stage else 0


def _length_of(stage: str, times: Mapping[str, float]) -> float:
    following = [*STAGES, "end"][STAGES.index(stage) + 1]
    return max(times.get(following, times["end"]) - times[stage], 0.05)


def main() -> None:
    """Run the kill test and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=200)
    arguments = parser.parse_args()
    print(" kill  project  stage             after")
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_run(Path(folder), arguments.kills, seed=arguments.seed, steps=arguments.steps, report=lambda line: print(line, flush=True))
    print(f"\n{len(outcome.kills)} kills over {len(outcome.hashes)} projects; weights of the uninterrupted run: SHA-256 {outcome.reference}")
    print(f"the same weights after all kills: {'yes' if outcome.is_same else 'NO'}")
    print(f"other files that differ: {', '.join(outcome.other_files) or 'none'}")
    sys.exit(0 if outcome.is_same else 1)


if __name__ == "__main__":
    main()
