"""A text in parts is the same text in other tokens; how its passes follow each other is in test_data.py, cuts are in test_steps.py."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.train.tiny import PLAN, prepared_inputs

from mbegu.core.steps import Inputs
from mbegu.tokenizer.bpe import open_tokenizer, token_bytes
from mbegu.tokenizer.encode import open_shard
from mbegu.train import planning, steps
from mbegu.train.parts import parts_of

TRAINING = replace(PLAN.training, watched_share=0.0, canaries=0)
PER_STEP = TRAINING.sequences_per_step * PLAN.model.context


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return prepared_inputs(tmp_path_factory.mktemp("parts"), train_documents=400)


def test_a_text_in_parts_has_the_same_bytes(inputs: Inputs) -> None:
    tokenizer, tokens = open_tokenizer(inputs["tokenizer"].folder), np.asarray(open_shard(inputs["tokenizer"].folder, "train").tokens)
    made = parts_of(tokenizer, replace(TRAINING, parts_share=0.5), PLAN.model.context)
    assert made is not None
    written = made.write(tokens, np.random.default_rng(1))
    assert len(written) == len(tokens) + made.count(tokens) > 1.02 * len(tokens)
    assert written.dtype == tokens.dtype
    bytes_of = token_bytes(tokenizer)
    assert b"".join(bytes_of[token] for token in written) == b"".join(bytes_of[token] for token in tokens)
    other, again = (made.write(tokens, np.random.default_rng(seed)).tolist() for seed in (2, 1))
    assert again == written.tolist() != other


def test_a_plan_without_parts_has_none_and_related_steps_are_not_counted(inputs: Inputs) -> None:
    tokenizer = open_tokenizer(inputs["tokenizer"].folder)
    assert parts_of(tokenizer, TRAINING, PLAN.model.context) is None
    made = parts_of(tokenizer, replace(TRAINING, steps=7, related_steps=3, parts_share=0.5, parts_until=0.5), PLAN.model.context)
    assert made is not None
    assert made.tokens_a_model == 4 * PER_STEP, "of its own text"
    assert [made.holds(position) for position in (0, 2 * PER_STEP - 1, 2 * PER_STEP, 4 * PER_STEP)] == [True, True, False, True]
    assert [made.next_model(position) for position in (0, 4 * PER_STEP - 1, 4 * PER_STEP)] == [4 * PER_STEP, 4 * PER_STEP, 8 * PER_STEP]


@pytest.mark.parametrize("passes", [4.0, 16.0])
def test_the_planned_passes_in_parts_are_no_more_than_those_that_are_read(inputs: Inputs, passes: float) -> None:
    own = open_shard(inputs["tokenizer"].folder, "train")
    steps_of_passes = round(passes * len(own.tokens) / PER_STEP)
    training = replace(TRAINING, steps=steps_of_passes, parts_share=0.1)
    plan = replace(PLAN, training=training, model=replace(PLAN.model, vocabulary_size=inputs["tokenizer"].facts["vocabulary_size"]))
    data, *_ = steps._training_data(plan, inputs["tokenizer"])
    read = data.passes(range(steps_of_passes), TRAINING.sequences_per_step)
    text = planning.Text(len(own.tokens), 1, plan.model.vocabulary_size, counting_bits_per_byte=1.0)
    assert 0.95 * read < planning.passes_read(passes, text, training) < read
    assert read < 0.999 * planning.passes_read(passes, text, replace(training, parts_share=0.0))
