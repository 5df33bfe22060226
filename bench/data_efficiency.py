"""How much text the shipped recipe saves: its bits per byte on parts of a text beside those of a plain recipe on the same parts.

    python bench/data_efficiency.py --data DIR --language wol --recipe ours --megabytes 0 --passes 16 --seed 0 --out efficiency.jsonl
    python bench/data_efficiency.py --data DIR --language wol --recipe plain --rate 2e-3 --megabytes 0.25 --passes 8 --seed 0 --out efficiency.jsonl
    python bench/data_efficiency.py --data DIR --language xho --recipe ours --megabytes 0.25 --related zul --out efficiency.jsonl
    python bench/data_efficiency.py --table efficiency.jsonl

Claim: what plain training needs all the text for, ours reaches with half of it.

Both: the same documents (whole ones, drawn from a seed, until the megabytes are full; 0 means all), tokenizer trained on those alone,
shape, steps, sequences a step, schedule, loop, documents set aside to keep the best weights, and measuring (`race.WindowEngine`).
Ours: rates, dropout, decay, short sequences and teachers as `plan` fills them in for these passes. Plain: AdamW (0.9, 0.95) for all weights, decay
0.1, no dropout, the whole context throughout; its rate and passes are tuned by running it with several: the table
takes its best, seed by seed, judged on the held-out text itself, which flatters it. With ``--related`` all text of another language
is read too, as `plan` would have it, in steps added to those of the passes; the tokenizer is still that of the language's own text.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from against_peers import ALL_SHAPES
from language_text import LANGUAGES, add_text_arguments, part_of, read_language, size_bytes, text_to_learn_from
from mbegu.core.report import format_table
from mbegu.model.decoder import Decoder
from mbegu.model.score import bits_per_byte, score_documents
from mbegu.tokenizer.bpe import END_OF_TEXT_ID
from mbegu.tokenizer.encode import encode_documents
from mbegu.train import computer
from mbegu.train.data import Batches, PackedDocuments, WithRelated, choose_validation
from mbegu.train.loop import TrainingState, train
from mbegu.train.optim import Optimiser
from mbegu.train.parts import parts_of
from mbegu.train.planfile import ComputerPlan, ModelPlan, TrainingPlan
from mbegu.train.planning import (
    LOOKS,
    MOST_RELATED_SHARE,
    MOST_WATCHED_TOKENS,
    RELATED_PASSES,
    SEQUENCES,
    TEACHERS,
    Text,
    fit_to_passes,
    make_candidate,
    sequences_per_step,
    shape_plan,
)
from mbegu.train.steps import watched_bits_per_byte
from race import CONTEXT_TOKENS, TokenisedText, WindowEngine, processor_seconds

TEXT_SEED = 0
PLAIN_ADAM_BETAS = (0.9, 0.95)
T_95_PERCENT = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}  # Student's t by the number of seeds


class PlainAdamW(Optimiser):
    """AdamW for every weight: the product's own AdamW step, with the matrices among the others."""

    def __init__(self, model: nn.Module, rate: float, weight_decay: float) -> None:
        rates = dict.fromkeys(("matrix_rate", "embedding_rate", "output_rate", "norm_rate"), rate)
        super().__init__(model, **rates, weight_decay=weight_decay, output_decay=weight_decay, dtype=torch.float32)
        self.others, self.matrices = {**self.others, **self.matrices}, {}
        self.decays = {name: weight_decay for name, p in self.others.items() if p.ndim == 2}
        self.betas = PLAIN_ADAM_BETAS
        self.groups.clear()
        self.state = {f"adam_{kind}.{name}": torch.zeros_like(p) for kind in "mv" for name, p in self.others.items()}


def plain_training(ours: TrainingPlan) -> TrainingPlan:
    """Return the plan without what our recipe adds: dropout, strong decay, short sequences first, passes in parts."""
    return replace(ours, dropout=0.0, weight_decay=0.1, output_decay=0.1, short_context=0, parts_share=0.0)


