from __future__ import annotations

import random

import pytest

from mbegu.corpus.report.sample import Group, Sampled
from mbegu.corpus.report.vocabulary import vocabulary, words_of


def group(texts: list[str]) -> Group:
    return Group(sample=[Sampled(text, "a", "yor") for text in texts], sample_bytes=sum(len(text.encode()) for text in texts))


def test_words_keep_marks_and_lose_punctuation_and_numbers():
    assert list(words_of("Ọ̀rọ̀, “ẹ̀wà”! 2024 a1 ሰላም፤ ልጆች። ߌ߸ ߣߌ߫. عَلَى؟")) == ["ọ̀rọ̀", "ẹ̀wà", "a1", "ሰላም", "ልጆች", "ߌ", "ߣߌ߫", "عَلَى"]


def test_the_curve_ends_with_all_words_and_never_falls():
    found = vocabulary(group([" ".join(f"w{random.Random(i).randrange(900)}x{j % 40}" for j in range(50)) for i in range(60)]))
    assert found.curve[-1] == (3000, len(found.counts))
    assert all(a[0] < b[0] and a[1] <= b[1] for a, b in zip(found.curve, found.curve[1:], strict=False))


def test_the_exponent_tells_repetition_from_novelty():
    fresh = vocabulary(group([" ".join(f"a{i}x{j}z" for j in range(100)) for i in range(50)]))
    stale = vocabulary(group([" ".join(f"a{j}z" for j in range(100)) for i in range(50)]))
    assert fresh.exponent == pytest.approx(1.0) and fresh.new_in_next_thousand == 1000
    assert stale.exponent == pytest.approx(0.0) and stale.new_in_next_thousand == 0


def test_few_words_have_no_exponent():
    found = vocabulary(group(["ẹ̀wà ọ̀rọ̀"]))
    assert found.exponent is None and found.new_in_next_thousand is None and found.curve == [(2, 2)]
    assert vocabulary(Group()).curve == []
