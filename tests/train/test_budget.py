"""A budget becomes a plan: what must happen besides training is taken off first, and the impossible is refused before it starts."""

from __future__ import annotations

import io
import re
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.train.tiny import prepared_inputs

from mbegu.core.errors import ResourceError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs
from mbegu.ledger.energy.processor_model import idle_energy
from mbegu.ledger.energy.value import BATTERY, METER
from mbegu.ledger.machine import Machine, describe_machine
from mbegu.train import budget, planning
from mbegu.train import computer as machine
from mbegu.train.budget import AROUND_BYTES, FIXED_S, make_plan, require_room_for, seconds_of_counting, training_memory_bytes
from mbegu.train.computer import as_config
from mbegu.train.loop import TrainingState
from mbegu.train.planfile import ComputerPlan, ModelPlan, TrainingPlan
from mbegu.train.planning import PLAN_SHARE, SHAPES, looking_cost, shape_plan
from mbegu.train.settings import PlanSettings

Usage = namedtuple("Usage", "total used free")
PLENTY = 10**13


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return prepared_inputs(tmp_path_factory.mktemp("project"), plan=None)


@pytest.fixture(autouse=True)
def computer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer of one speed with room for everything."""

    def step_s(model: ModelPlan, training: TrainingPlan, computer: ComputerPlan, repeats: int) -> float:
        operations = 6 * as_config(model).parameters() * training.sequences_per_step * model.context
        return operations / 2e10 / min(computer.threads, 2)

    for place in (planning, machine):
        monkeypatch.setattr(place, "measure_step_s", step_s)
    monkeypatch.setattr(machine, "usable_cores", lambda: 4)
    monkeypatch.setattr(machine, "prepare_process", lambda: None)
    give_room(monkeypatch)


def give_room(monkeypatch: pytest.MonkeyPatch, available: int = PLENTY, limit: int | None = None, free: int = PLENTY) -> None:
    seen = replace(describe_machine(), kind="laptop", available_bytes=available, memory_limit_bytes=limit)

    def described() -> Machine:
        return seen

    monkeypatch.setattr(budget, "describe_machine", described)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free, 0, free))


def plan_for(inputs: Inputs, **settings: Any) -> tuple[Any, str]:
    said = io.StringIO()
    return make_plan(PlanSettings(**settings), inputs, Say(said)), said.getvalue()


def test_the_plan_fits_into_the_budget_with_all_that_follows(inputs: Inputs) -> None:
    plan, _ = plan_for(inputs, budget="5min", dtype="float32")
    counting_s = seconds_of_counting(inputs)
    assert counting_s == pytest.approx(FIXED_S, abs=1)
    expected = plan.expected
    measuring_s = expected.seconds - expected.training_seconds - counting_s
    assert measuring_s > 0
    assert 0 < expected.training_seconds <= (300 - counting_s) * PLAN_SHARE - measuring_s + 0.2
    assert expected.parameters == as_config(plan.model).parameters()
    assert expected.bits_per_byte_low < expected.bits_per_byte < expected.bits_per_byte_high
    assert 0 < expected.energy_kwh_low < expected.energy_kwh < expected.energy_kwh_high
    assert expected.budget == "5min"
    assert plan.model.vocabulary_size == inputs["tokenizer"].facts["vocabulary_size"]
    step_s = expected.training_seconds / plan.training.steps
    tokens = plan.training.sequences_per_step * plan.model.context
    models = plan.training.work(plan.training.all_steps) / plan.training.steps
    assert expected.tokens_per_second == pytest.approx(models * tokens / step_s, rel=0.15)
    assert 0 < looking_cost(planning.Text(3000, 9000, 300, 2.0), plan.training) < 0.5


def test_the_computer_is_measured_unless_told(inputs: Inputs) -> None:
    plan, said = plan_for(inputs, budget="5min", dtype="float32")
    assert plan.computer == ComputerPlan(device="cpu", dtype="float32", threads=2)
    assert "float32 (as asked), 2 threads (of 4 cores, measured)" in said
    plan, said = plan_for(inputs, budget="5min", dtype="bfloat16", threads=3, device="cpu", seed=11)
    assert plan.computer == ComputerPlan(device="cpu", dtype="bfloat16", threads=3)
    assert plan.training.seed == 11
    assert "device cpu (as asked), bfloat16 (as asked), 3 threads (as asked)" in said


def test_what_was_chosen_and_what_is_expected_is_said(inputs: Inputs) -> None:
    plan, said = plan_for(inputs, budget="5min", dtype="float32")
    assert "of text is very little. A model of it can be grown to try things out" in said
    assert re.search(r"of 5 min 00 s, about [234]\d s go to reading, counting and measuring", said)
    assert f"chosen: {plan.expected.parameters / 1e6:.1f} M parameters ({plan.model.hidden_size} wide" in said
    assert f"expected: {plan.expected.bits_per_byte:.3f} bits per byte on held-out text" in said
    assert "counting (PPMd) needs" in said
    assert "of memory" in said
    work = re.search(r"expected: energy, work alone ([\d.]+) Wh \(.*; modelled from processor time\)\n", said)
    total = re.search(r"expected: energy, in all ([\d.]+) Wh \(.*; modelled from processor time; idle power modelled\)\n", said)
    assert work
    assert total
    assert float(work[1]) == pytest.approx(1000 * plan.expected.energy_kwh, rel=0.05)
    idle_kwh = idle_energy(plan.expected.seconds, budget.describe_machine()).kwh
    assert float(total[1]) == pytest.approx(1000 * (plan.expected.energy_kwh + idle_kwh), rel=0.05)


def test_teachers_and_how_the_last_model_learns_from_them_are_said(inputs: Inputs) -> None:
    plan, said = plan_for(inputs, budget="5h", dtype="float32")
    last = plan.training.of_model(plan.training.teachers)
    assert plan.training.teachers == 4
    assert f"dropout {plan.training.dropout}, weight decay {plan.training.weight_decay}" in said
    assert "; that is for 4 teachers of the same size before it, which it learns from with dropout 0.0, weight decay " in said
    assert f"weight decay {last.weight_decay}\n" in said


def test_text_of_a_related_language_gets_its_steps_and_that_is_said(tmp_path: Path) -> None:
    plan, said = plan_for(prepared_inputs(tmp_path / "p", plan=None, related_documents=20))
    assert 0 < plan.training.related_steps <= 0.4 * plan.training.steps
    assert f"{plan.training.related_steps:,} of the steps, more of them at the beginning, read the related language" in said


def test_that_a_related_language_is_not_worth_its_time_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "RELATED_GAIN", 0.0)
    plan, said = plan_for(prepared_inputs(tmp_path / "p", plan=None, related_documents=20))
    assert plan.training.related_steps == 0
    assert "the text of the related language is not used" in said


def test_the_same_times_give_the_same_plan(inputs: Inputs) -> None:
    first, again = (plan_for(inputs, budget="5min", dtype="float32")[0] for _ in range(2))
    assert replace(first, expected=replace(first.expected, memory_bytes=0)) == replace(again, expected=replace(again.expected, memory_bytes=0))


def test_energy_becomes_time(inputs: Inputs) -> None:
    plan, said = plan_for(inputs, budget="0.5Wh", dtype="float32")
    assert re.search(r"0\.5Wh are about .* on this computer, with what it draws when idle", said)
    in_all_kwh = plan.expected.energy_kwh + idle_energy(plan.expected.seconds, budget.describe_machine()).kwh
    assert 0.0003 < in_all_kwh <= 0.000505
    larger, _ = plan_for(inputs, budget="30Wh", dtype="float32")
    assert larger.expected.energy_kwh >= plan.expected.energy_kwh
    assert plan.expected.energy_method


@pytest.mark.parametrize("small", ["20s", "26s", "0.05Wh"])
def test_a_budget_that_leaves_no_time_is_refused(inputs: Inputs, small: str) -> None:
    message = r"the budget leaves \d+ s for training and measuring, and it takes .* at least\. Give a --budget of \d+min or more\."
    with pytest.raises(ResourceError, match=message):
        plan_for(inputs, budget=small, dtype="float32")


def test_too_little_memory_is_refused_before_anything_starts(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = plan_for(inputs, budget="5min", dtype="float32")[0].expected.memory_bytes
    give_room(monkeypatch, limit=10_000_000)
    with pytest.raises(ResourceError, match=r"the training needs .* of memory and .* are free\. Close other programs"):
        plan_for(inputs, budget="5min", dtype="float32")
    give_room(monkeypatch, limit=needed * 2)
    plan_for(inputs, budget="5min", dtype="float32")


def test_the_memory_that_the_process_holds_is_not_counted_as_taken_by_others(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(inputs, budget="5min", dtype="float32")[0]
    give_room(monkeypatch, available=training_memory_bytes(plan.model, plan.training, "float32") + AROUND_BYTES + 50_000_000)
    plan_for(inputs, budget="5min", dtype="float32")
    give_room(monkeypatch, available=10_000_000)
    with pytest.raises(ResourceError, match="of memory"):
        plan_for(inputs, budget="5min", dtype="float32")


def test_what_measuring_took_is_given_back_before_the_expected_memory_is_reckoned(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[int] = []
    monkeypatch.setattr(machine, "release_memory", lambda: given_back.append(psutil.Process().memory_info().rss))
    plan = plan_for(inputs, budget="5min", dtype="float32")[0]
    assert len(given_back) == 1
    held_bytes = plan.expected.memory_bytes - training_memory_bytes(plan.model, plan.training, "float32") - AROUND_BYTES
    assert held_bytes == pytest.approx(given_back[0], rel=0.02)


def test_too_little_disk_is_refused_before_anything_starts(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    give_room(monkeypatch, free=1_000_000)
    with pytest.raises(ResourceError, match=r"growing needs .* of disk and 1\.0 MB are free\. Free some space"):
        plan_for(inputs, budget="5min", dtype="float32")


def test_a_plan_file_is_judged_by_what_it_says_now_not_by_what_it_expected(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(inputs, budget="5min", dtype="float32")[0]
    lighter = replace(plan, training=replace(plan.training, sequences_at_once=1))
    held_bytes = psutil.Process().memory_info().rss + AROUND_BYTES
    give_room(monkeypatch, limit=held_bytes + training_memory_bytes(plan.model, plan.training, "float32") - 10_000_000)
    with pytest.raises(ResourceError) as caught:
        require_room_for(plan, inputs)
    assert re.fullmatch(
        r"the training needs .* of memory and .* are free\. "
        r"Close other programs, or lower sequences_at_once or the model's size in plan\.toml\.",
        caught.value.one_line(),
    )
    require_room_for(lighter, inputs)


@pytest.mark.parametrize(("device", "said"), [("cpu", []), ("cuda", [("the graphics processor", (METER, BATTERY))])])
def test_that_what_a_card_draws_is_not_counted_is_said_where_one_computes(device: str, said: list[Any]) -> None:
    say, heard = Say(io.StringIO()), []
    say.leave_out = lambda what, known_to: heard.append((what, tuple(known_to)))
    budget.leave_out_card(ComputerPlan(device=device), say)
    assert heard == said


def test_of_a_card_its_own_memory_counts(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(inputs, budget="5min", dtype="float32")[0]
    on_card = replace(plan, computer=ComputerPlan(device="cuda", dtype="bfloat16"))
    needed_bytes = training_memory_bytes(plan.model, plan.training, "bfloat16")
    monkeypatch.setattr(machine, "free_card_bytes", lambda: needed_bytes)
    give_room(monkeypatch, available=1_000_000)
    require_room_for(on_card, inputs)
    monkeypatch.setattr(machine, "free_card_bytes", lambda: needed_bytes - 1)
    give_room(monkeypatch)
    with pytest.raises(ResourceError, match="of memory"):
        require_room_for(on_card, inputs)


@pytest.mark.parametrize(("tied_output", "teachers"), [(True, 0), (False, 2)])
def test_the_disk_that_is_announced_is_what_the_training_asks_for_and_its_checkpoints_take(tied_output: bool, teachers: int) -> None:
    model = replace(shape_plan((64, 2, 96, 4, 2), 300), tied_output=tied_output)
    training = TrainingPlan(steps=3, sequences_per_step=2, sequences_at_once=2, teachers=teachers)
    decoder, optimiser = machine.build(model, training, ComputerPlan())
    state = TrainingState(decoder, optimiser)
    for _ in range(teachers):
        state.add_teacher(dict(decoder.named_parameters()))
    state.best = dict(decoder.named_parameters())
    held_bytes = sum(tensor.nbytes for tensor in state.tensors().values())
    assert budget.checkpoint_bytes(model, training) == held_bytes
    weights_bytes = 4 * decoder.config.parameters()
    assert budget.training_disk_bytes(model, training) == 3 * held_bytes + weights_bytes
    assert budget.growing_disk_bytes(model, training, 1000) == 3 * held_bytes + weights_bytes + 3000


def test_the_expected_memory_counts_weights_activations_and_their_dtype() -> None:
    def memory(shape: int, sequences: int, dtype: str) -> int:
        training = TrainingPlan(steps=1, sequences_per_step=16, sequences_at_once=sequences)
        return training_memory_bytes(shape_plan(SHAPES[shape], 4096), training, dtype)

    # Peaks of a step less what the process held before, measured with 4,096 tokens of vocabulary: see the shapes' numbers.
    for shape, dtype, measured in (
        (0, "bfloat16", 256),
        (2, "bfloat16", 546),
        (4, "bfloat16", 760),
        (0, "float32", 378),
        (2, "float32", 934),
        (4, "float32", 1291),
    ):
        assert measured * 0.9e6 < memory(shape, 16, dtype) < measured * 1.15e6, (shape, dtype)
    assert memory(4, 4, "float32") < memory(4, 16, "float32") < memory(6, 16, "float32")


def test_the_project_is_left_as_it_was(inputs: Inputs) -> None:
    root: Path = inputs.place.root
    before = sorted(path.as_posix() for path in root.rglob("*"))
    plan_for(inputs, budget="5min", dtype="float32")
    assert sorted(path.as_posix() for path in root.rglob("*")) == before
