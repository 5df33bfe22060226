from __future__ import annotations

from mbegu.core.documents import Document
from mbegu.corpus.describe import Profile, dropped_table, top_level
from mbegu.corpus.findings import KEPT_PER_REASON, TOO_SHORT, Findings, excerpt


def test_the_profile_counts_what_is_there() -> None:
    profile = Profile()
    profile.add(Document("1", "Ọ̀rọ̀ ሰላም", "yor", "a/b.txt", "CC0-1.0"))
    profile.add(Document("2", "abc", "yor", "c.txt#3"))
    assert (profile.documents, profile.bytes) == (2, len("Ọ̀rọ̀ ሰላም".encode()) + 3)
    assert profile.scripts() == {"Latn": 0.666667, "Ethi": 0.333333}
    assert profile.mark_share() == round(2 / 12, 6)
    assert dict(profile.licences) == {"CC0-1.0": [1, profile.bytes - 3], "unknown": [1, 3]}


def test_the_top_level_is_the_first_folder_or_the_file() -> None:
    assert [top_level(name) for name in ("a/b/c.txt#1", "rows.csv#17:4", "b.zip/x.txt")] == ["a", "rows.csv", "b.zip"]


def test_counts_are_complete_and_examples_bounded() -> None:
    findings = Findings()
    for number in range(KEPT_PER_REASON + 5):
        findings.drop(f"{number}", TOO_SHORT, "", "ọ")
    table = dropped_table(findings)
    assert table[TOO_SHORT]["count"] == KEPT_PER_REASON + 5
    assert len(table[TOO_SHORT]["examples"]) == 3
    assert len(findings.drops) == KEPT_PER_REASON


def test_an_excerpt_is_one_line_that_can_be_stored() -> None:
    assert excerpt("a\n\n b\ud800") == "a b?"
    assert excerpt("ọ" * 500) == "ọ" * 120 + "…"
