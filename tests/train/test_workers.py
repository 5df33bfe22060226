"""Two processes train what one trains; a lost one costs at most what was not saved; any number goes on."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from bench.kill_test import environment, small_project
from safetensors.torch import load_file
from tests.train.tiny import PLAN, fresh_state, image, prepared_inputs, run

from mbegu.core import artifacts
from mbegu.core.durable import sha256_file
from mbegu.core.errors import LostWorkerError, ResourceError, SettingsError, StoppedError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.train import workers as together
from mbegu.train.launch import LAUNCHED, Seat, own_seat
from mbegu.train.planfile import ComputerPlan, Plan
from mbegu.train.settings import PlanSettings, TrainSettings
from mbegu.train.steps import grow_plan, grow_train
from mbegu.train.workers import Group, Workers, company, share_out

TRAINING = replace(PLAN.training, steps=10, teachers=1, parts_share=0.3, evaluate_every_steps=1, sequences_at_once=4)  # 20 steps over both models
CLOSE = 1e-5  # relative, of every loss in these 20 steps (float32): rounding in another order; measured 2e-7 with 2 and 3 workers
OFTEN = TrainSettings(checkpoint_every_s=0.0, sample_tokens=0)
SELDOM = TrainSettings(checkpoint_every_s=3600.0, sample_tokens=0)
WEIGHTS = Path("model") / "model.safetensors"


class Watching(Say):
    """Does something when a step is done, before it is saved."""

    def __init__(self, at_step: int = 10**9, do: Callable[[Watching], None] = lambda say: setattr(say, "stop_requested", True)) -> None:
        super().__init__(io.StringIO())
        self.at_step, self.do = at_step, do

    def progress(self, done: float, total: float, unit: str, share: float | None = None) -> None:
        if done == self.at_step:
            self.do(self)

    @property
    def said(self) -> str:
        return self.stream.getvalue()  # type: ignore[attr-defined, no-any-return]


def started_here() -> list[psutil.Process]:
    """Child processes but the one that Python keeps to the end once a pool of processes was had, by whatever test came before."""
    return [child for child in psutil.Process().children() if not any("resource_tracker" in word for word in child.cmdline())]


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a computer with four cores, wherever the tests run; and none of torchrun's words."""
    monkeypatch.setattr(together, "usable_cores", lambda: 4)
    for name in LAUNCHED:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "ߒߞߏ project"
    inputs = prepared_inputs(root, replace(PLAN, training=TRAINING))
    out = root / "grown" / "plan"
    artifacts.seal(out, kind="plan", version=1, key="k", parents={}, facts=grow_plan(PlanSettings(), inputs, out, Say(io.StringIO())))
    return root


def inputs_of(made: Path, workers: int) -> Inputs:
    done = {name: artifacts.open_artifact(made / "grown" / name) for name in ("corpus", "tokenizer", "plan")}
    return Inputs(ProjectSettings(language="yor"), Project(made), done, workers)


def trained(made: Path, out: Path, workers: int, settings: TrainSettings = SELDOM, say: Watching | None = None) -> dict[str, Any]:
    return grow_train(settings, inputs_of(made, workers), out, say or Watching())


def history(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "history.jsonl").read_text(encoding="utf-8").splitlines()]


def furthest_apart(first: Path, second: Path) -> float:
    """Return the largest relative difference of the losses, on the text trained on and on that set aside, over all steps."""
    pairs = list(zip(history(first), history(second), strict=True))
    assert len(pairs) == TRAINING.all_steps
    names = ("training_nats_per_token", "watched_bits_per_byte")
    return max(abs(a[name] / b[name] - 1) for a, b in pairs for name in names)


