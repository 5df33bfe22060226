from __future__ import annotations

import re

import pytest
from tests.corpus.material import WORDS

from mbegu.corpus.scripts import is_unspaced, script_counts, script_of

LETTERS = "Latn ọ Ethi ሰ Nkoo ߒ Arab ض Khmr ក Adlm 𞤀 Tfng ⵣ Vaii ꔀ Olck ᱚ Deva क Hani 中 Cans ᐊ Hang 한 Mymr က Lisu ꓐ Zzzz \ue000"


@pytest.mark.parametrize(("code", "letter"), re.findall(r"(\w{4}) (\S)", LETTERS))
def test_each_letter_has_its_script(code: str, letter: str) -> None:
    assert script_of(letter) == code


@pytest.mark.parametrize(("language", "code"), [("yor", "Latn"), ("amh", "Ethi"), ("nqo", "Nkoo"), ("ara", "Arab"), ("khm", "Khmr")])
def test_marks_digits_and_spaces_are_not_counted(language: str, code: str) -> None:
    text = " ".join(WORDS[language]) + " 123 .,\u0301"
    assert set(script_counts({character: text.count(character) for character in text})) == {code}


@pytest.mark.parametrize("character", list("กລཀကកあ漢ꦏᬓᦀᥐ๕"))
def test_characters_of_scripts_without_blanks_are_known(character: str) -> None:
    assert is_unspaced(character)


@pytest.mark.parametrize("character", ["ọ", "ሰ", "ߒ", "ض", "한", "།", "१", "5", " ", ""])
def test_others_and_signs_that_a_blank_follows_are_not(character: str) -> None:
    assert not is_unspaced(character)
