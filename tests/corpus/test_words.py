from __future__ import annotations

import unicodedata

import pytest

from mbegu.corpus.words import is_mark, mark_class, without_marks, word_regex


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ọ̀rọ̀ ẹ́ wà", ["Ọ̀rọ̀", "ẹ́", "wà"]),
        ("ߒߞߏ ߞߊ߲߫", ["ߒߞߏ", "ߞߊ߲߫"]),
        ("ភាសាខ្មែរ ល្អ", ["ភាសាខ្មែរ", "ល្អ"]),
        ("كِتَاب، قلم", ["كِتَاب", "قلم"]),
        ("می\u200cروم", ["می\u200cروم"]),
        ("ሰላም፡ለኪ።", ["ሰላም", "ለኪ"]),
        ("𞤀𞤣𞤤𞤢𞤥𞥆 b", ["𞤀𞤣𞤤𞤢𞤥𞥆", "b"]),
        ("a_b don't", ["a", "b", "don", "t"]),
    ],
)
def test_a_word_keeps_its_marks_in_every_script(text: str, words: list[str]) -> None:
    assert word_regex().findall(unicodedata.normalize("NFC", text)) == [unicodedata.normalize("NFC", word) for word in words]


def test_marks_are_known_and_letters_are_not() -> None:
    assert all(is_mark(each) for each in "\u0301\u0323\u17d2\u07eb\u064e")
    assert not any(is_mark(each) for each in "aọሰក ")
    assert "\u0300" in mark_class()


def test_without_marks() -> None:
    assert [without_marks(word) for word in ("Adé", "ọ̀rọ̀", "كِتَاب", "plain")] == ["Ade", "oro", "كتاب", "plain"]
