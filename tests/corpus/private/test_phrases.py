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


def test_a_phrase_that_begins_in_another_and_reaches_beyond_it_is_found_too() -> None:
    names = Phrases(["Hassan Ali", "Ali Omar", "Ali", "Omar"])
    assert found(names, "Hassan Ali Omar, Omar") == ["Hassan Ali", "Ali Omar", "Omar"]
    assert found(Phrases(["uThandi", "Thandi Dube"], inside=True), "uThandi Dube") == ["uThandi", "Thandi Dube"]
    assert found(Phrases(["សុខា", "ខាវី"]), "សុខាវី") == ["សុខា", "ខាវី"]


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


@pytest.mark.parametrize("sign", ["! ", "? ", "; ", ": ", " … ", '" "', " — ", "። ", "፣ ", "፤ ", "، ", "؟ ", "؛ ", "। ", "!\n\n"])
def test_a_passage_is_found_with_the_signs_of_the_list_and_with_others(sign: str) -> None:
    passage = f"Ee Mungu{sign}Tusaidie"
    assert found(Phrases([passage]), f"{passage} leo") == [passage]
    assert found(Phrases(["Ee Mungu, tusaidie"], str.casefold, any_signs=True), f"{passage} leo") == [passage]
    assert found(Phrases(["Mungu Tusaidie"], any_signs=True), "Mungu, ee, Tusaidie; Mungu ————————— Tusaidie") == []


@pytest.mark.parametrize("any_signs", [False, True])
def test_every_entry_of_a_list_is_found_in_its_own_text(any_signs: bool) -> None:
    entries = ["Ng'ang'a (Jimmy) Kamau", "Ee Mungu!!! Tusaidie -- leo", "ይህ፤ ምስጢር፦ ነው", "سرّ؛ محمد", "ពាក្យ សម្ងាត់។ ទេ", "Wan\u00adjiku\u200b Otieno"]
    for entry in map(nfc, entries):
        assert [each.phrase for each in Phrases([entry], any_signs=any_signs).find(entry.replace("\u00ad", "").replace("\u200b", ""))] == [entry]


def test_spaces_without_width_part_the_words_of_a_phrase() -> None:
    assert found(Phrases(["Wanjiku Otieno"]), "Wanjiku\u200bOtieno") == ["Wanjiku\u200bOtieno"]


@pytest.mark.parametrize("space", ["\n", " ", "\u3000"])
def test_spaces_do_not_matter_in_scripts_without_them(space: str) -> None:
    assert found(Phrases(["ពាក្យសម្ងាត់"]), f"នេះ ពាក្យ{space}សម្ងាត់ ទេ") == [f"ពាក្យ{space}សម្ងាត់"]
    assert found(Phrases([f"李{space}明"]), "我叫李明。") == ["李明"]
    assert found(Phrases(["សុខ"]), f"សុ{space}ខា") == []


def test_an_empty_list_finds_nothing() -> None:
    assert not Phrases(["", " ", "..."])
    assert found(Phrases([]), "a b") == []
