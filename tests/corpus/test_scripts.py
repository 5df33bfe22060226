from __future__ import annotations

import re

import pytest
from tests.corpus.material import WORDS

from mbegu.corpus.scripts import script_counts, script_of

LETTERS = "Latn ọ Ethi ሰ Nkoo ߒ Arab ض Khmr ក Adlm 𞤀 Tfng ⵣ Vaii ꔀ Olck ᱚ Deva क Hani 中 Cans ᐊ Hang 한 Mymr က Lisu ꓐ Zzzz \ue000"


@pytest.mark.parametrize(("code", "letter"), re.findall(r"(\w{4}) (\S)", LETTERS))
def test_each_letter_has_its_script(code: str, letter: str) -> None:
    assert script_of(letter) == code


@pytest.mark.parametrize(("language", "code"), [("yor", "Latn"), ("amh", "Ethi"), ("nqo", "Nkoo"), ("ara", "Arab"), ("khm", "Khmr")])
def test_marks_digits_and_spaces_are_not_counted(language: str, code: str) -> None:
    text = " ".join(WORDS[language]) + " 123 .,\u0301"
    assert set(script_counts({character: text.count(character) for character in text})) == {code}
