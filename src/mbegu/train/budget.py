"""Turns a budget into a plan: what must happen besides training is reckoned first, the rest is for training."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from mbegu.core.documents import RELATED
from mbegu.core.errors import ResourceError, SettingsError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs
from mbegu.core.units import format_bytes, format_number_of, format_seconds, parse_budget
from mbegu.ledger.energy.processor_model import modelled_energy
from mbegu.ledger.energy.value import BATTERY, METER, Energy
from mbegu.ledger.machine import describe_machine
from mbegu.model.canaries import CANDIDATES, LINE_TOKENS
from mbegu.train import computer as machine
from mbegu.train.planfile import ComputerPlan, ExpectedPlan, ModelPlan, Plan, TrainingPlan
from mbegu.train.planning import (
    BYTES_PER_WEIGHT,
    PLAN_SHARE,
    SEQUENCES,
    SHAPES,
    Candidate,
    Text,
    choose,
    memory_error,
    shape_plan,
    spread_of,
    training_memory_bytes,
)
from mbegu.train.settings import PlanSettings

LITTLE_TEXT_BYTES = 100_000
CARD = "the graphics processor"
AROUND_BYTES = 100_000_000  # text, looks, samples and checkpoints around the steps; 76 to 125 MB in seven runs (bench/plan_and_real.py)
EXPORT_BYTES_PER_WEIGHT = 4 + 4 + 2 + 1.1 + 0.7  # trained folder, its copy in export/ and release/ shares GGUF: F16, Q8_0, Q4_K_M
# Measured on the runs in bench/LOG.md.
COUNTING_S_PER_MB = 5.35  # with the curve of how much more text would help
MEMORY_DOCUMENTS, MEMORY_TOKENS = 400, 101  # of each side, and of each, looked at for what is known by heart (mbegu.evaluate.memorise)
FIXED_S = 20.0
SAMPLE_BYTES = 60_000  # what the export step measures each form on, unless the recipe says otherwise


def make_plan(settings: PlanSettings, inputs: Inputs, say: Say) -> Plan:
    """Measure this computer and choose the best training within the budget.

    Raises:
        ResourceError: the budget, the memory or the disk is too small.
    """
    held_bytes = psutil.Process().memory_info().rss
    text = _text_of(inputs)
    if text.bytes < LITTLE_TEXT_BYTES:
        say.warn(
            f"{format_bytes(text.bytes)} of text is very little. A model of it can be grown to try things out, to suggest the next letters on a "
            "keyboard or to tell this language from others; it will not write well. Counting may do better: the label will say."
        )
    computer = _choose_computer(settings, text, say)
    leave_out_card(computer, say)
    kind, amount = parse_budget(settings.budget)
    if kind == "kwh" and computer.device != "cpu":
        fix = "give a time, such as 30min"
        raise SettingsError("a budget in kWh needs to know what the graphics processor draws, which is not measured", settings.budget, fix)
    budget_s = amount if kind == "s" else _seconds_of_energy(amount, computer)
    counting_s = seconds_of_counting(inputs)
    if kind == "kwh":
        say.note(f"{settings.budget} are about {format_seconds(budget_s)} on this computer, with what it draws when idle")
    chosen = choose(text, computer, (budget_s - counting_s) * PLAN_SHARE, settings.seed, say, _free_bytes(computer, held_bytes), counting_s)
    machine.release_memory()  # shapes larger than the chosen one were measured
    held_bytes = psutil.Process().memory_info().rss  # with the libraries that training needs
    rest_s = counting_s + chosen.scoring_s
    say.note(f"of {format_seconds(budget_s)}, about {format_seconds(rest_s)} go to reading, counting and measuring")
    plan = Plan(chosen.model, chosen.training, computer, _expect(settings, text, chosen, computer, rest_s, held_bytes))
    _require_disk(plan, inputs)
    _explain(plan, text, say)
    return plan


def _text_of(inputs: Inputs) -> Text:
    corpus, tokenizer = inputs["corpus"].facts, inputs["tokenizer"].facts
    return Text(
        tokens=int(tokenizer["tokens"]["train"]),
        bytes=int(corpus["train_bytes"]),
        vocabulary_size=int(tokenizer["vocabulary_size"]),
        counting_bits_per_byte=_counting(inputs),
        related_tokens=int(tokenizer["tokens"].get(RELATED, 0)),
        scored_tokens=_scored_tokens(int(tokenizer["tokens"]["heldout"]), int(corpus["heldout_bytes"])) + _memory_tokens(corpus),
    )


def _scored_tokens(tokens: int, bytes_: int) -> int:
    """Return how many tokens are read to score the held-out text once, and a sample of it in four forms; windows overlap by half."""
    sample = min(1.0, SAMPLE_BYTES / max(bytes_, 1))
    return round(2 * tokens * (1 + 4 * sample))


def _memory_tokens(corpus: Mapping[str, Any]) -> int:
    """Return how many tokens are read to measure what is known by heart, and whether planted lines are."""
    documents = sum(min(MEMORY_DOCUMENTS, int(corpus[f"{side}_documents"])) for side in ("train", "heldout"))
    return documents * MEMORY_TOKENS + CANDIDATES * (LINE_TOKENS + 1)


def _counting(inputs: Inputs) -> float:
    """Return what PPMd needs on the held-out documents: it takes seconds and tells how hard this text is."""
    from mbegu.core.documents import read_documents
    from mbegu.model.ppmd import ppmd_bits

    train, heldout = (
        [document.text.encode() for document in read_documents(inputs["corpus"].path(f"{name}.parquet"))] for name in ("train", "heldout")
    )
    return float(ppmd_bits(train, heldout).sum()) / sum(map(len, heldout))


def _choose_computer(settings: PlanSettings, text: Text, say: Say) -> ComputerPlan:
    machine.prepare_process()
    device, why_device = machine.choose_device(settings.device)
    dtype, why_dtype = machine.choose_dtype(device, settings.dtype)
    shape = shape_plan(SHAPES[2], text.vocabulary_size)
    training = TrainingPlan(steps=1, sequences_per_step=SEQUENCES, sequences_at_once=SEQUENCES)

    def step_seconds(threads: int) -> float:
        return machine.measure_step_s(shape, training, ComputerPlan(device=device, dtype=dtype, threads=threads), 3)

    threads, why_threads = (1, "a graphics processor computes") if device != "cpu" else machine.choose_threads(settings.threads, step_seconds)
    say.note(f"this computer: {describe_machine().text()}")
    say.note(f"device {device} ({why_device}), {dtype} ({why_dtype}), {format_number_of(threads, 'thread')} ({why_threads})")
    return ComputerPlan(device=device, dtype=dtype, threads=threads)


def _seconds_of_energy(kwh: float, computer: ComputerPlan) -> float:
    """Return how long the budget lasts at the middle of the expected power, that of the idle computer in it: a battery gives both."""
    work = _energy(3600.0, computer)
    return kwh / max((work.total() or work).kwh, 1e-9) * 3600.0


def _energy(seconds: float, computer: ComputerPlan) -> Energy:
    energy = modelled_energy(seconds * computer.threads, seconds, describe_machine())
    return energy if computer.device == "cpu" else energy.without(CARD)


def leave_out_card(computer: ComputerPlan, say: Say) -> None:
    """Have it said with the energy of the step under way that what a graphics processor draws is not in it, where it is not."""
    if computer.device != "cpu":
        say.leave_out(CARD, (METER, BATTERY))


def seconds_of_counting(inputs: Inputs) -> float:
    """Return about how long reading, planning and the models that count take."""
    corpus = inputs["corpus"].facts
    megabytes = (int(corpus["train_bytes"]) + int(corpus["heldout_bytes"])) / 1e6
    return FIXED_S + COUNTING_S_PER_MB * megabytes


def _expect(settings: PlanSettings, text: Text, chosen: Candidate, computer: ComputerPlan, rest_s: float, held_bytes: int) -> ExpectedPlan:
    training = chosen.training
    training_s = chosen.training_s
    parameters = machine.as_config(chosen.model).parameters()
    energy = _energy(training_s + rest_s, computer)
    low, high = spread_of(chosen.bits_per_byte)
    return ExpectedPlan(
        budget=settings.budget,
        seconds=round(training_s + rest_s, 1),
        training_seconds=round(training_s, 1),
        tokens_per_second=round(training.sequences_per_step * chosen.model.context / chosen.step_s, 1),
        passes=round(chosen.passes, 2),
        parameters=parameters,
        memory_bytes=held_bytes + AROUND_BYTES + training_memory_bytes(chosen.model, chosen.training, computer.dtype),
        disk_bytes=growing_disk_bytes(chosen.model, training, text.bytes),
        bits_per_byte=round(chosen.bits_per_byte, 3),
        bits_per_byte_low=round(low, 3),
        bits_per_byte_high=round(high, 3),
        energy_kwh=energy.kwh,
        energy_kwh_low=energy.low_kwh,
        energy_kwh_high=energy.high_kwh,
        energy_method=energy.method,
    )


def free_memory_bytes() -> int:
    """Return how much memory this process may come to use: what is free and what it holds, no more than its container allows."""
    seen = describe_machine()
    free = seen.available_bytes + int(psutil.Process().memory_info().rss)
    return min(free, seen.memory_limit_bytes) if seen.memory_limit_bytes else free


def _free_bytes(computer: ComputerPlan, held_bytes: int) -> int:
    """Return the memory that a training may take where it computes; ``held_bytes`` is what this process keeps besides."""
    if computer.device == "cuda":
        return machine.free_card_bytes()
    return max(0, free_memory_bytes() - held_bytes - AROUND_BYTES)


def require_room_for(plan: Plan, inputs: Inputs) -> None:
    """Refuse a plan.toml that this computer, as it is now, has no room for; what the file expects does not count. Raises ``ResourceError``."""
    needed_bytes = training_memory_bytes(plan.model, plan.training, plan.computer.dtype)
    available_bytes = _free_bytes(plan.computer, psutil.Process().memory_info().rss)
    if needed_bytes > available_bytes:
        raise memory_error(needed_bytes, available_bytes, "close other programs, or lower sequences_at_once or the model's size in plan.toml")
    _require_disk(plan, inputs)


def _require_disk(plan: Plan, inputs: Inputs) -> None:
    needed_bytes = growing_disk_bytes(plan.model, plan.training, int(inputs["corpus"].facts["train_bytes"]))
    free_bytes = shutil.disk_usage(inputs.place.root).free
    if needed_bytes > free_bytes:
        raise ResourceError(
            f"growing needs {format_bytes(needed_bytes)} of disk and {format_bytes(free_bytes)} are free", fix="free some space and run it again"
        )


def growing_disk_bytes(model: ModelPlan, training: TrainingPlan, text_bytes: int) -> int:
    """Return the disk space that growing takes at its fullest: while it trains, or with all forms of the model, when no checkpoint is left."""
    exports_bytes = round(machine.as_config(model).parameters() * EXPORT_BYTES_PER_WEIGHT)
    return max(training_disk_bytes(model, training), exports_bytes) + 3 * text_bytes


def training_disk_bytes(model: ModelPlan, training: TrainingPlan) -> int:
    """Return the disk space of the training at its fullest: two checkpoints beside the one that is written, and the model."""
    return 3 * checkpoint_bytes(model, training) + machine.as_config(model).parameters() * BYTES_PER_WEIGHT


def checkpoint_bytes(model: ModelPlan, training: TrainingPlan) -> int:
    """Return the size of a checkpoint's tensors: weights, best weights, one mean for Muon's and two for Adam's, and the teachers."""
    config = machine.as_config(model)
    second_means = config.parameters() - config.block_parameters()
    return ((3 + training.teachers) * config.parameters() + second_means) * BYTES_PER_WEIGHT


