from __future__ import annotations

import io

from mbegu.corpus.rewrite import Rewriter
from mbegu.corpus.rewrite.preview import MANY, Preview
from mbegu.corpus.rewrite.rewriter import Hit

TEXTS = ["k'asa ta k'asa", "d'an k'asa\u00a0mu", "ba komai"]


def test_it_counts_and_gives_examples_and_changes_nothing() -> None:
    preview = Rewriter(["hausa-hook-after", "no-break-spaces"]).preview(TEXTS)
    (key, row), *others = preview.sorted_rows()
    assert key == ("hausa-hook-after", "k'", "ƙ")
    assert (row.count, row.texts) == (3, 2)
    assert row.examples[0] == ("k'asa ta k'asa", "ƙasa ta k'asa")
    assert len(others) == 2


def test_the_table_shows_what_cannot_be_seen() -> None:
    table = Rewriter(["hausa-hook-after", "no-break-spaces"]).preview(TEXTS).table()
    assert "U+00A0 → U+0020" in table
    assert "k' → ƙ" in table
    assert table.splitlines()[0].split() == ["rule", "change", "times", "texts", "for", "example"]


def test_a_long_table_says_that_it_is_cut() -> None:
    assert Rewriter(["hausa-hook-after", "no-break-spaces"]).preview(TEXTS).table(most=1).endswith("2 more kinds of change")


def test_nothing_to_change_is_said() -> None:
    assert Rewriter([]).preview(TEXTS).table() == "the rules chosen change nothing"


def test_it_does_not_grow_without_end() -> None:
    preview = Preview()
    preview.add("x" * 10, (Hit(0, 1, "rule", str(number), "y") for number in range(12_000)))
    assert len(preview.rows) == 10_001
    assert preview.rows["rule", MANY, MANY].count == 2_000
    assert io.StringIO(preview.table()).readline()
