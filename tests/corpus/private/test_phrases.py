from __future__ import annotations

import unicodedata

import pytest

from mbegu.corpus.private.phrases import Phrases, same
from mbegu.corpus.words import without_marks


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def found(phrases: Phrases, text: str) -> list[str]:
    text = nfc(text)
    return [text[each.start : each.end] for each in phrases.find(text)]


def test_whole_words_only() -> None:
    names = Phrases(["Ali", "Abebe Bikila"])
    assert found(names, "Ali na Alikuja, (Ali) kwa-Ali. ALI ali") == ["Ali", "Ali", "Ali"]
    assert found(names, "Abebe Bikila, Abebe\nBikila; Abebe ni Bikila") == ["Abebe Bikila", "Abebe\nBikila"]


def test_the_longest_phrase_at_a_place_wins() -> None:
    assert found(Phrases(["Ade", "Ade Ojo"]), "Ade Ojo àti Ade") == ["Ade Ojo", "Ade"]
    assert found(Phrases(["Ade Ojo", "Ojo"]), "Ade Ojo, Ojo") == ["Ade Ojo", "Ojo"]


def test_marks_count_unless_they_are_to_be_ignored() -> None:
    strict, loose = Phrases([nfc("Adé")], same), Phrases([nfc("Adé")], without_marks)
    assert found(strict, "Adé Ade Àdé") == [nfc("Adé")]
    assert found(loose, "Adé Ade Àdé Adeọla") == [nfc("Adé"), "Ade", nfc("Àdé")]


def test_a_mark_after_a_word_makes_another_word() -> None:
    assert found(Phrases(["ɔk"]), "ɔk\u0301 ɔk") == ["ɔk"]


def test_names_inside_words_of_nguni_languages() -> None:
    names = Phrases(["Thandi"], inside=True)
    assert found(names, "uThandi, kuThandi noThandi Thandiwe uThandiwe UTHANDI") == ["Thandi", "Thandi", "Thandi"]
    assert found(Phrases(["Thandi"]), "uThandi Thandi") == ["Thandi"]


def test_prefixes_of_a_language() -> None:
    names = Phrases(["አበበ"], prefixes=("ለ", "የ"))
    assert found(names, "ለአበበ የአበበ አበበ ከአበበ") == ["አበበ"] * 3


@pytest.mark.parametrize(("phrase", "text", "count"), [("សុខា", "លោកសុខាទៅផ្សារ", 1), ("សុខ", "សុខា", 0), ("ກ", "ກາ ກ", 2), ("မောင်", "ကိုမောင်သည်", 1)])
def test_scripts_without_spaces(phrase: str, text: str, count: int) -> None:
    assert len(found(Phrases([phrase]), text)) == count


def test_an_empty_list_finds_nothing() -> None:
    assert not Phrases(["", " ", "..."])
    assert found(Phrases([]), "a b") == []
