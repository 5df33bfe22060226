from __future__ import annotations

import time
import unicodedata
from collections import Counter

import pytest
from tests.corpus.material import WORDS, story

from mbegu.core.errors import SettingsError
from mbegu.corpus.private import Found, Redactor, known_regions


def test_placeholders_counts_and_places() -> None:
    text = "Pè 08031234567 tàbí ade@example.org."
    made = Redactor(["NG"]).redact(text)
    assert made.text == "Pè [PHONE] tàbí [EMAIL]."
    assert made.found == Counter({"PHONE": 1, "EMAIL": 1})
    assert made.places == (Found(3, 14, "PHONE"), Found(20, 35, "EMAIL"))
    assert text[20:35] == "ade@example.org"
    assert (made.is_blocked, made.blocked_by) == (False, "")


def test_a_second_time_changes_nothing() -> None:
    redactor = Redactor(["NG", "KE"], names=["Wanjiku"])
    once = redactor.redact("Wanjiku 0712345678 a@b.org 4111 1111 1111 1111").text
    assert redactor.redact(once).text == once == "[NAME] [PHONE] [EMAIL] [CARD]"


def test_lines_with_private_items_can_be_left_out() -> None:
    made = Redactor(["KE"], drop_lines=True).redact("moja\nsimu 0712345678\ntatu\nnne a@b.org")
    assert made.text == "moja\ntatu\n"
    assert made.found == Counter({"PHONE": 1, "EMAIL": 1})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hassan Ali Omar leo", "[NAME] leo"),
        ("Hassan Ali Omar Juma, Ali Omar", "[NAME], [NAME]"),
        ("Hassan Ali\nOmar leo", "[NAME]\n leo"),
        ("Hassan Ali, Ali Omar", "[NAME], [NAME]"),
        ("andika kwa juma.ali@example.org", "andika kwa [EMAIL]"),
    ],
)
def test_of_items_that_overlap_nothing_is_left(text: str, expected: str) -> None:
    made = Redactor([], names=["Hassan Ali", "Ali Omar", "Omar Juma", "ali"]).redact(text)
    assert made.text == expected
    assert made.found.total() == len(made.places) == expected.count("[")


def test_names_with_and_without_marks() -> None:
    text = unicodedata.normalize("NFC", "Adé rí Ade")
    assert Redactor([], names=["Adé"]).redact(text).text == "[NAME] rí Ade"
    assert Redactor([], names=["Adé"], ignore_marks=True).redact(text).text == "[NAME] rí [NAME]"
    assert Redactor([], names=["አበበ"], name_prefixes=["ለ"]).redact("ለአበበ ሰጠ").text == "ለ[NAME] ሰጠ"


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("Orò yìí kò ṣé sọ", "orò"), ("oro yìí", ""), ("oròyìí", ""), ("ORÒ", "orò"), ("", ""),
        ("ይህ ምስጢር ነው", "ይህ ምስጢር"), ("ይህ  ምስጢር", "ይህ ምስጢር"), ("ምስጢር", ""),
    ],
)  # fmt: skip
def test_blocked_words_and_passages(text: str, by: str) -> None:
    made = Redactor([], blocked=["orò", "ይህ ምስጢር"]).redact(unicodedata.normalize("NFC", text))
    assert (made.is_blocked, made.blocked_by) == (bool(by), by)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wan\u00adjiku Otieno leo", "[NAME] leo"),
        ("\u200eWanjiku\u200b Otieno\u200f leo", "\u200e[NAME]\u200f leo"),
        ("Wanjiku\u200bOtieno", "[NAME]"),
        ("محمد\u200f علي", "[NAME]"),
        ("علی\u200cرضا و علیرضا", "[NAME] و [NAME]"),
        ("Simu 0712\u200b345\u200b678 leo", "Simu [PHONE] leo"),
        ("\u202a0712345678\u202c\u200b0722345678", "\u202a[PHONE]\u202c\u200b[PHONE]"),
        ("a\u00adde@exa\u00admple.org", "[EMAIL]"),
        ("wi\u00adki\u200bpedia \ufeffni", "wi\u00adki\u200bpedia \ufeffni"),
    ],
)
def test_characters_that_nobody_sees_hide_nothing(text: str, expected: str) -> None:
    assert Redactor(["KE"], names=["Wanjiku Otieno", "محمد علي", "علی\u200cرضا"]).redact(text).text == expected


@pytest.mark.parametrize("text", ["neno la\u200b siri", "neno la si\u00adri", "neno\u200bla\u200bsiri", "នេះពាក្យ\u200bសម្ងាត់ទេ", "នេះពាក្យ\nសម្ងាត់ទេ"])
def test_characters_that_nobody_sees_unblock_nothing(text: str) -> None:
    entries = ["neno la\u200b siri", "ពាក្យសម្ងាត់"]
    made = Redactor([], blocked=entries).redact(text)
    assert made.is_blocked
    assert made.blocked_by in entries


def test_blocked_passages_may_have_any_signs_and_names_may_not() -> None:
    made = Redactor([], names=["Abebe Bikila"], blocked=["Ee Mungu! Tusaidie"]).redact("Abebe! Bikila\nEe Mungu —\ntusaidie")
    assert (made.text, made.blocked_by) == ("Abebe! Bikila\nEe Mungu —\ntusaidie", "Ee Mungu! Tusaidie")


def test_unknown_regions_are_refused_before_anything_is_read() -> None:
    with pytest.raises(SettingsError, match=r"no private numbers are known for the region 'XX'"):
        Redactor(["NG", "XX"])
    assert len(known_regions()) > 60


@pytest.mark.parametrize("language", list(WORDS))
def test_stories_in_any_script_stay_as_they_are(language: str) -> None:
    text = unicodedata.normalize("NFC", story(3, language))
    made = Redactor(known_regions()).redact(text)
    assert made.text == text
    assert not made.found


def test_ordinary_text_is_fast() -> None:
    """bench/private_items.py measures 20 MB a second and more; so little is asked here that only a pattern gone wrong fails."""
    text = unicodedata.normalize("NFC", "Ọmọ 12 náà lọ sí ọjà ní ọdún 2019 láti ra iṣu (₦1,500) àti ẹ̀wà, @ade: ó sì padà wálé.\n") * 20_000
    redactor = Redactor(["NG", "KE"], blocked=[])
    began_s = time.process_time()
    redactor.redact(text)
    assert len(text.encode()) / 1e6 / (time.process_time() - began_s) > 0.5  # speed itself is for bench/
