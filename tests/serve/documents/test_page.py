from __future__ import annotations

from mbegu.serve.documents.page import passage_page
from mbegu.serve.documents.store import Passage


def passage(number: int, text: str, page: int | None = None, heading: str = "", file: str = "a.md") -> Passage:
    return Passage(number, 1, file, number, page, "", heading, text)


def test_the_page_shows_the_passage_among_those_of_its_page() -> None:
    made = passage_page([passage(1, "moja", 1), passage(2, "mbili", 2, "Omi"), passage(3, "tatu", 2, "Omi"), passage(4, "nne", 3)], 3)
    assert made is not None
    assert "moja" not in made
    assert "nne" not in made
    assert '<div id="passage" dir="auto"><p dir="auto"><mark>tatu</mark></p>' in made
    assert made.count("<h2") == 1
    assert '<p dir="auto">mbili</p>' in made


def test_nothing_of_a_document_is_markup() -> None:
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\u202e\"'&"
    made = passage_page([passage(1, bad, None, bad, bad)], 1)
    assert made is not None
    assert "<script" not in made
    assert "<img" not in made
    assert not any(each in made for each in "\x1b\u202e")
    assert "&lt;script&gt;alert(1)" in made


def test_there_is_no_page_for_another_number() -> None:
    assert passage_page([], 1) is None
    assert passage_page([passage(1, "moja")], 2) is None
