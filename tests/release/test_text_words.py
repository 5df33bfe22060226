"""What the label says of the text: what may be done with it and why, until when it was given, what cleaning dropped and made private."""

from __future__ import annotations

import copy
from pathlib import Path

from tests.label_facts import FACTS, PROJECT, artifacts_of, filled_ledger

from mbegu.core.documents import Document
from mbegu.core.steps import Project
from mbegu.corpus.licences.summary import terms_of
from mbegu.release.card import card_markdown
from mbegu.release.label import Label, gather_label
from mbegu.release.label_words import label_json, label_text
from mbegu.release.page import label_html
from mbegu.release.text_words import cleaning_rows, related_rows, terms_rows

DOCUMENTS = [
    Document("1", "Ìjàpá lọ sí oko.", "yor", "a.txt", "CC-BY-NC-4.0", "Ada", {"consent_until": "2027-06"}),
    Document("2", "ጠዋት ነው።", "amh", "b.txt", "NOODL-1.0"),
]
CLEANING = {
    "bytes_in": 2_000_000, "bytes_kept": 1_500_000, "documents_in": 90, "documents_kept": 80, "part_of_the_text": False, "private": {"PHONE": 7},
    "dropped": {"boilerplate": {"documents": 0, "lines": 1200, "bytes": 400_000}, "near duplicate": {"documents": 10, "lines": 0, "bytes": 100_000}},
}  # fmt: skip


def label_of(tmp_path: Path) -> Label:
    facts = copy.deepcopy(FACTS)
    terms = terms_of(DOCUMENTS).as_json()
    facts["corpus"] |= {"terms": {name: value for name, value in terms.items() if name != "credits"}, "cleaning": CLEANING}
    return gather_label(Project(tmp_path), PROJECT, filled_ledger(tmp_path), artifacts_of(facts))


def test_card_page_terminal_and_json_say_what_may_be_done_and_why(tmp_path: Path) -> None:
    label = label_of(tmp_path)
    card, page, terminal = card_markdown(label), label_html(label), label_text(label)
    for shown in (card, page, terminal):
        assert "May one sell any of it, or a service made of it?" in shown
        assert "is for uses that earn no money" in shown
        assert "for 1 documents until 2027-06" in shown
        assert "PHONE 7" in shown
        assert "1,200 lines" in shown.replace("\u202f", ",").replace("\u00a0", ",") or "1200 lines" in shown or "1.2" in shown
    for shown in (card, page):
        assert "not legal advice" in shown
        assert "was not checked against it" in shown  # NOODL, whose text was not at hand
    assert len(label_json(label)["text"]["terms"]) == len(label.text.terms) > 8


def test_a_label_of_a_text_that_was_not_solved_or_cleaned_says_nothing_of_it() -> None:
    assert terms_rows({}) == cleaning_rows({}) == ()


def test_the_label_names_the_related_language_and_what_came_with_it(tmp_path: Path) -> None:
    facts = copy.deepcopy(FACTS)
    facts["corpus"]["related"] = {
        "language": "zul_Latn", "documents": 40, "bytes": 2_000_000, "licences": {"CC-BY-2.5": {"documents": 40, "bytes": 2_000_000}},
        "contributors": {}, "sources": [{"name": "radio", "documents": 40, "bytes": 2_000_000}],
    }  # fmt: skip
    unused = gather_label(Project(tmp_path), PROJECT, filled_ledger(tmp_path), artifacts_of(facts))
    assert "Zulu" not in card_markdown(unused), "plan.toml may read none of it"
    facts["train"]["related_steps"] = 20
    label = gather_label(Project(tmp_path), PROJECT, filled_ledger(tmp_path), artifacts_of(facts))
    for shown in (card_markdown(label), label_html(label), label_text(label)):
        for said in ("Zulu", "not judged on it", "CC-BY-2.5", "radio"):
            assert said in shown
    assert label_json(label)["text"]["related"]
    assert related_rows({}) == ()


def test_private_items_that_nobody_asked_to_replace_are_not_called_none() -> None:
    rows = dict(cleaning_rows({"cleaning": {**CLEANING, "private": None, "part_of_the_text": True}}))
    assert rows["Private items replaced"] == "nobody asked for it"
    assert rows["Cleaned"].endswith("of the part of the text that was cleaned")
    assert dict(cleaning_rows({"cleaning": {**CLEANING, "private": {}}}))["Private items replaced"] == "none found"
