from __future__ import annotations

import time
import unicodedata

from mbegu.corpus.rewrite import mark_consistency


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def test_letters_words_and_mixed_spellings_are_counted_by_hand() -> None:
    (measured,) = mark_consistency([("a.txt", nfc("Ilé ilé, ile; ọmọ ni"))])
    assert (measured.letters, measured.marked_letters) == (14, 4)
    assert (measured.words, measured.marked_words) == (5, 3)
    assert (measured.mixed_words, measured.unmarked_in_mixed) == (3, 1)
    assert [(each.bare, each.bare_count, each.marked, each.marked_count) for each in measured.mixed] == [("ile", 1, "ilé", 2)]
    assert round(measured.marked_share, 3) == 0.286
    assert (measured.marked_word_share, measured.mixed_share) == (0.6, 0.6)


def test_sources_are_kept_apart_and_in_their_order() -> None:
    measured = mark_consistency([("b", "ilé"), ("a", "ile"), ("b", "ile")])
    assert [(each.source, each.words, len(each.mixed)) for each in measured] == [("b", 2, 1), ("a", 1, 0)]


def test_two_marks_on_a_letter_mark_one_letter() -> None:
    (measured,) = mark_consistency([("a", nfc("ọ̀ ẹ́"))])
    assert (measured.letters, measured.marked_letters) == (2, 2)


def test_vowel_points_count_and_vowel_signs_do_not() -> None:
    (hindi,) = mark_consistency([("hi", "नमस्ते फ़सल")])
    assert (hindi.marked_letters, hindi.words) == (0, 2)
    arabic, khmer, ethiopic, nko = mark_consistency([("ar", "كِتَاب كتاب"), ("km", "កុមារ ទៅ"), ("am", "ሰላም ልጅ"), ("nq", "ߞߊ߲߫")])
    assert (arabic.marked_letters, len(arabic.mixed)) == (2, 1)
    assert (khmer.marked_letters, khmer.words) == (0, 2)
    assert ethiopic.marked_share == 0
    assert nko.marked_letters > 0


def test_no_text_has_no_share() -> None:
    assert mark_consistency([]) == []
    (measured,) = mark_consistency([("a", "123 ... ")])
    assert (measured.marked_share, measured.marked_word_share, measured.mixed_share) == (0, 0, 0)


def test_it_is_linear() -> None:
    def seconds(count: int) -> float:
        texts = [("a", nfc(f"ọmọ náà{number} lọ sí ọjà{number % 997} ")) for number in range(count)]
        began_s = time.process_time()
        mark_consistency(texts)
        return time.process_time() - began_s

    seconds(100)
    assert seconds(40_000) < 300 * max(seconds(1_000), 0.002)  # 40 times as much text; a square would take 1,600 times as long
