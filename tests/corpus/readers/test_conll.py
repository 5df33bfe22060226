from __future__ import annotations

import pytest

NER = "{0}\tO\nAdé\tB-PER\nń\tO\nlọ\tO\n{0}\tO\nsí\tO\nilé\tO\n.\tO\n\n"
PARTS = "1\tÓ\tó\tPRON\t_\t_\t2\tnsubj\t_\t_\n{}\tlọ\tlọ\tVERB\t_\t_\t0\troot\t_\t_\n3\tilé\tilé\tNOUN\t_\t_\t2\tobj\t_\t_\n\n"


@pytest.mark.parametrize("blank", ["\u00a0", "", " \u2003"])
def test_a_word_of_blanks_alone_costs_only_itself(read, blank: str) -> None:  # type: ignore[no-untyped-def]
    assert read("a.conll", NER.format(blank)).texts == ["Adé ń lọ sí ilé.\n"]


@pytest.mark.parametrize(("number", "sentence"), [("2", "Ó lọ ilé"), ("2-3", "Ó lọ"), ("9" * 5000, "Ó ilé"), ("1-" + "9" * 5000, "Ó ilé")])
def test_numbers_of_words_may_be_of_any_length(read, number: str, sentence: str) -> None:  # type: ignore[no-untyped-def]
    assert read("a.conllu", PARTS.format(number)).texts == [sentence + "\n"]
