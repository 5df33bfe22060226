from __future__ import annotations

import time
import unicodedata

import pytest

from mbegu.corpus.rewrite import Change, Rewriter, restore


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def test_no_rule_is_the_very_same_text_and_costs_nothing() -> None:
    text = "ọ̀rọ̀ " * 200_000
    began_s = time.process_time()
    made = Rewriter([]).apply(text)
    assert time.process_time() - began_s < 1
    assert made.text is text
    assert (made.changes, made.edits) == ([], ())


def test_changes_are_counted_most_frequent_first() -> None:
    made = Rewriter(["hausa-hook-after", "no-break-spaces"]).apply("k'asa k'asa d'an\u00a0wasa")
    assert made.text == "ƙasa ƙasa ɗan wasa"
    assert made.changes[0] == Change("hausa-hook-after", "k'", "ƙ", 2)
    assert {(change.rule, change.count) for change in made.changes[1:]} == {("hausa-hook-after", 1), ("no-break-spaces", 1)}


def test_marks_around_a_change_are_composed_with_it() -> None:
    made = Rewriter(["latin-lookalikes"]).apply(nfc("ilе\u0301 wа\u0300"))  # Cyrillic е and а with marks of their own
    assert made.text == "ilé wà"
    assert len(made.text) == 6


def test_two_rules_in_one_letter_are_both_made_and_undone() -> None:
    text = nfc("bо\u0329\u0301k")  # Cyrillic о with a line below and an accent
    made = Rewriter(["latin-lookalikes", "vertical-line-below"]).apply(text)
    assert made.text == nfc("bọ\u0301k")
    assert restore(made.text, made.edits) == text


def test_the_rule_chosen_first_has_its_way() -> None:
    text = "sana’a"
    assert Rewriter(["glottal-stop-as-letter", "glottal-stop-as-apostrophe"]).apply(text).text == "sanaʼa"
    assert Rewriter(["glottal-stop-as-apostrophe", "glottal-stop-as-letter"]).apply(text).text == "sana'a"


def test_no_rule_sees_what_another_made() -> None:
    made = Rewriter(["hausa-y-of-nigeria", "hausa-y-of-niger"]).apply("ƴan 'yan")
    assert made.text == "'yan ƴan"


def test_words_of_another_script_are_not_made_latin() -> None:
    text = "Он сказал: ile оno е"
    assert Rewriter(["latin-lookalikes"]).apply(text).text == "Он сказал: ile ono е"


@pytest.mark.parametrize("text", ["", " ", "\u0301", "\u0323\u0301", "'", "k'", "\u17d2", "a" * 10])
def test_short_and_odd_texts(text: str) -> None:
    rules = ["doubled-marks", "mark-after-space", "vertical-line-below", "hausa-hook-after", "khmer-ro-last", "latin-lookalikes"]
    assert restore((made := Rewriter(rules).apply(text)).text, made.edits) == text


def test_chosen_rules_are_fast_enough() -> None:
    """bench/rewrite_speed.py measures 39 MB a second and more; so little is asked here that only a search gone wrong fails."""
    names = ["vertical-line-below", "line-below-as-dot", "latin-lookalikes", "doubled-marks", "mark-after-space", "soft-hyphens", "no-break-spaces"]
    text = nfc("Ọmọ náà lọ sí ọjà láti ra iṣu àti ẹ̀wà, ó sì padà wálé ní ìrọ̀lẹ́.\n") * 20_000
    rewriter = Rewriter(names)
    rewriter.apply(text[:1000])
    began_s = time.process_time()
    rewriter.apply(text)
    assert len(text.encode()) / 1e6 / (time.process_time() - began_s) > 0.5  # speed itself is for bench/


def test_a_long_row_of_marks_is_not_slow() -> None:
    began_s = time.process_time()
    Rewriter(["doubled-marks", "mark-after-space", "vertical-line-below"]).apply(nfc("a" + "\u0329\u0301" * 5_000 + " \u0301" * 5_000))
    assert time.process_time() - began_s < 5
