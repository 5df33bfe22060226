from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from mbegu.corpus.identify.spelling import END, MIXED, SCRIPT_CODES, START, only_scripts, spell


def words_of(text: str) -> list[str]:
    words = spell([text])
    ends = [*words.starts[1:], len(words.codes)][: len(words.starts)]
    spelt = [words.codes[first:end].tolist() for first, end in zip(words.starts, ends, strict=True)]
    assert all(each[0] == START and each[-1] == END for each in spelt)
    return ["".join(map(chr, each[1:-1])) for each in spelt]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ẹ káàárọ̀, ọmọ mi!", ["ẹ", "káàárọ̀", "ọmọ", "mi"]),
        (unicodedata.normalize("NFD", "ọ̀rọ̀"), ["ọ̀rọ̀"]),
        ("ሰላም፡ለልጆች።", ["ሰላም", "ለልጆች"]),
        ("m’egya n'ile ‘hausa’ ʼyan", ["m'egya", "n'ile", "hausa", "yan"]),
        ("ߒߞߏ ߞߊ߲߬", ["ߒߞߏ", "ߞߊ߲߬"]),
        ("covid19 3nipa 2024", ["covid", "nipa"]),
        ("ভাষা, भाषा", ["ভাষা", "भाषा"]),
        ("123 ... ”“", []),
        ("'", []),
        ("", []),
    ],
)
def test_words_keep_their_marks_and_lose_their_case(text: str, words: list[str]) -> None:
    assert words_of(text) == [unicodedata.normalize("NFC", word) for word in words]


def test_each_word_knows_its_text_and_script() -> None:
    words = spell(["", "ọmọ Wọn", "1", "ሰላም lọ"])
    assert words.text.tolist() == [1, 1, 3, 3]
    assert [SCRIPT_CODES[number] for number in words.script] == ["Latn", "Latn", "Ethi", "Latn"]
    assert words.has_capital.tolist() == [False, True, False, False]
    assert words.letters.tolist() == [3, 3, 3, 2]


def test_lower_case_that_is_longer_than_upper_case_moves_nothing_to_another_text() -> None:
    words = spell(["İİİ", "aa"])  # each of these becomes two code points
    assert words.text.tolist() == [0, 1]
    assert np.all(words.letters == [6, 2])


def test_a_lone_surrogate_is_no_letter() -> None:
    assert words_of("a\ud800b") == ["a", "b"]


def test_the_only_script_of_a_text() -> None:
    texts = ["ọmọ 12", "", "12 !", "ሰላም", "ሰላም lọ", "ߒߞߏ", "ខ្មែរ", "سلام", "wa\nlọ", ""]
    named = ["MIXED" if number == MIXED else SCRIPT_CODES[number] for number in only_scripts(texts).tolist()]
    assert named == ["Latn", "Zzzz", "Zzzz", "Ethi", "MIXED", "Nkoo", "Khmr", "Arab", "Latn", "Zzzz"]
    assert only_scripts([""]).tolist() == [0]
