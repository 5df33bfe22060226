from __future__ import annotations

import unicodedata

import pytest

from mbegu.corpus.identify.counting import ORDER, PLAIN_PARTS, add_counts, count_grams, typed_plainly


def grams_of(lines: list[str]) -> dict[str, int]:
    counts = count_grams(lines)
    rows = ["".join(chr(code) for code in row if code) for row in counts.grams.tolist()]
    return dict(zip(rows, counts.counts.tolist(), strict=True))


def test_each_letter_and_end_is_counted_with_what_stands_before_it() -> None:
    assert grams_of(["ilu"]) == {"\1i": 4, "\1il": 4, "\1ilu": 4, "\1ilu\2": 4}
    assert grams_of(["aaaaaa"])["aaaaa"] == 2 * PLAIN_PARTS
    assert max(map(len, grams_of(["abcdefgh"]))) == ORDER


def test_words_typed_without_marks_count_a_quarter() -> None:
    found = grams_of([unicodedata.normalize("NFC", "ọ̀")])
    assert found["\1ọ"] == 3
    assert found["\1o"] == 1


@pytest.mark.parametrize(
    ("written", "typed"), [("Ọjọ́ ẹ̀wà", "Ojo ewa"), ("ƙasa ɗaya", "kasa daya"), ("nyɛ ɔno", "nye ono"), ("ሰላም", "ሰላም"), ("ক্ষ", "ক্ষ"), ("क़लम", "क़लम")]
)
def test_what_people_type_for_letters_that_their_keyboard_lacks(written: str, typed: str) -> None:
    assert typed_plainly(written) == unicodedata.normalize("NFC", typed)


def test_counts_of_two_texts_together_are_those_of_the_joined_text() -> None:
    together = add_counts(count_grams(["ilé ọmọ"]), count_grams(["ọmọ wa", "ሰላም"]))
    at_once = count_grams(["ilé ọmọ", "ọmọ wa", "ሰላም"])
    assert (together.grams == at_once.grams).all()
    assert (together.counts == at_once.counts).all()
    assert together.scripts == ("Ethi", "Latn")


def test_a_script_of_a_few_words_is_not_one_that_the_language_is_written_in() -> None:
    assert count_grams(["ሰላም ለልጆች " * 20 + "radio"]).scripts == ("Ethi",)


def test_no_text_has_no_counts() -> None:
    assert len(count_grams(["", "123"]).grams) == 0
