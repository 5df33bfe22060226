"""Cut anywhere, the training ends in the same bits; the best weights are kept; the rate rises, holds and falls."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.train.tiny import COMPUTER, MODEL, TRAINING, fresh_state, image, random_shard, run

from mbegu.core.errors import SettingsError
from mbegu.core.report import Say
from mbegu.model.decoder import Decoder, Dropout
from mbegu.train.checkpoint import load_checkpoint, save_checkpoint
from mbegu.train.data import PackedDocuments
from mbegu.train.loop import TrainingState, dropout_of, next_token_loss, schedule, train
from mbegu.train.planfile import ComputerPlan, TrainingPlan

BFLOAT16 = replace(COMPUTER, dtype="bfloat16")
KINDS = {
    "dropout, two pieces a step": (TRAINING, COMPUTER),
    "no dropout, one piece": (replace(TRAINING, dropout=0.0, sequences_at_once=4), COMPUTER),
    "bfloat16": (TRAINING, BFLOAT16),
    "short sequences first": (replace(TRAINING, short_context=8), COMPUTER),
    "in parts first": (replace(TRAINING, parts_share=0.5), COMPUTER),
    "two teachers": (replace(TRAINING, steps=4, teachers=2, taught_dropout=0.1, parts_share=0.3, evaluate_every_steps=2), COMPUTER),
}


def saved_after(step: int, folder: Path) -> Callable[[TrainingState], bool]:
    """Return what saves a checkpoint at ``step`` and stops there."""

    def after_step(state: TrainingState) -> bool:
        if state.progress.step == step:
            save_checkpoint(folder, state.tensors(), state.progress)
        return state.progress.step == step

    return after_step


def resumed(folder: Path, training: TrainingPlan, computer: ComputerPlan) -> TrainingState:
    found = load_checkpoint(folder, Say(io.StringIO()))
    assert found is not None
    state = fresh_state(training, computer)
    state.load(*found)
    return state


@pytest.fixture(scope="module")
def uncut() -> dict[str, dict[str, Any]]:
    images = {}
    for name, (training, computer) in KINDS.items():
        state = fresh_state(training, computer)
        run(state, training)
        images[name] = image(state)
    return images


@pytest.mark.parametrize(("kind", "cut_at"), [(kind, step) for kind, (plan, _) in KINDS.items() for step in range(1, plan.all_steps + 1)])
def test_a_training_cut_at_any_step_ends_in_the_same_bits(tmp_path: Path, uncut: dict[str, dict[str, Any]], kind: str, cut_at: int) -> None:
    training, computer = KINDS[kind]
    first = fresh_state(training, computer)
    run(first, training, saved_after(cut_at, tmp_path))
    assert first.progress.step == cut_at
    second = resumed(tmp_path, training, computer)
    assert image(second) == image(first)
    run(second, training)
    assert image(second) == uncut[kind]


def test_a_training_cut_at_every_step_ends_in_the_same_bits(tmp_path: Path, uncut: dict[str, dict[str, Any]]) -> None:
    kind = "dropout, two pieces a step"
    run(fresh_state(), TRAINING, saved_after(1, tmp_path))
    for step in range(2, TRAINING.steps + 1):
        state = resumed(tmp_path, TRAINING, COMPUTER)
        run(state, TRAINING, saved_after(step, tmp_path))
    assert image(state) == uncut[kind]


def test_a_run_that_is_over_does_nothing_more(uncut: dict[str, dict[str, Any]]) -> None:
    state = fresh_state()
    run(state)
    calls: list[int] = []
    run(state, after_step=lambda each: bool(calls.append(each.progress.step)))
    assert not calls
    assert image(state) == uncut["dropout, two pieces a step"]


def test_what_is_loaded_is_a_copy(tmp_path: Path) -> None:
    state = fresh_state()
    run(state, TRAINING, saved_after(4, tmp_path))
    found = load_checkpoint(tmp_path, Say(io.StringIO()))
    assert found is not None
    before = {name: tensor.clone() for name, tensor in found[0].items()}
    again = fresh_state()
    again.load(*found)
    run(again)
    assert all(torch.equal(before[name], tensor) for name, tensor in found[0].items())


@pytest.mark.parametrize("change", [{"seed": 8}, {"dropout": 0.3}, {"matrix_rate": 0.03}, {"weight_decay": 0.2}, {"warmup_steps": 4}, {"steps": 13}])
def test_every_number_of_the_plan_matters(uncut: dict[str, dict[str, Any]], change: dict[str, float]) -> None:
    training = replace(TRAINING, **change)  # type: ignore[arg-type]
    state = fresh_state(training)
    run(state, training)
    assert image(state)["model.layers.0.mlp.up_proj.weight"] != uncut["dropout, two pieces a step"]["model.layers.0.mlp.up_proj.weight"]


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_pieces_of_a_step_add_up_to_the_whole_and_drop_the_same(dropout: float) -> None:
    weights = []
    for at_once in (1, 2, 4):
        training = replace(TRAINING, dropout=dropout, sequences_at_once=at_once, steps=2)
        state = fresh_state(training)
        run(state, training)
        weights.append(dict(state.model.named_parameters()))
    for other in weights[1:]:
        for name, weight in weights[0].items():
            assert (weight - other[name]).abs().max() < 2e-3, name


def test_no_two_sequences_draw_the_same_dropout() -> None:
    plans = (replace(TRAINING, seed=7), replace(TRAINING, seed=8))
    parts = [dropout_of(step, range(first, first + 2), plan) for plan in plans for step in range(5) for first in (0, 2)]
    seeds = [stream.initial_seed() for part in parts for stream in part.streams]
    assert len({seed % 2**32 for seed in seeds}) == 2 * 5 * 4


def test_it_learns() -> None:
    training = replace(TRAINING, steps=60, dropout=0.0, matrix_rate=0.05, embedding_rate=0.02, evaluate_every_steps=20)
    state = fresh_state(training)
    run(state, training)
    costs = [row["training_nats_per_token"] for row in state.progress.history]
    assert costs[0] > costs[-1] + 0.3
    assert [row["step"] for row in state.progress.history] == [20, 40, 60]


def small_run(watched: list[float], training: TrainingPlan) -> tuple[TrainingState, list[dict[str, torch.Tensor]]]:
    """Train with made-up results of the looks; also return the weights after each step."""
    tokens, offsets = random_shard()
    data = PackedDocuments(tokens, offsets, torch.arange(30).numpy(), MODEL.context, 0)
    state = fresh_state(training)
    seen: list[dict[str, torch.Tensor]] = []
    values = iter(watched)

    def remember(each: TrainingState) -> bool:
        seen.append({name: p.detach().clone() for name, p in each.model.named_parameters()})
        return False

    train(state, data, training, watch=lambda _: next(values), after_step=remember)
    return state, seen


@pytest.mark.parametrize(("watched", "best"), [([3.0, 1.5, 2.0, 2.5], 6), ([3.0, 2.0, 2.0, 1.0], 12), ([2.0, 2.0, 2.0, 2.0], 3)])
def test_the_best_weights_are_kept_and_not_the_last(watched: list[float], best: int) -> None:
    state, seen = small_run(watched, TRAINING)
    assert (state.progress.best_step, state.progress.best_bits_per_byte) == (best, min(watched))
    assert all(torch.equal(state.best[name], seen[best - 1][name]) for name in state.best)
    assert [row["watched_bits_per_byte"] for row in state.progress.history] == watched


def test_the_best_weights_survive_a_cut(tmp_path: Path) -> None:
    tokens, offsets = random_shard()
    data = PackedDocuments(tokens, offsets, torch.arange(30).numpy(), MODEL.context, 0)
    state = fresh_state()
    train(state, data, TRAINING, watch=lambda _: 1.0, after_step=saved_after(5, tmp_path))
    best = {name: tensor.clone() for name, tensor in state.best.items()}
    again = resumed(tmp_path, TRAINING, COMPUTER)
    train(again, data, TRAINING, watch=lambda _: 2.0, after_step=lambda _: False)
    assert (again.progress.best_step, again.progress.best_bits_per_byte) == (3, 1.0)
    assert again.best.keys() == best.keys() == dict(again.model.named_parameters()).keys()
    assert all(torch.equal(again.best[name], best[name]) for name in best)


def test_the_last_step_is_looked_at_even_off_the_beat() -> None:
    state, _ = small_run([3.0, 2.0], replace(TRAINING, steps=7, evaluate_every_steps=5))
    assert [row["step"] for row in state.progress.history] == [5, 7]
    row = state.progress.history[-1]
    tokens, _ = random_shard()
    assert row["passes"] == pytest.approx(7 * 4 * MODEL.context / len(tokens))
    assert row["training_nats_per_token"] == pytest.approx(5.7, abs=0.3), "near the log of 300 at first"


def test_a_stop_is_obeyed_after_the_step_it_came_in() -> None:
    state = fresh_state()
    run(state, after_step=lambda each: each.progress.step == 5)
    assert state.progress.step == 5


def test_another_objective_takes_the_place_of_the_plain_one() -> None:
    tokens, offsets = random_shard()
    data = PackedDocuments(tokens, offsets, torch.arange(30).numpy(), MODEL.context, 0)
    shapes = []

    def objective(model: Decoder, inputs: torch.Tensor, targets: torch.Tensor, dropped: Dropout) -> torch.Tensor:
        shapes.append((tuple(inputs.shape), dropped.share, len(dropped.streams)))
        return next_token_loss(model, inputs, targets, dropped)

    state = fresh_state()
    train(state, data, replace(TRAINING, steps=2), watch=lambda _: 1.0, after_step=lambda _: False, objective=objective)
    assert shapes == [((2, MODEL.context), 0.2, 2)] * 4


def test_the_last_model_learns_from_the_best_weights_of_those_before_it() -> None:
    tokens, offsets = random_shard()
    data = PackedDocuments(tokens, offsets, torch.arange(30).numpy(), MODEL.context, 0)
    training = replace(TRAINING, steps=4, teachers=2, evaluate_every_steps=2, output_decay=2.0, taught_decay=0.5)
    looks = iter([1.0, 2.0, 3.0, 0.5, 4.0, 3.5])  # the best of the first teacher is its second step, of the others their last
    seen: list[dict[str, torch.Tensor]] = []
    decays = []

    def remember(each: TrainingState) -> bool:
        seen.append({name: parameter.detach().clone() for name, parameter in each.model.named_parameters()})
        decays.append((each.optimiser.weight_decay, each.optimiser.decays[each.optimiser.output]))
        return False

    state = fresh_state(training)
    train(state, data, training, watch=lambda _: next(looks), after_step=remember)
    for teacher, best in zip(state.teachers, (seen[1], seen[7]), strict=True):
        assert all(torch.equal(parameter, best[name]) for name, parameter in teacher.named_parameters())
    assert all(torch.equal(state.best[name], seen[11][name]) for name in state.best)
    assert (state.progress.step, state.progress.best_step, state.progress.best_bits_per_byte) == (12, 4, 3.5)
    assert decays == [(0.3, 2.0)] * 8 + [(0.15, 1.0)] * 4
    assert [(row["model"], row["step"]) for row in state.progress.history] == [(0, 2), (0, 4), (1, 2), (1, 4), (2, 2), (2, 4)]
    assert not torch.equal(seen[0]["embed_tokens.weight"], seen[4]["embed_tokens.weight"]), "other first weights and other text"


def test_teachers_change_what_is_learnt_and_not_themselves() -> None:
    states = []
    for share in (0.0, 0.7):
        training = replace(TRAINING, steps=4, teachers=1, taught_share=share, dropout=0.0, taught_dropout=0.0)
        states.append(fresh_state(training))
        run(states[-1], training)
    for first, second in zip(states[0].teachers[0].parameters(), states[1].teachers[0].parameters(), strict=True):
        assert torch.equal(first, second)
    assert not torch.equal(states[0].model.norm, states[1].model.norm)


def test_a_training_that_comes_apart_stops_and_says_so() -> None:
    training = replace(TRAINING, steps=50, matrix_rate=1.0)
    state = fresh_state(training)
    with torch.no_grad():
        state.model.embed_tokens.weight[0, 0] = float("nan")
    with pytest.raises(SettingsError, match=r"the training came apart at step 0: the loss is no longer a number \(plan\.toml\)\. Lower its learning"):
        run(state, training)
    assert state.progress.step == 0
    assert not state.best


@pytest.mark.parametrize(("steps", "warmup", "decay_share"), [(100, 10, 0.5), (12, 3, 0.7), (5, 20, 1.0), (1, 0, 0.0), (40, 0, 0.0), (30, 30, 0.2)])
def test_the_rate_rises_holds_and_falls_to_nothing(steps: int, warmup: int, decay_share: float) -> None:
    plan = replace(TRAINING, steps=steps, warmup_steps=warmup, decay_share=decay_share)
    rates = [schedule(step, plan) for step in range(steps + 1)]
    assert all(0 < rate <= 1 for rate in rates[:-1])
    assert rates[-1] == 0, "after the last step it would be zero"
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_the_rate_at_known_steps() -> None:
    plan = replace(TRAINING, steps=100, warmup_steps=10, decay_share=0.5)
    assert [schedule(step, plan) for step in (0, 4, 9, 10, 49, 50, 75, 99)] == pytest.approx([0.1, 0.5, 1, 1, 1, 1, 0.5, 0.02])


def test_short_sequences_come_first_and_hold_the_same_tokens_in_the_same_order() -> None:
    training = replace(TRAINING, short_context=8, short_share=0.5)
    seen: list[torch.Tensor] = []

    def recording(model: Decoder, inputs: torch.Tensor, targets: torch.Tensor, dropped: Dropout) -> torch.Tensor:
        seen.append(inputs.clone())
        assert torch.equal(inputs[:, 1:], targets[:, :-1]), "within a sequence the targets are the inputs moved on by one"
        return next_token_loss(model, inputs, targets, dropped)

    tokens, offsets = random_shard()
    data = PackedDocuments(tokens, offsets, np.arange(len(offsets) - 1), MODEL.context, training.seed)
    train(fresh_state(training), data, training, watch=lambda _: 0.0, after_step=lambda _: False, objective=recording)
    assert [tuple(piece.shape) for piece in seen] == [(4, 8)] * 12 + [(2, 16)] * 12, "two pieces a step, 6 steps each"
    assert torch.equal(torch.cat(seen[:2]).flatten(), data.batch(0, 4)[0].flatten())
