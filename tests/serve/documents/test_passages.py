from __future__ import annotations

import unicodedata

import pytest

from mbegu.serve.documents.passages import PASSAGE_CHARACTERS, Part, cut_passages


def test_a_passage_knows_its_page_and_its_heading() -> None:
    parts = [Part("Ibà\nẸ gbé ọmọ lọ.", 1), Part("Ó tún ń bá a lọ.\nOmi\nẸ sè é.", 2)]
    found = [(piece.text, piece.page, piece.heading) for piece in cut_passages(parts, ["Ibà", "Omi"])]
    assert found == [("Ibà\nẸ gbé ọmọ lọ.", 1, "Ibà"), ("Ó tún ń bá a lọ.", 2, "Ibà"), ("Omi\nẸ sè é.", 2, "Omi")]


def test_a_heading_counts_once_and_in_order() -> None:
    assert [piece.heading for piece in cut_passages([Part("A\nmoja\nB\nmbili\nA\ntatu")], ["A", "B"])] == ["A", "B"]
    assert [piece.heading for piece in cut_passages([Part("A\nmoja\nA katika sentensi\nA\nmbili")], ["A", "A"])] == ["A", "A"]


@pytest.mark.parametrize("sentence", ["Mgonjwa anywe maji mengi na apumzike nyumbani kwa siku mbili. ", "ህመምተኛው ብዙ ውሃ ይጠጣ። "])
def test_a_long_line_is_cut_between_sentences_and_nothing_is_lost(sentence: str) -> None:
    text = (sentence * 60).strip()
    pieces = [piece.text for piece in cut_passages([Part(text)], [])]
    assert len(pieces) > 1
    assert all(len(piece) <= PASSAGE_CHARACTERS for piece in pieces)
    assert all(piece.endswith((".", "።")) for piece in pieces)
    assert " ".join(pieces) == text


def test_a_run_without_spaces_is_cut_but_never_between_a_letter_and_its_mark() -> None:
    text = "ក្តៅ" * 500
    pieces = [piece.text for piece in cut_passages([Part(text)], [])]
    assert "".join(pieces) == text
    assert all(unicodedata.category(piece[0])[0] != "M" and len(piece) <= PASSAGE_CHARACTERS for piece in pieces)


def test_what_holds_no_letter_is_no_passage() -> None:
    assert list(cut_passages([Part("— — —\n***"), Part("")], [])) == []


def test_rows_stand_alone() -> None:
    found = list(cut_passages([Part("Jibu la kwanza", row="2"), Part("Jibu la pili", row="3")], []))
    assert [(piece.text, piece.row) for piece in found] == [("Jibu la kwanza", "2"), ("Jibu la pili", "3")]
