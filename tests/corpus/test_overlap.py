from __future__ import annotations

import numpy as np
import pytest
from tests.corpus.material import sentence, story

from mbegu.corpus.keys import skeleton
from mbegu.corpus.overlap import make_spans, sample_every, sample_spans


def shares(texts: list[str], side: list[int], one_in: int = 1) -> list[float]:
    hashes, documents = sample_spans([skeleton(text) for text in texts], one_in)
    return make_spans(hashes, documents, len(texts)).shared_share(np.array(side)).round(3).tolist()


def test_what_stands_on_both_sides_is_shared_and_nothing_else() -> None:
    common = story(1, sentences=20)
    assert shares([common, story(2, sentences=20), common], [0, 0, 1]) == [1.0, 0.0, 1.0]
    assert shares([common, common], [0, 0]) == [0.0, 0.0]


def test_a_copy_without_tone_marks_is_shared_too() -> None:
    bare = skeleton(story(1, sentences=20))
    assert shares([story(1, sentences=20), bare], [0, 1]) == [1.0, 1.0]


def test_half_a_text_is_half_shared() -> None:
    one, other = story(1, sentences=30), story(2, sentences=30)
    share = shares([one, one + other], [0, 1])[1]
    assert 0.4 < share < 0.6
    assert abs(shares([one, one + other], [0, 1], one_in=8)[1] - share) < 0.12


@pytest.mark.parametrize("one_in", [8, 160])
def test_short_documents_of_which_no_span_is_looked_at_count_as_the_others(one_in: int) -> None:
    texts = [skeleton(sentence(i, words=30))[:60] for i in range(2000)]
    again = [f"{story(i, sentences=1)}{text}" for i, text in enumerate(texts)]
    held = np.array(shares([*texts, *again], [1] * 2000 + [0] * 2000, one_in)[:2000])
    assert held.min() == 1.0
    half = np.array(shares([*texts, *again[:1000]], [1] * 2000 + [0] * 1000, one_in)[:2000])
    assert 0.35 < half.mean() < 0.65


def test_where_no_span_of_a_side_is_looked_at_nothing_is_shared() -> None:
    assert shares(["ọmọ", story(1), story(1)], [2, 0, 1], one_in=8) == [0.0, 1.0, 1.0]
    assert shares(["ọmọ", story(1), story(1)], [-1, 0, 1], one_in=8) == [0.0, 1.0, 1.0]


def test_documents_left_out_of_account_share_nothing() -> None:
    assert shares([story(1), story(1)], [0, -1]) == [0.0, 0.0]


def test_a_larger_corpus_is_sampled_more_thinly() -> None:
    assert [sample_every(size) for size in (0, 50_000_000, 50_000_001, 10**9)] == [8, 8, 16, 160]
