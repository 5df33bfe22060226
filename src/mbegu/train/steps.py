"""The plan step and the train step: artifacts in, artifacts out."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mbegu.core import durable
from mbegu.core.artifacts import CHECKPOINTS, Artifact
from mbegu.core.documents import RELATED
from mbegu.core.errors import InputError, LostWorkerError, SettingsError
from mbegu.core.report import Say
from mbegu.core.settings import as_table
from mbegu.core.steps import Inputs
from mbegu.core.units import format_number_of, format_seconds
from mbegu.ledger.machine import describe_machine
from mbegu.model.canaries import LEARNT, planted_lines, times_planted
from mbegu.model.decoder import Decoder
from mbegu.model.folder import save_model
from mbegu.model.torch_engine import TorchEngine
from mbegu.tokenizer.bpe import END_OF_TEXT_ID, open_tokenizer
from mbegu.tokenizer.encode import open_shard
from mbegu.train import computer as machine
from mbegu.train.budget import leave_out_card, make_plan, require_disk_for_training, require_room_for
from mbegu.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from mbegu.train.data import Batches, PackedDocuments, WithRelated, choose_validation, plant
from mbegu.train.loop import TrainingState, train
from mbegu.train.parts import parts_of
from mbegu.train.planfile import SECTIONS, ComputerPlan, Plan, read_plan, require_vocabulary, write_plan
from mbegu.train.planning import MOST_WATCHED_TOKENS
from mbegu.train.settings import PlanSettings, TrainSettings
from mbegu.train.workers import Workers, company

# Allowances of ours, to be done before the time to stop: half as long again as the longest step and the last save, and a second for the
# ledger; a save that is not measured yet goes to an old disk.
MARGIN = 1.5
LEAST_MARGIN_S = 1.0
SLOW_DISK_BYTES_PER_S = 20e6
WATCHED_LOGITS = 1 << 22  # alive at once while looking at the documents set aside: no more memory than a training step takes


def grow_plan(settings: PlanSettings, inputs: Inputs, out: Path, say: Say) -> dict[str, Any]:
    """Use the project's plan.toml as it is, or measure this computer and make one.

    Returns:
        The plan as plain values.

    Raises:
        SettingsError: plan.toml is wrong, or belongs to another vocabulary.
        ResourceError: budget, memory or disk do not suffice.
    """
    path = inputs.place.plan
    if path.is_file():
        plan = read_plan(path)
        require_room_for(plan, inputs)
        say.note(f"plan.toml is there and is followed to the letter: {plan.training.all_steps:,} steps")
        if RELATED in inputs["tokenizer"].facts["tokens"] and not plan.training.related_steps:
            say.warn("plan.toml has no related_steps: the text of the related language is not used; delete plan.toml to plan anew")
    else:
        plan = make_plan(settings, inputs, say)
        write_plan(path, plan)
    require_vocabulary(plan, inputs["tokenizer"].facts["vocabulary_size"], path)
    durable.copy_file(path, out / "plan.toml")
    return {"plan": _as_facts(plan)}


def _as_facts(plan: Plan) -> dict[str, Any]:
    return {name: as_table(getattr(plan, name)) for name in SECTIONS}


def grow_train(settings: TrainSettings, inputs: Inputs, out: Path, say: Say) -> dict[str, Any]:
    """Train the model as planned, from the newest checkpoint where there is one.

    Returns:
        Parameters, steps, tokens seen, passes, best step, what computed it, and whether every resume was exact.

    Raises:
        StoppedError: the user asked to stop, or it waits for its hours or for power; a checkpoint is saved.
        LostWorkerError: another worker of this training ended; the last checkpoint stands.
        ResourceError: the disk has no room for it, fills up or refuses; what was saved stays.
    """
    plan = read_plan(inputs["plan"].path("plan.toml"))
    require_disk_for_training(plan, out)
    leave_out_card(plan.computer, say)
    with company(inputs.workers, plan, say) as workers:
        return _train_as_first(settings, inputs, out, say, plan, workers)


def _train_as_first(settings: TrainSettings, inputs: Inputs, out: Path, say: Say, plan: Plan, workers: Workers) -> dict[str, Any]:
    machine.prepare_process()
    computer = workers.own_computer(plan.computer)
    torch.set_num_threads(computer.threads)
    machine.compute_reproducibly()
    tokenizer = inputs["tokenizer"]
    data, watched_ids, watched_bytes, learnt = _training_data(plan, tokenizer)
    model, optimiser = machine.build(plan.model, plan.training, computer)
    state = TrainingState(model, optimiser)
    durable.make_folder(out)
    checkpoints = out / CHECKPOINTS
    _resume(state, checkpoints, computed_by(computer, workers.count), say)
    workers.begin(state)
    session = _Session(state, plan, settings, checkpoints, TorchEngine(model, open_tokenizer(tokenizer.folder)), say, workers)
    say.note(
        f"{model.config.parameters() / 1e6:.1f} M parameters, {plan.training.steps:,} steps of "
        f"{plan.training.sequences_per_step * plan.model.context:,} tokens, {computer.dtype}, "
        f"{format_number_of(computer.threads, 'thread')}"
    )
    say.defers_stop = True
    try:
        train(
            state,
            workers.shared(data),
            plan.training,
            watch=lambda m: watched_bits_per_byte(m, watched_ids, watched_bytes),
            after_step=lambda s: workers.decide(session.after_step(s)),
            workers=workers,
        )
    except LostWorkerError as error:
        raise session.explain_lost(error) from error
    finally:
        say.defers_stop = False
    progress = state.progress
    if progress.step < plan.training.all_steps:
        raise say.pauses.stopped(f"stopped at step {progress.step:,} of {plan.training.all_steps:,}; all of it is saved")
    last_model = range(progress.step - plan.training.steps, progress.step)
    save_model(out / "model", model.config, state.best, tokenizer.folder)
    durable.write_json(out / LEARNT, learnt)
    durable.write_text(out / "history.jsonl", "".join(json.dumps(row, sort_keys=True) + "\n" for row in progress.history))
    watched = "the documents set aside" if learnt["set_aside"] else "the training text itself: there was too little to set any aside"
    say.done(f"trained: {progress.best_bits_per_byte:.3f} bits per byte at step {progress.best_step:,}, on {watched}")
    return {
        "parameters": model.config.parameters(),
        "steps": progress.step,
        "teachers": plan.training.teachers,
        "tokens_seen": progress.step * plan.training.sequences_per_step * plan.model.context,
        "passes": round(data.passes(last_model, plan.training.sequences_per_step), 3),
        **({"related_steps": plan.training.related_steps} if plan.training.related_steps else {}),
        "best_step": progress.best_step,
        "validation_bits_per_byte": progress.best_bits_per_byte,
        "threads": computer.threads,
        "workers": workers.count,
        "dtype": plan.computer.dtype,
        "device": plan.computer.device,
        "seed": plan.training.seed,
        "exact_resume": progress.is_exact,
        "expected": _as_facts(plan)["expected"],
    }


def _training_data(plan: Plan, tokenizer: Artifact) -> tuple[Batches, torch.Tensor, float, dict[str, Any]]:
    """Return the training stream, the ids and bytes of the documents set aside, and what is to be known to measure the memory."""
    shard = open_shard(tokenizer.folder, "train")
    tokens, offsets = np.asarray(shard.tokens), np.asarray(shard.offsets)
    training = plan.training
    used, watched = choose_validation(offsets, training.watched_share, MOST_WATCHED_TOKENS, training.seed)
    times = times_planted(training.canaries, len(used), int((offsets[used + 1] - offsets[used]).sum()))
    planted = planted_lines(len(times), plan.model.vocabulary_size, training.seed)
    in_parts = parts_of(open_tokenizer(tokenizer.folder), plan.training, plan.model.context)
    data: Batches = PackedDocuments(*plant(tokens, offsets, used, planted, times), plan.model.context, training.seed, in_parts)
    if training.related_steps:
        data = WithRelated(_related(plan, tokenizer), data, training)
    learnt = {"set_aside": watched.tolist(), "canaries": {"asked": training.canaries, "times": list(times), "seed": training.seed}}
    documents = watched if len(watched) else used  # with nothing set aside the training text itself is watched, the beginning of it
    ids = np.concatenate([np.zeros(1, dtype=tokens.dtype), *(tokens[offsets[i] : offsets[i + 1]] for i in documents)]).astype(np.int64)
    if not len(watched):
        ids = ids[: MOST_WATCHED_TOKENS + 1]
    bytes_per_token = float(tokenizer.facts["bytes_per_token"]["train"])
    tokens_of_text = int((ids[1:] != END_OF_TEXT_ID).sum())
    return data, torch.from_numpy(ids), tokens_of_text * bytes_per_token, learnt


def _related(plan: Plan, tokenizer: Artifact) -> PackedDocuments:
    """Return the stream of text of the related language. Raises ``SettingsError`` when the recipe names none."""
    if RELATED not in tokenizer.facts["tokens"]:
        fix = "set related_steps to 0 or delete plan.toml to plan anew, or name such text under 'related' in [corpus]"
        raise SettingsError("plan.toml reads text of a related language, and there is none", "plan.toml", fix)
    shard = open_shard(tokenizer.folder, RELATED)
    tokens, offsets = np.asarray(shard.tokens), np.asarray(shard.offsets)
    return PackedDocuments(tokens, offsets, np.arange(len(shard)), plan.model.context, plan.training.seed)


@torch.no_grad()
def watched_bits_per_byte(model: Decoder, ids: torch.Tensor, bytes_: float) -> float:
    """Return bits per byte of a packed run of documents, in windows without overlap: quick, for watching, not for the label.

    Args:
        model: the decoder.
        ids: [N] int64, an end-of-text token and then documents that each end in one.
        bytes_: of the text behind ``ids[1:]``.
    """
    context = model.config.context
    device = model.cos.device
    nats = 0.0
    at_once = context * max(1, WATCHED_LOGITS // (context * model.config.vocabulary_size))
    for start in range(0, len(ids) - 1, at_once):
        window = ids[start : start + at_once + 1].to(device)
        whole = (len(window) - 1) // context * context
        if whole:
            nats += _nats(model, window[:whole].view(-1, context), window[1 : whole + 1].view(-1, context))
        if whole < len(window) - 1:
            nats += _nats(model, window[None, whole:-1], window[None, whole + 1 :])
    return nats / math.log(2) / bytes_


def _nats(model: Decoder, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    logits = model.logits(inputs)
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").item()


def _resume(state: TrainingState, checkpoints: Path, now: dict[str, str], say: Say) -> None:
    """Load the newest checkpoint; notice when something else computes now than did before."""
    state.progress.computed_by = now
    found = load_checkpoint(checkpoints, say)
    if found is None:
        return
    state.load(*found)
    progress = state.progress
    say.note(f"goes on at step {progress.step:,}")
    if "numpy" not in progress.computed_by:  # so old that ends of documents counted as text: no later look would be better than those
        progress.best_bits_per_byte = math.inf
    changed = [name for name, value in now.items() if progress.computed_by.get(name, value) != value]
    if changed:
        say.warn(f"{', '.join(changed)} changed since the last step: the training goes on, but the weights are no longer those of an uncut run")
        progress.is_exact = False
        progress.computed_by = now


def computed_by(computer: ComputerPlan, workers: int = 1) -> dict[str, str]:
    """Return everything that decides the last bits of a result: the same values mean the same weights."""
    return {
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "processor": describe_machine().processor,
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "device": computer.device if computer.device != "cuda" else f"{torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}",
        "dtype": computer.dtype,
        "threads": str(computer.threads),
        "workers": str(workers),
    }


class _Session:
    """What happens around the steps of one run: checkpoints, the table, the sample, pauses and the wish to stop."""

    def __init__(
        self, state: TrainingState, plan: Plan, settings: TrainSettings, checkpoints: Path, engine: TorchEngine, say: Say, workers: Workers
    ) -> None:
        self.state, self.plan, self.settings = state, plan, settings
        self.checkpoints, self.engine, self.say, self.workers = checkpoints, engine, say, workers
        self.began_s, self.first_step = time.monotonic(), state.progress.step
        self.saved_s = self.stepped_s = self.began_s
        self.saved_step = state.progress.step
        self.longest_step_s = 0.0
        self.save_takes_s = sum(tensor.nbytes for tensor in state.tensors().values()) / SLOW_DISK_BYTES_PER_S  # until it is measured
        self.shown = len(state.progress.history)
        self.has_head = False

    def after_step(self, state: TrainingState) -> bool:
        progress = state.progress
        self.say.progress(progress.step, self.plan.training.all_steps, "steps", self._share(progress.step))
        if len(progress.history) > self.shown:
            self._show(progress)
        is_over = progress.step >= self.plan.training.all_steps
        now_s = time.monotonic()
        self.longest_step_s = max(self.longest_step_s, now_s - self.stepped_s)
        decision = self.say.pauses.ask(LEAST_MARGIN_S + MARGIN * (self.longest_step_s + self.save_takes_s))
        if decision.saves or is_over or now_s - self.saved_s >= self.settings.checkpoint_every_s:
            self.workers.gather_state(state.optimiser)
            self._require_folder()
            save_checkpoint(self.checkpoints, state.tensors(), progress)
            self.saved_s, self.saved_step = time.monotonic(), progress.step
            self.save_takes_s = self.saved_s - now_s
        if decision.action == "save":
            self.say.warn(f"{decision.why}; saved at step {progress.step:,}")
        self.stepped_s = time.monotonic()
        return decision.ends

    def _require_folder(self) -> None:
        """Stop where the project was moved or renamed: saving would make a new folder at its old place, and nobody would look there."""
        folder = self.checkpoints.parent
        if not folder.is_dir():
            fix = f"run the same command where it is now: it goes on from step {self.saved_step:,}"
            raise InputError("the project is no longer there: it was moved, renamed or deleted", folder, fix)

    def explain_lost(self, error: LostWorkerError) -> LostWorkerError:
        """Say where a worker was lost and what stands."""
        saved = f"the last save is step {self.saved_step:,}" if self.saved_step else "nothing was saved yet"
        return LostWorkerError(f"{error.what} at step {self.state.progress.step:,}; {saved}", fix=error.fix)

    def _share(self, step: int) -> float:
        """Return how much of the work is done after a step, 0 to 1."""
        training = self.plan.training
        return training.work(step) / training.work(training.all_steps)

    def _show(self, progress: Progress) -> None:
        """One row of the table, with a sample of the model's writing under it."""
        row, teachers = progress.history[-1], self.plan.training.teachers
        if not self.has_head or (teachers and row["model"] != progress.history[-2]["model"]):
            self.has_head = True
            if teachers:
                number = row["model"] + 1
                self.say.note(f"teacher {number} of {teachers}" if number <= teachers else f"the model that learns from {teachers} teachers")
            self.say.note("    step  passes  learnt  bits/byte  time left   cost")
        self.shown = len(progress.history)
        share = self._share(progress.step)
        left = format_seconds((time.monotonic() - self.began_s) / (share - self._share(self.first_step)) * (1 - share))
        mark = "*" if progress.best_step == row["step"] else " "
        self.say.note(
            f"{row['step']:8,}  {row['passes']:6.2f}  {100 * share:5.0f} %  "
            f"{row['watched_bits_per_byte']:8.3f}{mark}  {left:>10}  {self.say.cost_so_far()}"
        )
        if self.settings.sample_tokens:
            written = "".join(self.engine.complete("", self.settings.sample_tokens, temperature=0.7, seed=0))
            self.say.note(f"          “{' '.join(written.split())}”")