def require_disk_for_training(plan: Plan, folder: Path) -> None:
    """Refuse to begin or go on with a training whose checkpoints and model the disk has no room for.

    Checkpoints that are there already need no room again.

    Args:
        plan: what is trained.
        folder: the output of the train step, or where it will be.

    Raises:
        ResourceError: the disk is too full.
    """
    there_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    needed_bytes = training_disk_bytes(plan.model, plan.training) - there_bytes
    existing = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    free_bytes = shutil.disk_usage(existing).free
    if needed_bytes > free_bytes:
        raise ResourceError(
            f"the training needs {format_bytes(needed_bytes)} of disk and {format_bytes(free_bytes)} are free",
            folder,
            "free some space and run the same command again: it goes on where it stopped",
        )


def _explain(plan: Plan, text: Text, say: Say) -> None:
    expected, training, model = plan.expected, plan.training, plan.model
    energy = _energy(expected.seconds, plan.computer)
    say.note(
        f"chosen: {expected.parameters / 1e6:.1f} M parameters ({model.hidden_size} wide, {model.layers} deep, context {model.context}), "
        f"{training.steps:,} steps, {expected.passes:.1f} passes over {text.tokens:,} tokens, dropout {training.dropout}, "
        f"weight decay {training.weight_decay}"
        + (f", {100 * training.parts_share:.0f} % of the merged tokens in two at first" if training.parts_share else "")
        + _related_words(training, text)
        + _teachers_words(training)
    )
    say.note(
        f"expected: {format_seconds(expected.seconds)}, {format_bytes(expected.memory_bytes)} of memory, {format_bytes(expected.disk_bytes)} of disk"
    )
    say.note(f"expected: energy, work alone {energy.text()}")
    say.note(f"expected: energy, in all {(energy.total() or energy).text()}")
    say.note(
        f"expected: {expected.bits_per_byte:.3f} bits per byte on held-out text "
        f"({expected.bits_per_byte_low:.3f} to {expected.bits_per_byte_high:.3f}); "
        f"counting (PPMd) needs {text.counting_bits_per_byte:.3f}"
    )


def _teachers_words(training: TrainingPlan) -> str:
    if not training.teachers:
        return ""
    last = training.of_model(training.teachers)
    return (
        f"; that is for {training.teachers} teachers of the same size before it, which it learns from with dropout {last.dropout}, "
        f"weight decay {last.weight_decay}"
    )


def _related_words(training: TrainingPlan, text: Text) -> str:
    if training.related_steps:
        return f"; {training.related_steps:,} of the steps, more of them at the beginning, read the related language"
    return "; the text of the related language is not used: all this time is better spent on the text itself" if text.related_tokens else ""
