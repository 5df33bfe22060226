from __future__ import annotations

from collections import Counter

import pytest

from mbegu.corpus.report.marks import bare, measure_marks


@pytest.mark.parametrize(
    ("word", "stripped"),
    [
        ("ọ̀rọ̀", "oro"),
        ("Ẹ̀wà", "Ewa"),
        ("oko", "oko"),
        ("كَيْفَ", "كيف"),
        ("ߣߌ߫", "ߣߌ"),
        ("क्षेत्र", "क्षेत्र"),
        ("ក្មេង", "ក្មេង"),
        ("ƙofa", "ƙofa"),
        ("ሰላም", "ሰላም"),
    ],
)
def test_only_marks_that_may_be_left_out_are_taken_off(word, stripped):
    assert bare(word) == stripped


def test_a_source_without_marks_is_seen_beside_one_with_them():
    marked = Counter({"ọjà": 60, "ilé": 40, "ati": 5})
    bare_words = Counter({"oja": 30, "ile": 10, "ati": 50, "radio": 10})
    found = measure_marks({"a": marked, "b": bare_words})
    assert found["a"].bare_share == 0.0 and found["a"].marked_share == pytest.approx(100 / 105)
    assert found["b"].bare_share == 1.0 and found["b"].marked_share == 0.0
    assert found["b"].examples == (("oja", "ọjà"), ("ile", "ilé"))


def test_a_word_that_is_usually_bare_is_not_counted():
    found = measure_marks({"a": Counter({"oko": 90, "ọkọ": 10})})
    assert found["a"].bare_share is None and found["a"].marked_share == pytest.approx(0.1)


def test_no_words():
    assert measure_marks({"a": Counter()})["a"].bare_share is None
