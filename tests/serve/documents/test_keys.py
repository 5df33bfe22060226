from __future__ import annotations

import unicodedata

import pytest

from mbegu.serve.documents.keys import grams, keys_of, letters, numbers, without_marks, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ẹ̀tọ́ ọmọ, ọ̀rọ̀!", ["ẹ̀tọ́", "ọmọ", "ọ̀rọ̀"]),
        ("ልጆች፣ ትምህርት ቤት።", ["ልጆች", "ትምህርት", "ቤት"]),
        ("ߒߞߏ ߞߊ߲߸ ߛߓߍ", ["ߒߞߏ", "ߞߊ߲", "ߛߓߍ"]),
        ("ភាសាខ្មែរ។", ["ភាសាខ្មែរ"]),
        ("𞤀𞤣𞤤𞤢𞤥 𞤆𞤵𞤤𞤢𞤪", ["𞤢𞤣𞤤𞤢𞤥", "𞤨𞤵𞤤𞤢𞤪"]),
        ("COVID-19 na SARS_2", ["covid", "19", "na", "sars", "2"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("", []),
    ],
)
def test_words_are_runs_of_letters_marks_and_figures_in_every_script(text: str, found: list[str]) -> None:
    assert words(text) == found
    assert words(unicodedata.normalize("NFD", text)) == found


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("ẹ̀tọ́", "eto"),
        ("ɗan ƙasa ƴa", "dan kasa ya"),
        ("كِتَابٌ", "كتاب"),
        ("أحمد", "احمد"),
        ("ߞߊ߲߬", "ߞߊ"),
        ("ខ្មែរ", "ខ្មែរ"),
        ("हिन्दी", "हिन्दी"),
        ("ትኩሳት", "ትኩሳት"),
    ],
)
def test_marks_go_and_vowel_signs_stay(text: str, bare: str) -> None:
    assert without_marks(text) == bare
    assert "".join(letter for letter, _ in letters(text)) == unicodedata.normalize("NFD", bare)


def test_runs_of_characters_are_longer_where_there_are_capitals() -> None:
    assert grams(["kitabu"]) == ["_kit", "kita", "itab", "tabu", "abu_"]
    assert grams(["ትኩሳት"]) == ["_ትኩ", "ትኩሳ", "ኩሳት", "ሳት_"]
    assert grams(["a", "na"]) == ["_a_", "_na_"]


def test_a_word_shares_runs_with_its_other_forms() -> None:
    one, other = set(keys_of("ninakunywa")["grams"]), set(keys_of("alikunywa")["grams"])
    assert len(one & other) >= 4
    assert not set(keys_of("ninakunywa")["exact"]) & set(keys_of("alikunywa")["exact"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2,5 ml na 10/12, kisha 3.", ["2,5", "10/12", "3"]),
        ("٣ أيام و ٢٫٥", ["3", "2٫5"]),
        ("߂߅ kg", ["25"]),
        ("½ kikombe", ["½"]),
        ("hakuna", []),
    ],
)
def test_numbers_are_read_in_every_script_and_kept_whole(text: str, found: list[str]) -> None:
    assert numbers(text) == found


def test_a_mark_that_stands_alone_is_a_word_but_leaves_nothing_without_marks() -> None:
    assert keys_of("ẹ \u0301 ọ") == {"exact": ["ẹ", "\u0301", "ọ"], "bare": ["e", "o"], "grams": ["_e_", "_o_"]}
