from __future__ import annotations

import numpy as np
from tests.corpus.material import sentence, story

from mbegu.core.documents import Document
from mbegu.corpus.keys import skeleton
from mbegu.corpus.overlap import SPAN_LETTERS, SpanIndex, make_spans, sample_every, sample_spans


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


def test_a_document_of_which_no_span_is_looked_at_shares_nothing() -> None:
    assert shares(["ọmọ", story(1), story(1)], [2, 0, 1], one_in=8) == [0.0, 1.0, 1.0]
    assert shares(["ọmọ"], [0], one_in=1 << 40) == [0.0]


def test_a_larger_corpus_is_sampled_more_thinly() -> None:
    assert [sample_every(size) for size in (0, 50_000_000, 50_000_001, 10**9)] == [8, 8, 16, 160]


def exact(texts: list[str], *others: str) -> list[float]:
    return SpanIndex(texts).shared_share(Document("", other, "yor", "") for other in others).round(3).tolist()


def test_the_index_finds_every_span_and_counts_it_as_comparing_letter_by_letter_does() -> None:
    texts = [story(i, sentences=4) for i in range(20)]
    others = [f"{sentence(900 + i)} {story(i, sentences=4)[5 * i : 5 * i + 110].upper()} {sentence(800 + i)}" for i in range(20)]
    spans = {bare[i : i + SPAN_LETTERS] for bare in map(skeleton, others) for i in range(len(bare) - SPAN_LETTERS + 1)}
    wanted = []
    for bare in map(skeleton, texts):
        own = [bare[i : i + SPAN_LETTERS] in spans for i in range(len(bare) - SPAN_LETTERS + 1)]
        wanted.append(round(sum(own) / len(own), 3))
    assert exact(texts, *others) == wanted
    assert sum(share > 0 for share in wanted) > 10


def test_a_short_document_is_found_whole_inside_another_and_never_in_part() -> None:
    short = "Ọjà ńlá ni wọ́n ń lọ ní àárọ̀ òní"
    assert 20 <= len(skeleton(short)) < 50
    assert exact([short, story(1)], f"{sentence(5)} {short.upper()}! {sentence(6)}") == [1.0, 0.0]
    assert exact([short, story(1)], f"{sentence(5)} {short[:-1]}") == [0.0, 0.0]
    assert exact(["Ojo kan", story(1)], f"{sentence(5)} Ojo kan {sentence(6)}") == [0.0, 0.0], "so few letters stand in many texts"
    assert exact(["Ojo kan", story(1)], "Ọjọ́ kan!") == [1.0, 0.0]


def test_it_says_which_letters_of_a_text_are_known() -> None:
    known, before, after, short = story(1), sentence(5), sentence(6), "Ọjà ńlá ni wọ́n ń lọ ní àárọ̀ òní"
    index = SpanIndex([known, short])
    first = len(skeleton(before))
    assert index.letters_in(f"{before}\n{known}{after}") == [(first, first + len(skeleton(known)))]
    assert index.letters_in(f"{before} ọja nla ni wọn n lọ ni aarọ oni {after}") == [(first, first + len(skeleton(short)))]
    assert index.letters_in(before) == []
    assert index.texts_with_spans([before, known, after, known[:110]]) == {1, 3}


def test_a_text_of_one_letter_takes_no_time() -> None:
    """Each of its spans is each of the others: pairs of them would be 10 thousand million."""
    assert exact(["a" * 100_000, story(1)], "a" * 100_000) == [1.0, 0.0]
