"""What is known by heart, measured on models that know a text by heart and on models that do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from mbegu.evaluate.memorise import (
    CONTINUED_TOKENS,
    PROMPT_TOKENS,
    Continued,
    beginnings_of,
    choose_beginnings,
    measure_canaries,
    measure_continued,
    measure_memory,
)
from mbegu.model.canaries import planted_lines
from mbegu.model.decoder import Decoder, DecoderConfig
from mbegu.model.torch_engine import TorchEngine
from mbegu.tokenizer.bpe import empty_tokenizer
from mbegu.tokenizer.encode import TokenShard

VOCABULARY = 300
LENGTH = PROMPT_TOKENS + CONTINUED_TOKENS


def shard_of(documents: Sequence[Sequence[int]]) -> TokenShard:
    ended = [np.append(np.array(each), 0).astype(np.uint16) for each in documents]
    return TokenShard(np.concatenate(ended), np.cumsum([0, *map(len, ended)], dtype=np.int64))


def documents(count: int, length: int = LENGTH, seed: int = 1) -> list[list[int]]:
    return np.random.default_rng(seed).integers(3, VOCABULARY, (count, length)).tolist()


def learn_by_heart(engine: TorchEngine, rows: np.ndarray[Any, Any], steps: int) -> None:
    """Train on whole rows, an end-of-text token first, until they are known."""
    ids = torch.from_numpy(np.pad(rows, ((0, 0), (1, 0)))).long()
    optimiser = torch.optim.Adam(engine.model.parameters(), 3e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        engine.model.loss(ids[:, :-1], ids[:, 1:]).backward()
        optimiser.step()


@pytest.fixture(scope="module")
def knows_two() -> TorchEngine:
    """A model that knows the first two documents and two planted lines by heart, and nothing else."""
    config = DecoderConfig(VOCABULARY, hidden_size=64, layers=2, heads=2, kv_heads=1, head_size=32, inner_size=128, context=LENGTH)
    model = Decoder(config)
    model.initialise(3)
    engine = TorchEngine(model, empty_tokenizer())
    long, short = np.array(documents(4)[:2]), planted_lines(4, VOCABULARY, 7)[2:]
    filled = np.concatenate([short, np.zeros((2, LENGTH - short.shape[1]), dtype=np.int64)], axis=1)
    learn_by_heart(engine, np.concatenate([long, filled]), 250)
    return engine


def test_a_document_known_by_heart_is_continued_and_another_is_not(knows_two: TorchEngine) -> None:
    train, heldout = shard_of(documents(4)), shard_of(documents(3, seed=9))
    learnt = {"set_aside": [], "canaries": {"asked": 4, "times": [1, 1, 16, 16], "seed": 7}}
    memory = measure_memory(knows_two, train, heldout, learnt, most=10, resamples=100)

    assert (memory["training"]["documents"], memory["training"]["continued"]) == (4, 2)
    assert memory["training"]["share"] == 0.5
    assert (memory["heldout"]["documents"], memory["heldout"]["continued"]) == (3, 0)
    assert memory["repeats"], "half of the text is repeated"
    without_first = measure_memory(knows_two, train, heldout, {**learnt, "set_aside": [0]}, most=10, resamples=100)["training"]
    assert (without_first["documents"], without_first["continued"]) == (3, 1), "what was set aside was not learnt from"
    once, often = memory["canaries"]["groups"]
    assert (once["times"], often["times"]) == (1, 16)
    assert often["exposure"] == 10.0
    assert (once["recognised"], often["recognised"]) == (False, True)
    assert (once["completed"], often["completed"]) == (0, 2)


def test_what_the_likeliest_tokens_say_is_what_the_model_writes(knows_two: TorchEngine) -> None:
    """One look with the right tokens in place gives the same count as writing token by token."""
    rows = [*documents(4), *documents(3, seed=9)]
    beginnings = choose_beginnings(shard_of(rows), range(7), {}, 1, 10)
    found = measure_continued(knows_two, beginnings)
    for row, count in zip(beginnings.rows.tolist(), found.tokens, strict=True):
        written = row[: 1 + PROMPT_TOKENS]
        for _ in range(CONTINUED_TOKENS):
            written.append(int(knows_two.model.logits(torch.tensor([written]))[0, -1].argmax()))
        same = [mine == true for mine, true in zip(written[1 + PROMPT_TOKENS :], row[1 + PROMPT_TOKENS :], strict=True)]
        assert count == (same.index(False) if False in same else CONTINUED_TOKENS)
    assert sorted(found.tokens)[-2:] == [CONTINUED_TOKENS] * 2


def test_beginnings_that_other_documents_share_are_left_out_and_counted() -> None:
    own, masthead = documents(3), documents(1, PROMPT_TOKENS, seed=5)[0]
    shared = [masthead + rest for rest in documents(2, CONTINUED_TOKENS, seed=6)]
    short = documents(2, LENGTH - 1, seed=8)
    train = shard_of([*own, *shared, *short])
    known = beginnings_of(train)
    chosen = choose_beginnings(train, range(1, 7), known, 1, 10)
    assert chosen.left_out == 2
    assert sorted(chosen.rows[:, 1:].tolist()) == sorted(own[1:]), "neither the one that was set aside nor those that are too short"
    assert set(chosen.rows[:, 0].tolist()) == {0}

    heldout = shard_of([masthead + documents(1, CONTINUED_TOKENS, seed=10)[0], documents(1, seed=11)[0]])
    unseen = choose_beginnings(heldout, range(2), known, 0, 10)
    assert (len(unseen.rows), unseen.left_out) == (1, 1)


def test_the_same_documents_are_drawn_every_time() -> None:
    train = shard_of(documents(30))
    first, second = (choose_beginnings(train, range(30), {}, 1, 5) for _ in range(2))
    assert first.rows.shape == (5, 1 + LENGTH)
    assert np.array_equal(first.rows, second.rows)


def test_the_share_has_an_interval_even_where_nothing_is_repeated() -> None:
    table = Continued([0, 3, 1, 49, 2, 0] * 50, left_out=4).as_json(100)
    assert (table["documents"], table["continued"], table["left_out"]) == (300, 0, 4)
    assert table["interval"] == [0.0, pytest.approx(0.0122, abs=1e-4)]
    assert table["mean_tokens"] == pytest.approx(55 / 6)
    nothing = Continued([], 0).as_json(100)
    assert (nothing["share"], nothing["interval"], nothing["mean_tokens"]) == (None, None, None)


def test_what_unseen_texts_are_continued_with_as_often_raises_no_warning(knows_two: TorchEngine) -> None:
    learnt = {"set_aside": [], "canaries": {"asked": 0, "times": [], "seed": 7}}
    known, others = documents(4)[:2], documents(6, seed=12)
    memory = measure_memory(knows_two, shard_of(others), shard_of(known), learnt, 10, 100)
    assert (memory["training"]["continued"], memory["heldout"]["share"]) == (0, 1.0)
    assert not memory["repeats"]
    memory = measure_memory(knows_two, shard_of([known[0], *others]), shard_of([known[1]]), learnt, 10, 100)
    assert (memory["training"]["continued"], memory["heldout"]["continued"]) == (1, 1)
    assert not memory["repeats"], "unseen texts are continued as well"
    memory = measure_memory(knows_two, shard_of([*known, *others]), shard_of(known), learnt, 10, 100)
    assert memory["heldout"]["left_out"] == 2, "they begin training documents"
    assert memory["training"]["continued"] == 2
    assert memory["repeats"]


def test_a_line_that_stood_once_and_is_written_to_its_end_raises_the_warning(knows_two: TorchEngine) -> None:
    train, heldout = shard_of(documents(3, seed=12)), shard_of(documents(3, seed=9))
    for times, is_due in (([4, 4, 1, 1], True), ([1, 1, 4, 4], False)):
        learnt = {"set_aside": [], "canaries": {"asked": 4, "times": times, "seed": 7}}
        assert measure_memory(knows_two, train, heldout, learnt, 10, 100)["repeats"] is is_due


@pytest.mark.parametrize(("asked", "reason"), [(8, "the text is too short to plant lines in it"), (0, "plan.toml says canaries = 0")])
def test_without_planted_lines_it_says_why(knows_two: TorchEngine, asked: int, reason: str) -> None:
    found = measure_canaries(knows_two, {"asked": asked, "times": [], "seed": 7})
    assert (found["groups"], found["reason"]) == ([], reason)
