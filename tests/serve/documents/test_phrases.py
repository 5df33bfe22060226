from __future__ import annotations

import unicodedata

import pytest

from mbegu.serve.documents import phrases
from mbegu.serve.documents.phrases import FOLDER, languages, words_in

EXPECTED = ("amh", "ara", "eng", "fra", "hau", "por", "swa", "yor")


def test_the_eight_languages_are_there() -> None:
    assert languages() == EXPECTED


@pytest.mark.parametrize("code", EXPECTED)
def test_each_file_is_whole_in_nfc_and_can_be_filled_in(code: str) -> None:
    said = words_in(code)
    assert said is not None
    assert said.language == code
    assert all(getattr(said, name) for name in said.__dataclass_fields__ if name != "reviewed_by")
    assert "Amina" in said.ask.format(person="Amina")
    assert "7" in said.page.format(number=7)
    assert "7" in said.row.format(number=7)
    assert "Omi" in said.under.format(heading="Omi")
    assert said.direction == ("rtl" if code == "ara" else "ltr")
    text = (FOLDER / f"{code}.toml").read_text(encoding="utf-8")
    assert text == unicodedata.normalize("NFC", text)


def test_what_no_speaker_has_signed_says_so() -> None:
    assert [code for code in EXPECTED if not words_in(code).reviewed_by] == [code for code in EXPECTED if code != "eng"]  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["", "qaa", "../eng", "eng.toml", "EN"])
def test_a_language_without_a_file_has_no_words(code: str) -> None:
    assert words_in(code) is None


def test_only_languages_with_a_file_are_remembered() -> None:
    for number in range(1_000):
        assert words_in(f"x{number}") is None
        assert words_in(f"swa_X{number}") is words_in("swa")
    held = [each.cache_info().currsize for each in vars(phrases).values() if hasattr(each, "cache_info")]
    assert sum(held) <= len(EXPECTED) + 1  # the words of each language, and the list of them
