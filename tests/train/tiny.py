"""A training small enough to run whole many times in a test: a real model, a real optimiser, a few documents."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mbegu.core import artifacts
from mbegu.core.documents import Document, write_documents
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.tokenizer.settings import TokenizerSettings
from mbegu.tokenizer.steps import grow_tokenizer
from mbegu.train import computer as machine
from mbegu.train.data import Offsets, PackedDocuments, Tokens, choose_validation
from mbegu.train.loop import TrainingState, train
from mbegu.train.parts import InParts
from mbegu.train.planfile import ComputerPlan, ExpectedPlan, ModelPlan, Plan, TrainingPlan
from mbegu.train.steps import watched_bits_per_byte

MODEL = ModelPlan(vocabulary_size=300, hidden_size=32, layers=2, heads=2, kv_heads=1, head_size=16, inner_size=48, context=16)
TRAINING = TrainingPlan(
    steps=12,
    sequences_per_step=4,
    sequences_at_once=2,
    warmup_steps=3,
    evaluate_every_steps=3,
    dropout=0.2,
    weight_decay=0.3,
    watched_share=0.1,
    seed=7,
)
COMPUTER = ComputerPlan()
PLAN = Plan(MODEL, TRAINING, COMPUTER, ExpectedPlan(budget="30min", seconds=9.5))
WORDS = ["ọmọ", "náà", "ń", "lọ", "sí", "ilé", "ìwé", "ọ̀rẹ́", "ልጆቹ", "ወደ", "ቤት", "ሄዱ", "ߌ", "ߣߌ߫", "ߛߐ߰ߡߊ߫", "صباح", "الخير", "ក្មេងៗ", "ទៅ", "🙂"]


def random_shard(count: int = 30, seed: int = 0, longest: int = 40) -> tuple[Tokens, Offsets]:
    """Return ``count`` documents of 1 to ``longest`` tokens, each ending in the end-of-text token, as a shard holds them."""
    chance = np.random.default_rng(seed)
    documents = [np.append(chance.integers(3, 300, chance.integers(0, longest)), 0).astype(np.uint16) for _ in range(count)]
    return np.concatenate(documents), np.cumsum([0, *map(len, documents)], dtype=np.int64)


def random_parts(training: TrainingPlan) -> InParts | None:
    """Return parts of the larger half of the tokens of a random shard."""
    parts = np.full((300, 2), -1)
    parts[150:] = np.random.default_rng(1).integers(3, 150, (150, 2))
    tokens_a_model = training.steps * training.sequences_per_step * MODEL.context
    return InParts(parts, training.parts_share, training.parts_until, tokens_a_model) if training.parts_share else None


def fresh_state(training: TrainingPlan = TRAINING, computer: ComputerPlan = COMPUTER) -> TrainingState:
    """Return what a new process begins with."""
    return TrainingState(*machine.build(MODEL, training, computer))


def run(state: TrainingState, training: TrainingPlan = TRAINING, after_step: Callable[[TrainingState], bool] = lambda _: False) -> None:
    """Train on the random documents from where the state is; random numbers drawn elsewhere in the process change nothing."""
    tokens, offsets = random_shard()
    used, watched = choose_validation(offsets, training.watched_share, 10**6, training.seed)
    ids = torch.from_numpy(np.concatenate([[0], *(tokens[offsets[i] : offsets[i + 1]] for i in watched)]).astype(np.int64))
    torch.manual_seed(torch.seed() % 2**32)
    data = PackedDocuments(tokens, offsets, used, MODEL.context, training.seed, random_parts(training))
    train(state, data, training, watch=lambda model: watched_bits_per_byte(model, ids, 100.0), after_step=after_step)


def image(state: TrainingState) -> dict[str, Any]:
    """Return everything in a state as bytes and plain values, to compare exactly."""
    parts = {"model": dict(state.model.named_parameters()), "best": state.best, "optimiser": state.optimiser.state}
    tensors = {f"{part}.{name}": tensor.detach().numpy().tobytes() for part, each in parts.items() for name, tensor in each.items()}
    teachers = [tensor.numpy().tobytes() for teacher in state.teachers for tensor in teacher.parameters()]
    return {**tensors, "teachers": teachers, "progress": asdict(state.progress)}


def sentences(count: int, seed: int) -> list[str]:
    """Return ``count`` different short texts in several scripts."""
    chance = np.random.default_rng(seed)
    return [" ".join(chance.choice(WORDS, 24)) + f" {i}." for i in range(count)]


def prepared_inputs(root: Path, plan: Plan | None = PLAN, train_documents: int = 40, related_documents: int = 0) -> Inputs:
    """Make corpus and tokenizer with the real steps' own code, and seal them; write ``plan.toml`` where a plan is given."""
    corpus = root / "grown" / "corpus"
    sides = {"train": sentences(train_documents, 1), "heldout": sentences(4, 2)}
    if related_documents:
        sides["related"] = sentences(related_documents, 3)
    for side, texts in sides.items():
        write_documents(corpus / f"{side}.parquet", [Document(f"{side}{i}", text, "yor", f"{i}.txt") for i, text in enumerate(texts)])
    facts: dict[str, Any] = {f"{side}_bytes": sum(len(text.encode()) for text in texts) for side, texts in sides.items()}
    facts |= {f"{side}_documents": len(texts) for side, texts in sides.items()}
    if related_documents:
        facts["related"] = {"language": "amh", "documents": related_documents}
    done = {"corpus": artifacts.seal(corpus, kind="corpus", version=1, key="k", parents={}, facts=facts)}
    inputs = Inputs(ProjectSettings(language="yor"), Project(root), done)
    tokenizer = root / "grown" / "tokenizer"
    facts = grow_tokenizer(TokenizerSettings(vocabulary_size=300), inputs, tokenizer, Say(io.StringIO()))
    done["tokenizer"] = artifacts.seal(tokenizer, kind="tokenizer", version=1, key="k", parents={}, facts=facts)
    if plan:
        fitting = replace(plan, model=replace(plan.model, vocabulary_size=facts["vocabulary_size"]))
        (root / "plan.toml").write_text(fitting.to_toml(), encoding="utf-8")
    return inputs
