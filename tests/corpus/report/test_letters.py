from __future__ import annotations

from collections import Counter

import pytest

from mbegu.corpus.report.letters import letters_of


def letters(text: str):
    return letters_of(Counter(text), Counter(text.lower().split()).items())


def test_letters_keep_their_marks():
    found = letters("Ẹ̀wà ẹ̀wà ọ̀rọ̀ " * 100)
    assert dict(found.common) == {letter: pytest.approx(share / 9) for letter, share in {"ẹ̀": 2, "w": 2, "à": 2, "ọ̀": 2, "r": 1}.items()}
    assert found.scripts == {"Latn": 1.0}


def test_a_letter_of_another_script_inside_a_word_is_found_first():
    text = "ilé ọmọ ọjà " * 60_000 + "оmọ žižž Москва"  # the first letter of the first odd word is Cyrillic
    found = letters(text)
    assert (found.rare[0].letter, found.rare[0].word, found.rare[0].odd_script) == ("о", "оmọ", "Cyrl")
    assert [(each.letter, each.count, each.odd_script) for each in found.rare[1:]] == [("ž", 3, "")]
    assert set(found.rare_of_others["Cyrl"]) == set("мсква")
    assert not found.other_common


def test_other_scripts_in_use_stand_apart():
    found = letters("ሰላም ልጆች " * 100 + "radio " * 30)
    assert next(iter(found.scripts)) == "Ethi"
    assert set(found.other_common["Latn"]) == set("radio")
    assert "r" not in {letter for letter, _ in found.common}


def test_right_to_left_and_astral_letters():
    assert {letter for letter, _ in letters("𞤔𞤢𞤥 𞤱𞤢𞤤𞤭 ").common} >= {"𞤱", "𞤢"}
    assert "ߣߌ߫"[0] in {letter[0] for letter, _ in letters("ߌ ߣߌ߫ ߛߐ߰ߡߊ߫ ").common}


def test_no_letters():
    found = letters("12 34")
    assert found.common == [] and found.rare == [] and found.scripts == {}