@pytest.fixture(scope="module")
def by_one(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("one")
    return out, trained(made, out, 1)


@pytest.fixture(scope="module")
def by_two(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    out = tmp_path_factory.mktemp("two")
    say = Watching()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(together, "usable_cores", lambda: 4)
        facts = trained(made, out, 2, say=say)
    return out, facts, say.said


def test_two_processes_train_what_one_trains(by_one: tuple[Path, dict[str, Any]], by_two: tuple[Path, dict[str, Any], str]) -> None:
    (one, facts_of_one), (two, facts_of_two, said) = by_one, by_two
    assert TRAINING.dropout > 0
    assert furthest_apart(one, two) < CLOSE
    losses = [row["training_nats_per_token"] for row in history(one)]
    assert abs(losses[0] / losses[-1] - 1) > 1000 * CLOSE, "it would be close whatever it does"
    weights = [load_file(out / WEIGHTS) for out in (one, two)]
    assert max((weights[0][name] - weights[1][name]).abs().max() for name in weights[0]) < 1e-3
    assert (facts_of_one["workers"], facts_of_two["workers"]) == (1, 2)
    same = facts_of_one.keys() - {"workers", "validation_bits_per_byte", "best_step"}
    assert {name: facts_of_one[name] for name in same} == {name: facts_of_two[name] for name in same}
    assert "2 workers share each step's 4 sequences, 1 thread each" in said
    assert not started_here(), "no worker outlives the training"


def test_two_processes_stopped_and_gone_on_end_in_the_same_bits(made: Path, tmp_path: Path, by_two: tuple[Path, dict[str, Any], str]) -> None:
    for step in (7, 13):  # of the teacher, and of the model that learns from it
        with pytest.raises(StoppedError, match=f"stopped at step {step} of 20"):
            trained(made, tmp_path, 2, say=Watching(step))
    assert trained(made, tmp_path, 2) == by_two[1]
    assert sha256_file(tmp_path / WEIGHTS) == sha256_file(by_two[0] / WEIGHTS)
    assert (tmp_path / "history.jsonl").read_bytes() == (by_two[0] / "history.jsonl").read_bytes()


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
def test_another_number_of_workers_goes_on(made: Path, tmp_path: Path, by_one: tuple[Path, dict[str, Any]], before: int, after: int) -> None:
    with pytest.raises(StoppedError):
        trained(made, tmp_path, before, say=Watching(9))
    say = Watching()
    facts = trained(made, tmp_path, after, say=say)
    assert "goes on at step 9" in say.said
    assert "workers changed since the last step: the training goes on, but the weights are no longer those of an uncut run" in say.said
    assert (facts["workers"], facts["exact_resume"]) == (after, False)
    assert furthest_apart(by_one[0], tmp_path) < CLOSE


def test_a_killed_worker_costs_what_was_not_saved_and_any_number_goes_on(made: Path, tmp_path: Path, by_one: tuple[Path, dict[str, Any]]) -> None:
    def kill(say: Watching) -> None:
        (worker,) = started_here()
        worker.kill()

    say = Watching(13, kill)  # step 13 is computed, and its state is not passed any more
    with pytest.raises(LostWorkerError) as lost:
        trained(made, tmp_path, 2, OFTEN, say)
    assert lost.value.one_line() == "a worker was lost at step 13; the last save is step 12. Run it again with any number of workers."
    assert lost.value.exit_code == 10
    assert not say.defers_stop
    assert not started_here()
    assert not (tmp_path / "model").exists()
    say = Watching()
    trained(made, tmp_path, 1, say=say)
    assert "goes on at step 12" in say.said
    assert furthest_apart(by_one[0], tmp_path) < CLOSE


def test_a_worker_that_ends_before_it_begins_is_missed_soon(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "mbegu.py").write_text("raise SystemExit(3)", encoding="utf-8")
    with pytest.raises(LostWorkerError, match=r"worker 1 of 2 did not come\. Start it, or run again with fewer workers"):
        trained(made, tmp_path / "out", 2)


def test_a_worker_with_other_versions_is_refused(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "__version__", "0.0.0")
    with pytest.raises(ResourceError, match=r"worker 1 has Mbegu .* and torch .*, the first has Mbegu 0\.0\.0 .*Install the same versions on all"):
        trained(made, tmp_path / "out", 2)


# What needs no second process


def test_alone_nothing_is_sent_and_nothing_changes() -> None:
    alone = Workers()
    assert alone.is_first
    assert list(alone.own_part(16)) == list(range(16))
    assert alone.own_computer(PLAN.computer) is PLAN.computer
    assert (alone.decide(True), alone.decide(False)) == (True, False)
    state = fresh_state()
    before = image(state)
    alone.begin(state)
    alone.gather_state(state.optimiser)
    alone.spread_weights(state.model)
    assert alone.sum_gradients(state.model, 2.5) == 2.5
    assert image(state) == before
    run(state)  # the optimiser still steps everything
    assert all(image(state)[name] != before[name] for name in before if name != "teachers")


@pytest.mark.parametrize(("sequences", "count"), [(16, 1), (16, 2), (16, 3), (16, 16), (5, 4)])
def test_the_parts_of_all_workers_are_the_step(sequences: int, count: int) -> None:
    parts = [Group(Seat(rank, count, 0, 1)).own_part(sequences) for rank in range(count)]
    assert [number for part in parts for number in part] == list(range(sequences))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert min(map(len, parts)) > 0


@pytest.mark.parametrize("count", [2, 3])
def test_matrices_of_a_shape_are_dealt_evenly(count: int) -> None:
    parameters = dict(fresh_state().model.named_parameters())
    owners = share_out(parameters, count)
    assert owners.keys() == parameters.keys()
    for shape in {p.shape for p in parameters.values()}:
        dealt = [sum(owners[name] == rank for name, p in parameters.items() if p.shape == shape) for rank in range(count)]
        assert max(dealt) - min(dealt) <= 1
    assert share_out(dict(reversed(parameters.items())), count) == owners, "the same in every process"


@pytest.mark.parametrize(
    ("planned", "cores", "local_count", "threads"), [(4, 4, 2, 2), (1, 4, 4, 1), (2, 8, 2, 2), (4, 4, 1, 4), (8, 2, 1, 2), (2, 1, 2, 1)]
)
def test_each_worker_takes_its_share_of_the_cores(monkeypatch: pytest.MonkeyPatch, planned: int, cores: int, local_count: int, threads: int) -> None:
    monkeypatch.setattr(together, "usable_cores", lambda: cores)
    computer = Group(Seat(1, 8, 1, local_count)).own_computer(ComputerPlan(threads=planned))
    assert computer.threads == threads


def refused(kind: type[Exception], workers: int, plan: Plan) -> str:
    with pytest.raises(kind) as caught, company(workers, plan, Watching()):
        pass
    assert not started_here()
    return str(caught.value)


def test_what_cannot_be_shared_is_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = replace(PLAN, training=TRAINING)
    assert refused(SettingsError, 5, plan) == (
        "a step has 4 sequences, too few for 5 workers (plan.toml). Take 4 workers or fewer, or plan anew with larger steps."
    )
    assert "Apple's graphics processor cannot be shared" in refused(SettingsError, 2, replace(plan, computer=ComputerPlan(device="mps")))
    monkeypatch.setattr(together, "usable_cores", lambda: 2)
    assert refused(ResourceError, 3, plan) == "each worker needs a core of its own, and 3 do not fit on 2 cores. Give --workers 2 or fewer."
    monkeypatch.setattr(together, "free_memory_bytes", lambda: 150_000_000)
    assert "memory" in refused(ResourceError, 2, plan)
    with company(1, plan, Watching()) as alone:
        assert alone.count == 1


def test_a_worker_knows_its_seat_from_what_started_it() -> None:
    words = {"RANK": "1", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
    assert own_seat({}) is None
    assert own_seat({"WORLD_SIZE": "4", "RANK": "1"}) is None, "another program's words"
    assert own_seat(words) is None, "no way to meet"
    by_torchrun = {**words, "MASTER_ADDR": "10.0.0.2", "MASTER_PORT": "29500"}
    assert own_seat(by_torchrun) == Seat(1, 4, 1, 2)
    assert own_seat({**by_torchrun, "WORLD_SIZE": "1"}) is None
    assert own_seat({**words, "MBEGU_MEETING_FILE": "meeting"}) == Seat(1, 4, 1, 2, "meeting")


# The whole command


def final_loss(project: Path) -> list[float]:
    text = (project / "grown" / "train" / "history.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["training_nats_per_token"] for line in text.splitlines()]


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], env=environment(), capture_output=True, encoding="utf-8", timeout=250, check=False
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_torchrun_and_workers_train_what_one_process_trains(tmp_path: Path) -> None:
    one = small_project(tmp_path / "one", documents=60)
    two = shutil.copytree(one, tmp_path / "two")
    done = command("mbegu", "train", one)
    assert done.returncode == 0, done.stderr
    done = command("torch.distributed.run", "--standalone", "--nproc-per-node", 2, "-m", "mbegu", "train", two)
    assert done.returncode == 0, done.stderr
    assert "2 workers share each step's 8 sequences" in done.stderr
    assert final_loss(two) == pytest.approx(final_loss(one), rel=CLOSE)
    if len(psutil.Process().cpu_affinity() if hasattr(psutil.Process(), "cpu_affinity") else range(os.cpu_count() or 1)) > 1:
        three = shutil.copytree(one, tmp_path / "three", ignore=lambda *_: ["grown", "ledger"])
        done = command("mbegu", "train", three, "--workers", 2)
        assert done.returncode == 0, done.stderr
        assert final_loss(three) == final_loss(two)