def run(data: TokenisedText, plan: ModelPlan, how: ComputerPlan, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train one recipe and measure its best weights on the held-out documents."""
    tokens = len(data.tokens)
    text = Text(tokens, size_bytes(data.text.train), plan.vocabulary_size, counting_bits_per_byte=1.0)
    sequences = sequences_per_step(text)
    related = _related(data, arguments) if arguments.related else None
    own_steps = max(1, round(arguments.passes * tokens / (sequences * CONTEXT_TOKENS)))
    most_related = own_steps * MOST_RELATED_SHARE / (1 - MOST_RELATED_SHARE)
    related_steps = int(min(RELATED_PASSES * related.tokens_per_pass / (sequences * CONTEXT_TOKENS), most_related)) if related else 0
    steps = related_steps + own_steps
    draft = TrainingPlan(steps=steps, sequences_per_step=sequences, sequences_at_once=min(sequences, SEQUENCES), seed=arguments.seed)
    # The planner reckons passes from the time there is; here they are given: everything else as it fills it in.
    training = make_candidate(text, plan, draft, 1.0, 2.0 * steps).training
    plan, training = fit_to_passes(text, plan, training, arguments.passes)
    training = replace(training, steps=steps, related_steps=related_steps, evaluate_every_steps=max(1, steps // LOOKS))
    training = replace(training, teachers=arguments.teachers if arguments.recipe == "ours" else 0)
    training = replace(training, warmup_steps=max(5, min(50, steps // 20)))
    if arguments.recipe == "plain":
        plan, training = replace(plan, tied_output=True), plain_training(training)
    model, optimiser = computer.build(plan, training, how)
    if arguments.recipe == "plain":
        optimiser = PlainAdamW(model, arguments.rate, training.weight_decay)
    used, watched = choose_validation(data.offsets, training.watched_share, MOST_WATCHED_TOKENS, training.seed)
    in_parts = parts_of(data.tokenizer, training, CONTEXT_TOKENS)
    batches: Batches = PackedDocuments(data.tokens, data.offsets, used, CONTEXT_TOKENS, training.seed, in_parts)
    if related:
        batches = WithRelated(related, batches, training)
    ids = torch.from_numpy(np.concatenate([[0], *(data.tokens[data.offsets[i] : data.offsets[i + 1]] for i in watched)]).astype(np.int64))
    state = TrainingState(model, optimiser)
    began_s = processor_seconds()
    train(
        state,
        batches,
        training,
        watch=lambda now: watched_bits_per_byte(now, ids, (len(ids) - 1) * data.bytes_per_token),
        after_step=lambda _: False,
    )
    judge = Decoder(model.config, torch.float32)
    judge.load_state_dict(state.best)
    scores = score_documents(WindowEngine(judge.logits, data.tokenizer), data.text.heldout)
    return {
        "megabytes": round(text.bytes / 1e6, 3),
        "tokens": tokens,
        "parameters": model.config.parameters(),
        "steps": steps,
        "best_step": state.progress.best_step,
        "dropout": training.dropout,
        "weight_decay": training.weight_decay,
        "output_decay": training.output_decay,
        "matrix_rate": training.matrix_rate,
        "parts_share": training.parts_share,
        "taught_dropout": training.taught_dropout,
        "taught_decay": training.taught_decay,
        "tied_output": plan.tied_output,
        "cpu_s": round(processor_seconds() - began_s, 1),
        "bits_per_byte": round(bits_per_byte(scores), 4),
    }


def _related(data: TokenisedText, arguments: argparse.Namespace) -> PackedDocuments:
    """Return the stream of all text of the related language, without lines of the held-out text, in the tokens of the language itself."""
    text = text_to_learn_from(read_language(arguments.data, arguments.related), data.text.heldout)
    documents = [np.append(ids, END_OF_TEXT_ID) for ids in encode_documents(data.tokenizer, text)]
    offsets = np.cumsum([0, *map(len, documents)]).astype(np.int64)
    return PackedDocuments(np.concatenate(documents), offsets, np.arange(len(documents)), CONTEXT_TOKENS, arguments.seed)


def table(path: Path) -> str:
    """Return, for each language, part of the text and recipe, the mean over seeds of each seed's best run, with its 95 % interval."""
    best: dict[tuple[str, float, str], dict[int, dict[str, Any]]] = defaultdict(dict)
    for record in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        after = f" after {record['related']}" if record.get("related") else ""
        seeds = best[record["language"], record["megabytes"], record["recipe"] + after]
        if record["bits_per_byte"] < seeds.get(record["seed"], {"bits_per_byte": 99.0})["bits_per_byte"]:
            seeds[record["seed"]] = record
    rows = []
    for (language, megabytes, recipe), seeds in sorted(best.items()):
        values = [record["bits_per_byte"] for record in seeds.values()]
        reach = f"{T_95_PERCENT[len(values)] * statistics.stdev(values) / len(values) ** 0.5:.4f}" if len(values) in T_95_PERCENT else ""
        settings = {f"{record['passes']:g} passes" + _beside_passes(record) for record in seeds.values()}
        rows.append([language, megabytes, recipe, len(values), f"{statistics.mean(values):.4f}", reach, ", ".join(sorted(settings))])
    return format_table(("language", "MB", "recipe", "seeds", "bits per byte", "±", "best with"), rows)


def _beside_passes(record: dict[str, Any]) -> str:
    if record["recipe"] == "plain":
        return f" at {record['rate']:g}"
    return f", {record['teachers']} teachers" if record.get("teachers") else ""


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_text_arguments(parser, is_required=False)
    parser.add_argument("--recipe", choices=("ours", "plain"), default="ours")
    parser.add_argument("--megabytes", type=float, default=0.0, help="of text to train on; 0: all of it")
    parser.add_argument("--passes", type=float, default=10.0, help="over that text; up to 6 %% fewer where some are in parts")
    parser.add_argument("--teachers", type=int, default=TEACHERS, help="ours: models trained before the last, each with these passes")
    parser.add_argument("--related", choices=sorted(LANGUAGES), help="ours: a language whose text is read before and beside its own")
    parser.add_argument("--rate", type=float, default=2e-3, help="plain: AdamW's learning rate")
    parser.add_argument("--shape", choices=ALL_SHAPES, default="256x4", help="width x depth")
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and dropout; the documents are the same for every seed")
    parser.add_argument("--out", type=Path, help="append a JSON line to this file")
    parser.add_argument("--table", type=Path, help="print the table of such a file, then stop")
    arguments = parser.parse_args()
    if arguments.table is None and arguments.data is None:
        parser.error("--data is needed")
    return arguments


def main() -> None:
    """Run one recipe on one part of a text, or print the table of those that ran."""
    arguments = read_arguments()
    if arguments.table:
        print(table(arguments.table))
        return
    computer.prepare_process()
    computer.compute_reproducibly()
    torch.set_num_threads(arguments.threads)
    text = part_of(read_language(arguments.data, arguments.language), arguments.megabytes, TEXT_SEED)
    data = TokenisedText.make(text, arguments.vocabulary)
    plan = shape_plan(ALL_SHAPES[arguments.shape], data.tokenizer.get_vocab_size())
    facts = {
        name: getattr(arguments, name)
        for name in ("language", "recipe", "passes", "teachers", "rate", "shape", "vocabulary", "dtype", "seed", "related")
    }
    if arguments.recipe == "plain":
        facts["teachers"] = 0
    record = {**facts, **run(data, plan, ComputerPlan(dtype=arguments.dtype, threads=arguments.threads), arguments)}
    print(json.dumps(record), flush=True)
    if arguments.out is not None:
        with arguments.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
