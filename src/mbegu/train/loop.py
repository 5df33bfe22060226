"""The one training loop.

A step is a pure function of the state before it, the seed and its number: batch order is drawn from (seed, pass), dropout from
(seed, number of the sequence; on graphics processors, number of the piece of a step), so a run that was cut any number of times ends
in the same weights, bit for bit, at the same count of threads and workers; and any number of workers, each with its part of the
sequences, does the same step but for rounding, and on graphics processors but for dropout. Steps are numbered on over the teachers,
where the plan has any, and the model that learns from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from mbegu.core.errors import SettingsError
from mbegu.model.decoder import Decoder, Dropout, Dropped
from mbegu.train.checkpoint import Progress
from mbegu.train.data import Batches
from mbegu.train.distil import TaughtLoss
from mbegu.train.optim import Optimiser
from mbegu.train.planfile import TrainingPlan
from mbegu.train.workers import Workers

Objective = Callable[[Decoder, Tensor, Tensor, Dropped], Tensor]
DROPOUT_STREAM = 1_000_000_007  # a prime beyond any count of sequences: runs of neighbouring seeds share no random numbers


@dataclass
class TrainingState:
    """All that the next step depends on: tensors in ``model``, ``best``, ``teachers`` and ``optimiser``, plain values in ``progress``."""

    model: Decoder
    optimiser: Optimiser
    progress: Progress = field(default_factory=Progress)
    best: dict[str, Tensor] = field(default_factory=dict)
    teachers: list[Decoder] = field(default_factory=list)

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor under one name, for a checkpoint."""
        parts: list[tuple[str, Mapping[str, Tensor]]] = [
            ("model.", dict(self.model.named_parameters())),
            ("best.", self.best),
            ("optimiser.", self.optimiser.state),
            *((f"teacher{number}.", dict(teacher.named_parameters())) for number, teacher in enumerate(self.teachers)),
        ]
        return {prefix + name: tensor for prefix, part in parts for name, tensor in part.items()}

    @torch.no_grad()
    def load(self, tensors: Mapping[str, Tensor], progress: Progress) -> None:
        """Put back what ``tensors()`` and ``progress`` were."""
        device = self.optimiser.device
        for name, parameter in self.model.named_parameters():
            parameter.copy_(tensors["model." + name])
        self.best = {name[len("best.") :]: tensor.to(device) for name, tensor in tensors.items() if name.startswith("best.")}
        self.optimiser.load({name[len("optimiser.") :]: tensor for name, tensor in tensors.items() if name.startswith("optimiser.")})
        self.teachers = []
        while parts := {name.partition(".")[2]: tensor for name, tensor in tensors.items() if name.startswith(f"teacher{len(self.teachers)}.")}:
            self.add_teacher(parts)
        self.progress = progress

    @torch.no_grad()
    def add_teacher(self, weights: Mapping[str, Tensor]) -> None:
        """Make a teacher with a copy of these weights."""
        teacher = Decoder(self.model.config, self.model.dtype).to(self.optimiser.device)
        for name, parameter in teacher.named_parameters():
            parameter.copy_(weights[name])
        self.teachers.append(teacher.requires_grad_(False))


def next_token_loss(model: Decoder, inputs: Tensor, targets: Tensor, dropped: Dropped) -> Tensor:
    """Return the summed cross-entropy of the next token: the plain objective."""
    return model.loss(inputs, targets, dropped)


def schedule(step: int, plan: TrainingPlan) -> float:
    """Return the factor on the learning rates at ``step`` of a model: up over the warm-up, level, then straight down to zero at the end."""
    rise = (step + 1) / plan.warmup_steps if step < plan.warmup_steps else 1.0
    decay_steps = max(1, round(plan.decay_share * plan.steps))
    return min(rise, 1.0, (plan.steps - step) / decay_steps)


def sequence_tokens(step: int, plan: TrainingPlan, context: int) -> int:
    """Return how many tokens the model sees together at its ``step``: few at first, the whole context later.

    The same tokens in the same order, in shorter pieces, with which less is needed for the same bits per byte (bench/LOG.md).
    """
    return plan.short_context if plan.short_context and step < plan.short_share * plan.steps else context


