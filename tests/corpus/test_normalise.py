from __future__ import annotations

import unicodedata

import pytest
from tests.corpus.material import WORDS, story

from mbegu.corpus.normalise import normalise


def test_marks_are_composed_where_they_can_be_and_the_change_is_told() -> None:
    decomposed = unicodedata.normalize("NFD", "Ọ̀rọ̀ ẹ́")
    made = normalise(decomposed)
    assert made.text == unicodedata.normalize("NFC", "Ọ̀rọ̀ ẹ́")
    assert made.nfc_changed
    assert not normalise(made.text).nfc_changed


@pytest.mark.parametrize("language", list(WORDS))
def test_text_in_nfc_stays_as_it_is(language: str) -> None:
    text = unicodedata.normalize("NFC", story(1, language)).strip()
    assert normalise(text).text == text


@pytest.mark.parametrize("kept", ["\u200c", "\u200d", "\u200e", "\u200f", "\u2067", "\u2069", "\u00a0", "\u00ad", "\u034f", "\u17d2", "\u0301"])
def test_invisible_characters_that_mean_something_are_kept(kept: str) -> None:
    assert normalise(f"a{kept}b").text == unicodedata.normalize("NFC", f"a{kept}b")


def test_control_characters_go_and_are_counted() -> None:
    made = normalise("a\x00b\x07c\ufeffd\x9fe\tf")
    assert (made.text, made.removed_controls) == ("abcde\tf", 4)


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\x0b", "\x0c", "\u2028", "\u2029", "\u0085"])
def test_every_line_end_becomes_a_line_feed(ends: str) -> None:
    assert normalise(f"ọ{ends}b").text == "ọ\nb"


def test_many_blank_lines_become_one() -> None:
    assert normalise("a\n \n\n\t\n\nb\n\nc\nd\n").text == "a\n\nb\n\nc\nd"


def test_half_a_surrogate_is_replaced_and_counted() -> None:
    made = normalise("a\ud800b")
    assert (made.text, made.replaced) == ("a\ufffdb", 1)


def test_twice_is_the_same_as_once() -> None:
    once = normalise("\ufeff e\u0301\u0323 \r\n\r\n\r\n x\u0000 ").text
    assert normalise(once).text == once
