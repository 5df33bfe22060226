"""Each pass reads every document once; any step can be made without the ones before it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.train.tiny import random_shard

from mbegu.train.data import PackedDocuments, WithRelated, choose_validation, plant
from mbegu.train.parts import InParts
from mbegu.train.planfile import TrainingPlan

CONTEXT = 16


def packed(seed: int = 3, chosen: list[int] | None = None) -> PackedDocuments:
    tokens, offsets = random_shard(12)
    return PackedDocuments(tokens, offsets, np.array(chosen if chosen is not None else range(12)), CONTEXT, seed)


def stream(data: PackedDocuments, length: int) -> list[int]:
    steps = -(-length // (2 * CONTEXT))
    return torch.cat([data.batch(step, 2)[0].flatten() for step in range(steps)])[:length].tolist()


def documents_of(data: PackedDocuments) -> list[tuple[int, ...]]:
    return sorted(tuple(data.tokens[data.offsets[i] : data.offsets[i + 1]].tolist()) for i in data.chosen)


def cut(ids: list[int]) -> list[tuple[int, ...]]:
    """Cut a stream into documents behind each end-of-text token."""
    parts: list[tuple[int, ...]] = []
    part: list[int] = []
    for token in ids:
        part.append(token)
        if token == 0:
            parts.append(tuple(part))
            part = []
    assert not part
    return parts


@pytest.mark.parametrize("chosen", [None, [0, 3, 4, 11], [5]])
def test_every_pass_reads_every_document_once_in_an_order_of_its_own(chosen: list[int] | None) -> None:
    data = packed(chosen=chosen)
    ids = stream(data, 1 + 3 * data.tokens_per_pass)
    assert ids[0] == 0, "before the first document stands the end of a text"
    passes = [cut(ids[1 + k * data.tokens_per_pass : 1 + (k + 1) * data.tokens_per_pass]) for k in range(3)]
    for one in passes:
        assert sorted(one) == documents_of(data)
    if chosen is None:
        assert passes[0] != passes[1] != passes[2]
        assert passes[0] != sorted(passes[0])


def test_planted_lines_stand_in_every_pass_as_often_as_asked_and_every_document_as_before() -> None:
    tokens, offsets = random_shard(12)
    lines = np.array([[7, 8, 9], [9, 8, 7], [5, 5, 5]])
    data = PackedDocuments(*plant(tokens, offsets, np.array([2, 3, 11]), lines, (1, 4, 2)), CONTEXT, 3)
    plain = packed(chosen=[2, 3, 11])
    wanted = sorted([*documents_of(plain), (7, 8, 9, 0), *[(9, 8, 7, 0)] * 4, *[(5, 5, 5, 0)] * 2])
    assert data.tokens_per_pass == plain.tokens_per_pass + 7 * 4
    ids = stream(data, 1 + 2 * data.tokens_per_pass)[1:]
    assert sorted(cut(ids[: data.tokens_per_pass])) == sorted(cut(ids[data.tokens_per_pass :])) == wanted
    assert data.tokens.dtype == tokens.dtype


def test_with_no_lines_planted_the_stream_is_as_before() -> None:
    tokens, offsets = random_shard(12)
    data = PackedDocuments(*plant(tokens, offsets, np.arange(12), np.zeros((0, 16), dtype=np.int64), ()), CONTEXT, 3)
    assert stream(data, 500) == stream(packed(), 500)


def test_targets_are_the_inputs_moved_on_by_one_across_sequences_and_steps() -> None:
    data = packed()
    inputs, targets = zip(*(data.batch(step, 3) for step in range(20)), strict=True)
    assert {(tuple(each.shape), each.dtype) for each in (*inputs, *targets)} == {((3, CONTEXT), torch.int64)}
    flat_inputs, flat_targets = torch.cat(inputs).flatten(), torch.cat(targets).flatten()
    assert torch.equal(flat_inputs[1:], flat_targets[:-1])


def test_a_batch_depends_on_its_step_alone() -> None:
    in_order = packed()
    batches = [in_order.batch(step, 4) for step in range(25)]
    jumping = packed()
    for step in np.random.default_rng(1).permutation(25).tolist():
        for data in (jumping, packed()):
            inputs, targets = data.batch(step, 4)
            assert torch.equal(inputs, batches[step][0])
            assert torch.equal(targets, batches[step][1])


def test_the_number_of_sequences_a_step_does_not_change_the_stream() -> None:
    data = packed()
    large = torch.cat([data.batch(step, 6)[0] for step in range(4)])
    small = torch.cat([data.batch(step, 1)[0] for step in range(24)])
    assert torch.equal(large, small)


def test_a_text_shorter_than_one_sequence_is_read_again_and_again() -> None:
    tokens = np.array([5, 6, 0], dtype=np.uint16)
    data = PackedDocuments(tokens, np.array([0, 3]), np.array([0]), CONTEXT, 0)
    assert stream(data, 13) == [0, *([5, 6, 0] * 4)]


def in_parts(until: float = 0.5, tokens_a_model: int = 1000) -> InParts:
    """Every token from 100 on is made of two smaller ones."""
    ids = np.arange(300)
    parts = np.where(ids[:, None] >= 100, np.stack([ids // 2, ids // 3], axis=1), -1)
    return InParts(parts, share=0.25, until=until, tokens_a_model=tokens_a_model)


def put_together(ids: list[int], whole: list[int], made: InParts) -> int:
    """Check that ``ids`` are ``whole`` with some tokens written as two, and return how many."""
    place, as_two = 0, 0
    for token in whole:
        if ids[place] == token:
            place += 1
        else:
            assert ids[place : place + 2] == made.parts[token].tolist()
            place, as_two = place + 2, as_two + 1
    assert place == len(ids)
    return as_two


def test_passes_at_the_beginning_of_each_model_are_written_in_parts_others_each_time() -> None:
    tokens, offsets = random_shard(12)
    made = in_parts()
    plain = packed()
    length = plain.tokens_per_pass
    more = made.count(tokens)
    assert more == int(0.25 * (tokens >= 100).sum()) > 20
    made = in_parts(tokens_a_model=4 * length + 2 * more)  # two passes in parts and two whole ones
    data = PackedDocuments(tokens, offsets, np.arange(12), CONTEXT, 3, made)
    lengths = [length + more, length + more, length, length] * 2
    ids, whole = stream(data, 1 + sum(lengths))[1:], stream(plain, 1 + 8 * length)[1:]
    written = []
    for number, of_pass in enumerate(lengths):
        one, ids = ids[:of_pass], ids[of_pass:]
        assert put_together(one, whole[number * length : (number + 1) * length], made) == of_pass - length
        written.append(sorted(cut(one)))
    assert written[0] != written[1] != written[4] != written[0]
    assert written[2] == written[3] == documents_of(plain)
    jumping = PackedDocuments(tokens, offsets, np.arange(12), CONTEXT, 3, made)
    for step in np.random.default_rng(1).permutation(25).tolist():
        assert torch.equal(jumping.batch(step, 4)[0], data.batch(step, 4)[0])


def test_each_model_begins_with_a_pass_of_its_own_where_passes_are_in_parts() -> None:
    tokens, offsets = random_shard(12)
    made = in_parts(tokens_a_model=400)
    data = PackedDocuments(tokens, offsets, np.arange(12), 10, 3, made)
    length = data.tokens_per_pass + made.count(tokens)
    assert 200 < length < 400, "a model reads one pass in parts and then some of a whole one"
    ids = torch.cat([data.batch(step, 1)[1].flatten() for step in range(120)]).tolist()  # of three models
    in_order = [np.random.default_rng([3, which]).permutation(np.arange(12)) for which in range(6)]
    for number in range(3):
        of_model = ids[number * 400 :][:400]
        for which, of_pass in ((2 * number, of_model[:length]), (2 * number + 1, of_model[length:])):
            whole = np.concatenate([tokens[offsets[i] : offsets[i + 1]] for i in in_order[which]]).tolist()
            as_two = put_together(of_pass, whole[: len(of_pass)], made)
            assert as_two == (made.count(tokens) if which % 2 == 0 else 0)
        assert data.passes(range(40 * number, 40 * (number + 1)), 1) == pytest.approx(1 + (400 - length) / data.tokens_per_pass)


def test_a_text_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="no tokens to learn from"):
        PackedDocuments(np.zeros(0, dtype=np.uint16), np.array([0, 0]), np.array([0]), CONTEXT, 0)


def test_passes_are_counted_by_the_text_not_by_the_tokens() -> None:
    tokens, offsets = random_shard(12)
    plain, made = packed(), in_parts(until=1.0, tokens_a_model=10**6)
    data = PackedDocuments(tokens, offsets, np.arange(12), 1, 3, made)
    a_pass = plain.tokens_per_pass + made.count(tokens)
    assert data.passes(range(a_pass), 1) == 1
    assert data.passes(range(a_pass, 3 * a_pass), 1) == 2
    assert data.passes(range(a_pass // 2), 2) == pytest.approx(1, abs=0.01)
    some = in_parts(until=0.5, tokens_a_model=2 * a_pass + 2 * plain.tokens_per_pass)
    data = PackedDocuments(tokens, offsets, np.arange(12), 1, 3, some)
    assert data.passes(range(2 * a_pass + 2 * plain.tokens_per_pass), 1) == 4
    assert data.passes(range(a_pass, 2 * a_pass + plain.tokens_per_pass), 1) == pytest.approx(2)
    assert plain.passes(range(0, 7), 2) == pytest.approx(7 * 2 * CONTEXT / plain.tokens_per_pass)


def test_no_token_that_was_not_merged_is_written_in_parts() -> None:
    tokens = np.array([5, 6, 0], dtype=np.uint16)
    data = PackedDocuments(tokens, np.array([0, 3]), np.array([0]), CONTEXT, 0, in_parts(until=1.0))
    assert stream(data, 13) == [0, *([5, 6, 0] * 4)]


def test_another_seed_is_another_order() -> None:
    assert stream(packed(3), 60) == stream(packed(3), 60) != stream(packed(4), 60)


def test_large_vocabularies_and_mapped_arrays_are_read(tmp_path: object) -> None:
    tokens, offsets = random_shard(4)
    wide = (tokens.astype(np.uint32) + 100_000) * (tokens > 0)
    inputs, _ = PackedDocuments(wide.astype(np.uint32), offsets, np.arange(4), CONTEXT, 0).batch(0, 1)
    assert inputs.max() > 100_000


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 30, 400])
def test_documents_set_aside_are_apart_from_the_rest_and_few(count: int, share: float) -> None:
    _, offsets = random_shard(count, seed=count)
    lengths = np.diff(offsets)
    used, watched = choose_validation(offsets, share, 500, seed=5)
    assert sorted([*used.tolist(), *watched.tolist()]) == list(range(count))
    assert (np.diff(used) > 0).all()
    assert (np.diff(watched) > 0).all()
    wanted = min(share * lengths.sum(), 500)
    taken = int(lengths[watched].sum())
    assert taken <= wanted + lengths.max()
    assert len(used) > 0
    if count == 400 and share:
        assert taken >= wanted
    if share == 0 or count == 1:
        assert not len(watched)


def test_the_choice_depends_on_the_seed_alone() -> None:
    _, offsets = random_shard(100)
    first, again, other = (choose_validation(offsets, 0.1, 10**6, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("seed", range(8))
def test_a_book_among_short_texts_is_not_set_aside(seed: int) -> None:
    offsets = np.cumsum([0, 5000, *[50] * 40])
    _, watched = choose_validation(offsets, 0.02, 10**6, seed)
    assert len(watched) == 3
    assert 0 not in watched
    many_books = np.cumsum([0, *[40_000] * 50])
    used, watched = choose_validation(many_books, 0.02, 32_768, seed)
    assert (len(used), len(watched)) == (50, 0)


@pytest.mark.parametrize("count", [2, 3])
def test_no_text_of_two_or_three_is_set_aside(count: int) -> None:
    used, watched = choose_validation(np.arange(count + 1) * 100, 0.02, 10**6, 0)
    assert (len(used), len(watched)) == (count, 0)


def test_related_text_is_read_at_first_and_ever_less_and_each_stream_goes_on_where_it_was() -> None:
    own, related = (PackedDocuments(*random_shard(20, seed), np.arange(20), context=8, seed=seed) for seed in (1, 2))
    plan = TrainingPlan(steps=10, related_steps=4, sequences_per_step=3, sequences_at_once=3)
    both = WithRelated(related, own, plan)
    assert both.context == 8
    of_one = "rorroorooo"
    numbers = {"r": 0, "o": 0}
    for step, letter in enumerate(of_one * 2):
        for mine, theirs in zip(both.batch(step, 3), {"r": related, "o": own}[letter].batch(numbers[letter], 3), strict=True):
            assert torch.equal(mine, theirs), step
        numbers[letter] += 1
        assert both.passes(range(3, step + 1), 3) == pytest.approx(own.passes(range(1, numbers["o"]), 3)) or step < 3


@pytest.mark.parametrize("related_steps", [1, 2, 7, 50])
def test_the_related_steps_grow_rarer_and_are_as_many_as_planned(related_steps: int) -> None:
    plan = TrainingPlan(steps=100, related_steps=related_steps, sequences_per_step=1, sequences_at_once=1)
    before = np.array([plan.related_before(step) for step in range(101)])
    assert before[0] == 0
    assert before[-1] == related_steps
    assert set(np.diff(before).tolist()) <= {0, 1}
    assert before[50] == pytest.approx(0.75 * related_steps, abs=0.5), "three of four in the first half"