def train(
    state: TrainingState,
    data: Batches,
    plan: TrainingPlan,
    *,
    watch: Callable[[Decoder], float],
    after_step: Callable[[TrainingState], bool],
    objective: Objective = next_token_loss,
    workers: Workers = Workers(),
) -> None:
    """Train until ``plan.all_steps``, in place: first the teachers, if any, then the model that is kept.

    Args:
        state: fresh or from a checkpoint.
        data: the training text.
        plan: all numbers.
        watch: returns bits per byte of the documents set aside; called every ``evaluate_every_steps`` steps and at the end.
        after_step: called after each step with the state complete; returns whether to stop now.
        objective: model, inputs, targets and dropout to a summed loss in nats; with teachers the last model's is ``TaughtLoss``.
        workers: who else computes; only the first of them looks at the documents set aside.

    Raises:
        SettingsError: the loss is no longer a finite number.
    """
    progress = state.progress
    while progress.step < plan.all_steps:
        if progress.step == plan.steps * (len(state.teachers) + 1):
            _begin_next_model(state, plan, workers)
        own_plan = plan.of_model(len(state.teachers))
        learns = TaughtLoss(state.teachers, plan.taught_share) if plan.teachers and len(state.teachers) == plan.teachers else objective
        loss = _one_step(state, data, own_plan, learns, workers)
        progress.loss_sum += loss
        progress.loss_tokens += plan.sequences_per_step * data.context
        progress.step += 1
        done = progress.step - plan.steps * len(state.teachers)
        if workers.is_first and (done % plan.evaluate_every_steps == 0 or done == plan.steps):
            _look(state, data, plan, watch, done)
        if after_step(state):
            return


def _begin_next_model(state: TrainingState, plan: TrainingPlan, workers: Workers) -> None:
    """Make the best weights a teacher, and begin again from other first weights."""
    workers.share_best(state)
    state.add_teacher(state.best)
    number = len(state.teachers)
    state.model.initialise(plan.seed + number)
    state.optimiser.forget()
    state.best = {}
    state.progress.best_step, state.progress.best_bits_per_byte = 0, math.inf


def _one_step(state: TrainingState, data: Batches, plan: TrainingPlan, objective: Objective, workers: Workers) -> float:
    step = state.progress.step
    own_step = step - plan.steps * len(state.teachers)
    device = state.optimiser.device
    inputs, targets = data.batch(step, plan.sequences_per_step)
    length = sequence_tokens(own_step, plan, data.context)
    own = workers.own_part(plan.sequences_per_step)
    total = 0.0
    for first in own[:: plan.sequences_at_once]:
        piece = slice(first, min(first + plan.sequences_at_once, own.stop))
        dropped = dropout_of(step, range(plan.sequences_per_step)[piece], plan)
        some_inputs, some_targets = (each[piece].view(-1, length).to(device) for each in (inputs, targets))
        loss = objective(state.model, some_inputs, some_targets, dropped)
        (loss / targets.numel()).backward()  # type: ignore[no-untyped-call]
        total += loss.item()
    total = workers.sum_gradients(state.model, total)
    if not math.isfinite(total):
        raise SettingsError(f"the training came apart at step {step:,}: the loss is no longer a number", "plan.toml", "lower its learning rates")
    state.optimiser.set_decays(plan.weight_decay, plan.output_decay)
    state.optimiser.step(own_step, schedule(own_step, plan))
    workers.spread_weights(state.model)
    return total


def dropout_of(step: int, sequences: range, plan: TrainingPlan) -> Dropout:
    """Return the dropout of some sequences of a step: each draws from a stream told by its number in the whole run."""
    run = plan.seed * DROPOUT_STREAM + step * plan.sequences_per_step
    torch.manual_seed(run + sequences.start)  # for a graphics processor, which draws for all of them at once
    return Dropout(plan.dropout, [torch.Generator().manual_seed(run + number) for number in sequences])


def _look(state: TrainingState, data: Batches, plan: TrainingPlan, watch: Callable[[Decoder], float], step: int) -> None:
    """Measure the documents set aside, keep the weights when they are the best so far, and add a row to the history."""
    progress = state.progress
    bits_per_byte = watch(state.model)
    row: dict[str, Any] = {
        "step": step,
        "passes": data.passes(range(progress.step - step, progress.step), plan.sequences_per_step),
        "training_nats_per_token": progress.loss_sum / progress.loss_tokens,
        "watched_bits_per_byte": bits_per_byte,
    }
    if plan.teachers:
        row["model"] = len(state.teachers)
    progress.history.append(row)
    progress.loss_sum, progress.loss_tokens = 0.0, 0
    if bits_per_byte < progress.best_bits_per_byte:
        progress.best_bits_per_byte, progress.best_step = bits_per_byte, step
        state.best = {name: parameter.detach().clone() for name, parameter in state.model.named_parameters()}
