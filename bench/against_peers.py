"""Our held-out bits per byte beside Hugging Face `Trainer`, nanochat and 7-Zip's PPMd: same text, same processor seconds.

    pip install transformers accelerate        (and the program 7z for ppmd, a checkout for nanochat: see nanochat_beside.py)
    python bench/against_peers.py --data DIR --cpu-seconds 3600 --threads 2 --contender ours --out peers.jsonl
    python bench/against_peers.py --data DIR --cpu-seconds 3600 --threads 2 --contender trainer --rate 2e-3 --out peers.jsonl
    python bench/against_peers.py --data DIR --cpu-seconds 3600 --threads 2 --contender trainer-bf16 --rate 2e-3 --out peers.jsonl
    python bench/against_peers.py --data DIR --cpu-seconds 3600 --threads 2 --contender nanochat --nanochat CHECKOUT --out peers.jsonl
    python bench/against_peers.py --data DIR --contender ppmd --out peers.jsonl
    python bench/against_peers.py --table peers.jsonl

Claim: with the same text and the same processor seconds our model needs fewer bits per byte of unseen text than each of them.

The same for all: text and held-out documents (`language_text.py`), tokenizer, context, tokens a step, seconds that count (those of the
processor over all threads, from the first step on; imports, tokenising, measuring speed and results do not count), and the measuring: each
document by itself after the start token, in windows of half overlap, in float32, bits over UTF-8 bytes of NFC text. Each contender's own:
optimiser, rates, schedule, regularisation. Each schedule ends with the budget: the number of steps follows from a measured step, so a figure
taken at a mark on the way is not what a run with that budget would reach. 7-Zip does not count seconds; its figure is that of `seven_zip.py`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from language_text import add_text_arguments, describe, joined, read_language, size_bytes
from mbegu.core.report import format_table
from mbegu.model.decoder import Decoder
from mbegu.train import computer
from mbegu.train.data import PackedDocuments, choose_validation
from mbegu.train.loop import TrainingState, train
from mbegu.train.parts import parts_of
from mbegu.train.planfile import ComputerPlan, ModelPlan, TrainingPlan
from mbegu.train.planning import MOST_WATCHED_TOKENS, SHAPES, Text, make_candidate, shape_plan
from mbegu.train.steps import watched_bits_per_byte
from race import CONTEXT_TOKENS, SEQUENCES, Logits, Race, StepTimer, TokenisedText, processor_seconds
from seven_zip import compressed_bytes

CONTENDERS = ("ours", "trainer", "trainer-bf16", "nanochat", "ppmd")
MEASURED_BEFORE = (320, 8, 832, 5, 5)  # 12.3 M parameters with a vocabulary of 8,192
ALL_SHAPES = {f"{shape[0]}x{shape[1]}": shape for shape in sorted({*SHAPES, MEASURED_BEFORE})}
COMPARED_WITHIN = ("language", "budget_cpu_s", "threads")
TRAINER_WARMUP_SHARE = 0.05


def run_ours(race: Race, plan: ModelPlan, how: ComputerPlan, arguments: argparse.Namespace) -> None:
    """Train as `mbegu grow` does: regularisation and schedule as the planner fills them in, the best weights as the result."""
    computer.prepare_process()
    computer.compute_reproducibly()
    data = race.data
    draft = TrainingPlan(
        steps=StepTimer.STEPS, sequences_per_step=SEQUENCES, sequences_at_once=SEQUENCES, seed=arguments.seed, dropout=0.1, evaluate_every_steps=10**6
    )
    used, watched = choose_validation(data.offsets, draft.watched_share, MOST_WATCHED_TOKENS, draft.seed)
    batches = PackedDocuments(data.tokens, data.offsets, used, CONTEXT_TOKENS, draft.seed)
    timer = StepTimer()

    def note_time(_: TrainingState) -> bool:
        timer.after_step()
        return False

    train(TrainingState(*computer.build(plan, draft, how)), batches, draft, watch=lambda _: 0.0, after_step=note_time)
    steps = arguments.steps or race.steps(timer.step_s())
    text = Text(len(data.tokens), size_bytes(data.text.train), plan.vocabulary_size, counting_bits_per_byte=1.0)
    # The time that makes the planner arrive at about these steps; what it sets aside for looks and saving does not count here.
    candidate = make_candidate(text, plan, draft, timer.step_s(), steps * timer.step_s())
    plan, training = candidate.model, replace(candidate.training, steps=steps)
    training = replace(
        training,
        matrix_rate=_given(arguments.rate, training.matrix_rate),
        dropout=_given(arguments.dropout, training.dropout),
        weight_decay=_given(arguments.weight_decay, training.weight_decay),
    )
    in_parts = parts_of(data.tokenizer, training, CONTEXT_TOKENS)
    batches = PackedDocuments(data.tokens, data.offsets, used, CONTEXT_TOKENS, training.seed, in_parts)
    state = TrainingState(*computer.build(plan, training, how))
    race.facts |= {"parameters": state.model.config.parameters(), "dropout": training.dropout, "weight_decay": training.weight_decay}
    race.facts |= {"rate": training.matrix_rate, "tied_output": plan.tied_output}
    ids = torch.from_numpy(np.concatenate([[0], *(data.tokens[data.offsets[i] : data.offsets[i + 1]] for i in watched)]).astype(np.int64))
    judge = Decoder(state.model.config, torch.float32)

    def watch(model: Decoder) -> float:
        with race.clock.paused():
            return watched_bits_per_byte(model, ids, (len(ids) - 1) * data.bytes_per_token)

    def judge_now() -> Logits:
        is_end = state.progress.step == training.steps
        judge.load_state_dict(state.best if is_end else dict(state.model.named_parameters()))
        return judge.logits

    def after_step(now: TrainingState) -> bool:
        race.after_step(now.progress.step, training.steps, judge_now, best_step=now.progress.best_step)
        return False

    race.clock.start()
    train(state, batches, training, watch=watch, after_step=after_step)


def _given(value: float | None, planned: float) -> float:
    return planned if value is None else value


class Chunks(torch.utils.data.Dataset):  # type: ignore[type-arg]
    """The training text cut into sequences of one context, as causal models are usually given to `Trainer`, which shuffles them."""

    def __init__(self, data: TokenisedText, seed: int) -> None:
        order = np.random.default_rng(seed).permutation(len(data.offsets) - 1)
        stream = np.concatenate([data.tokens[data.offsets[i] : data.offsets[i + 1]] for i in order]).astype(np.int64)
        self.rows = torch.from_numpy(stream[: len(stream) // CONTEXT_TOKENS * CONTEXT_TOKENS]).view(-1, CONTEXT_TOKENS)

    def __len__(self) -> int:
        """The number of sequences."""
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Return one sequence; the model itself moves the labels on by one."""
        return {"input_ids": self.rows[index], "labels": self.rows[index]}


