from __future__ import annotations

import unicodedata

import pytest
from tests.corpus.material import WORDS, story

from mbegu.corpus.keys import letters_and_marks, line_key, skeleton, span_hashes


def test_spaces_punctuation_and_capitals_do_not_count_but_marks_do() -> None:
    assert letters_and_marks("Ọ̀rọ̀, «YÌÍ»!") == letters_and_marks("ọ̀rọ̀ yìí")
    assert letters_and_marks("Ọ̀rọ̀ yìí") != letters_and_marks("Oro yii")
    assert skeleton("Ọ̀rọ̀ yìí") == "oroyii"


@pytest.mark.parametrize("language", list(WORDS))
def test_every_letter_and_mark_of_every_script_is_in_the_key(language: str) -> None:
    text = unicodedata.normalize("NFC", story(1, language))
    expected = [character for character in text.lower() if unicodedata.category(character)[0] in "LMN"]
    assert letters_and_marks(text) == "".join(expected)


def test_the_same_span_has_the_same_hash_wherever_it_stands() -> None:
    hashes, offsets = span_hashes(["abcdefgh", "xx", "zabcdefgh"], 5)
    assert offsets.tolist() == [0, 4, 5, 10]
    assert hashes[:4].tolist() == hashes[6:].tolist()
    assert len(set(hashes.tolist())) == 6


@pytest.mark.parametrize("length", [1, 2, 3, 10, 50, 64])
def test_hashes_of_spans_differ_exactly_where_the_spans_differ(length: int) -> None:
    key = letters_and_marks(story(1, sentences=20))
    hashes, _ = span_hashes([key], length)
    spans = [key[i : i + length] for i in range(len(key) - length + 1)]
    assert len(hashes) == len(spans)
    assert len(set(hashes.tolist())) == len(set(spans)) == len(set(zip(hashes.tolist(), spans, strict=True)))


def test_no_keys_give_no_hashes() -> None:
    hashes, offsets = span_hashes([], 10)
    assert (len(hashes), offsets.tolist()) == (0, [0])


def test_short_lines_have_no_key() -> None:
    assert line_key("ẹ kú iṣẹ́", 40) is None
    assert line_key("ọ " * 40, 40) == line_key("Ọ" * 40, 40) is not None
