from __future__ import annotations

import unicodedata

import pytest

from mbegu.corpus.private.reading import INVISIBLE, Reading, readings, without_spaces


@pytest.mark.parametrize("text", ["a b", " a b ", "  ab", "ab  ", "", " ", "a  b c", "a".join(filter(str.isspace, map(chr, range(0x3001))))])
def test_places_are_found_again(text: str) -> None:
    reading = without_spaces(text)
    assert reading.text == "".join(text.split())
    for start in range(len(reading.text)):
        for end in range(start + 1, len(reading.text) + 1):
            first, last = reading.place(start, end)
            assert "".join(text[first:last].split()) == reading.text[start:end]
            assert text[first:last] == text[first:last].strip()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("simu 0712", ["simu 0712"]),
        ("ọ̀rọ̀", ["ọ̀rọ̀"]),
        ("a\u200cb", ["ab"]),
        ("a\u200bb", ["ab", "a\u200bb"]),
        ("a\u00adb\u200d", ["ab", "a\u00adb\u200d"]),
    ],
)
def test_a_text_is_read_as_it_is_too_where_something_may_part_words(text: str, read: list[str]) -> None:
    assert [each.text for each in readings(text)] == read


def test_a_text_without_anything_left_out_keeps_its_places() -> None:
    assert Reading("abc", "abc").place(1, 2) == (1, 2)


def test_only_what_nobody_sees_is_left_out() -> None:
    seen = [each for each in map(chr, range(0x10000)) if INVISIBLE.match(each) and unicodedata.category(each) not in ("Cf", "Mn", "Cn")]
    assert seen == []
    assert not INVISIBLE.search("\u0600\u06dd\u070f")  # signs of Arabic and Syriac that are written around or over digits