def run_trainer(race: Race, plan: ModelPlan, how: ComputerPlan, arguments: argparse.Namespace) -> None:
    """Train ``Qwen3ForCausalLM`` of the same shape with `Trainer`: AdamW (0.9, 0.95), cosine to zero, gradients clipped at 1."""
    from transformers import Qwen3Config, Qwen3ForCausalLM, Trainer, TrainerCallback, TrainingArguments, set_seed

    chunks = Chunks(race.data, arguments.seed)
    config = Qwen3Config(**replace(computer.as_config(plan), tied_output=True).as_hugging_face())
    judge = Qwen3ForCausalLM(config)
    judge.train(False)
    rate = _given(arguments.rate, 1e-3)
    weight_decay = _given(arguments.weight_decay, 0.1)

    def fit(steps: int, callback: TrainerCallback, folder: str) -> None:
        set_seed(arguments.seed)
        settings = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=SEQUENCES,
            max_steps=steps,
            learning_rate=rate,
            weight_decay=weight_decay,
            adam_beta1=0.9,
            adam_beta2=0.95,
            lr_scheduler_type="cosine",
            warmup_steps=round(TRAINER_WARMUP_SHARE * steps),
            bf16=how.dtype == "bfloat16",
            use_cpu=True,
            dataloader_pin_memory=False,
            dataloader_drop_last=True,
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
            seed=arguments.seed,
        )
        model = Qwen3ForCausalLM(config)
        race.facts["parameters"] = sum(p.numel() for p in model.parameters())
        Trainer(model=model, args=settings, train_dataset=chunks, callbacks=[callback]).train()

    class Timing(TrainerCallback):
        timer = StepTimer()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.timer.after_step()

    class Measuring(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            race.clock.start()

        def on_step_end(self, args: Any, state: Any, control: Any, *, model: Any = None, **_: Any) -> None:
            def judge_now() -> Logits:
                # A model of its own: `Trainer` has the one it trains compute in bfloat16 whenever it is called.
                judge.load_state_dict(model.state_dict())
                return lambda ids: judge(input_ids=ids, use_cache=False).logits

            race.after_step(state.global_step, state.max_steps, judge_now)

    race.facts |= {"rate": rate, "weight_decay": weight_decay, "dropout": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        steps = arguments.steps
        if not steps:
            timing = Timing()
            fit(StepTimer.STEPS, timing, folder)
            steps = race.steps(timing.timer.step_s())
        fit(steps, Measuring(), folder)


def run_ppmd(race: Race) -> None:
    """Compress with 7-Zip: what the held-out text adds to the training text."""
    before, after = joined(race.data.text.train), joined(race.heldout)
    began_s = processor_seconds()
    with tempfile.TemporaryDirectory() as folder:
        added_bytes = compressed_bytes(before + after, Path(folder)) - compressed_bytes(before, Path(folder))
    race.write(
        {"cpu_s": round(processor_seconds() - began_s, 1), "bits_per_byte": round(8 * added_bytes / size_bytes(race.heldout), 4), "is_end": True}
    )


def table(path: Path) -> str:
    """Return the finished runs of a file of records, best first."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = []
    for record in sorted((each for each in records if each["is_end"]), key=lambda each: (each["language"], each["bits_per_byte"])):
        names = ("language", "contender", "shape", "dtype", "rate", "seed", "budget_cpu_s", "cpu_s", "passes", "tokens_per_cpu_s", "bits_per_byte")
        rows.append([record.get(name, "") for name in names])
    return format_table(names, rows) + "\n" + "\n".join(_pairs([each for each in records if each.get("document_bits")]))


def _pairs(ends: list[dict[str, Any]]) -> list[str]:
    """Return how each other run differs from the best of ours with the same language, budget and held-out documents.

    Given as bits a document, the mean of the paired differences with its standard error.
    """
    lines = []
    for record in ends:
        same = [each for each in ends if each["contender"] == "ours" and all(each.get(name) == record.get(name) for name in COMPARED_WITHIN)]
        same = [each for each in same if len(each["document_bits"]) == len(record["document_bits"]) >= 2]
        if record["contender"] == "ours" or not same:
            continue
        best = min(same, key=lambda each: each["bits_per_byte"])
        differences = [theirs - mine for theirs, mine in zip(record["document_bits"], best["document_bits"], strict=True)]
        error = statistics.stdev(differences) / len(differences) ** 0.5
        saved = 100 * sum(differences) / sum(record["document_bits"])
        name = f"{record['contender']} (rate {record.get('rate', '')}, {record['budget_cpu_s']:.0f} CPU-s)"
        lines.append(f"ours against {name}: {saved:+.1f} % fewer bits, {statistics.mean(differences):.0f} ± {error:.0f} bits a document")
    return lines


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contender", choices=CONTENDERS)
    parser.add_argument("--cpu-seconds", type=float, default=3600.0, help="budget of the training, seconds of the processor over all threads")
    parser.add_argument("--marks", default="", help="seconds at which to measure on the way, as 900,1800")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--shape", choices=ALL_SHAPES, default="320x8", help="width x depth; nanochat takes the same two")
    parser.add_argument("--vocabulary", type=int, default=8192)
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16", help="of ours and nanochat")
    parser.add_argument("--rate", type=float, help="Trainer: its learning rate (1e-3); ours: the matrices' (as planned)")
    parser.add_argument("--weight-decay", type=float, help="Trainer: 0.1; ours: as planned")
    parser.add_argument("--dropout", type=float, help="ours only: instead of the planned one")
    parser.add_argument("--nanochat", type=Path, help="a checkout of nanochat")
    parser.add_argument("--rate-scale", type=float, default=1.0, help="nanochat: on all of its rates")
    parser.add_argument("--compile", action="store_true", help="nanochat: with torch.compile, whose own time does not count")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=0, help="steps to take instead of as many as fill the budget")
    parser.add_argument("--heldout-documents", type=int, help="measure on so many only: for trying things, not for a claim")
    parser.add_argument("--out", type=Path, help="append JSON lines to this file")
    parser.add_argument("--table", type=Path, help="print the table of such a file, then stop")
    add_text_arguments(parser, is_required=False)
    arguments = parser.parse_args()
    if arguments.table is None and (arguments.data is None or arguments.contender is None):
        parser.error("--data and --contender are needed")
    if arguments.contender == "nanochat" and arguments.nanochat is None:
        parser.error("--nanochat is needed: a checkout of it")
    return arguments


def main() -> None:
    """Run one contender, or print the table of those that ran."""
    arguments = read_arguments()
    if arguments.table:
        print(table(arguments.table))
        return
    torch.set_num_threads(arguments.threads)
    text = read_language(arguments.data, arguments.language)
    print(describe(text))
    data = TokenisedText.make(text, arguments.vocabulary)
    plan = shape_plan(ALL_SHAPES[arguments.shape], data.tokenizer.get_vocab_size())
    heldout = text.heldout[: arguments.heldout_documents]
    marks = tuple(sorted(float(each) for each in arguments.marks.split(",") if each))
    race = Race(arguments.contender, data, arguments.cpu_seconds, marks, heldout, out=arguments.out)
    if arguments.contender == "ppmd":
        run_ppmd(race)
        return
    dtype = {"trainer": "float32", "trainer-bf16": "bfloat16"}.get(arguments.contender, arguments.dtype)
    race.facts |= {
        "budget_cpu_s": arguments.cpu_seconds,
        "shape": arguments.shape,
        "dtype": dtype,
        "threads": arguments.threads,
        "seed": arguments.seed,
    }
    print(f"{len(data.tokens):,} training tokens, {data.bytes_per_token:.2f} bytes a token", flush=True)
    how = ComputerPlan(dtype=dtype, threads=arguments.threads)
    if arguments.contender == "ours":
        run_ours(race, plan, how, arguments)
    elif arguments.contender == "nanochat":
        from nanochat_beside import run_nanochat

        race.facts["rate"] = arguments.rate_scale
        shape = (plan.hidden_size, plan.layers)
        run_nanochat(
            race,
            arguments.nanochat,
            shape,
            dtype=dtype,
            rate_scale=arguments.rate_scale,
            seed=arguments.seed,
            is_compiled=arguments.compile,
            steps=arguments.steps,
        )
    else:
        run_trainer(race, plan, how, arguments)


if __name__ == "__main__":
    main()
