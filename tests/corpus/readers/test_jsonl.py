from __future__ import annotations

import json

import pytest
from tests.corpus.material import story

from mbegu.corpus.findings import BROKEN_ROW, DAMAGED, NO_COLUMN, ReadError


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_the_longest_field_is_the_text_and_a_broken_line_costs_only_itself(read) -> None:  # type: ignore[no-untyped-def]
    content = lines({"id": "1", "title": "ọ", "body": story(1)}) + "{broken\n\n[1, 2]\n" + lines({"id": "2", "title": "ẹ", "body": story(2)})
    made = read("a.jsonl", content)
    assert made.texts == [story(1), story(2)]
    assert made.places == ["a.jsonl#1", "a.jsonl#5"]
    assert made.findings.dropped == {BROKEN_ROW: 2}
    assert "text taken from column 'body'" in made.findings.notes[0][1]


def test_web_addresses_are_no_text(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.jsonl", lines({"url": "https://example.org/" + "a" * 500, "t": "Ọ̀rọ̀ kan"}))
    assert made.texts == ["Ọ̀rọ̀ kan"]


def test_the_named_field_is_taken_and_a_missing_one_is_named_with_the_others(read) -> None:  # type: ignore[no-untyped-def]
    content = lines({"title": "ọ", "body": story(1)})
    assert read("a.jsonl", content, column="title").texts == ["ọ"]
    with pytest.raises(ReadError, match=r"no column 'text'; the columns are 'title', 'body'") as caught:
        read("a.jsonl", content, column="text")
    assert caught.value.reason == NO_COLUMN


def test_no_json_at_all_is_damage(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError) as caught:
        read("a.jsonl", story(1))
    assert caught.value.reason == DAMAGED


def test_deep_nesting_is_a_broken_line(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.jsonl", "[" * 100_000 + "\n" + lines({"t": "ọ̀rọ̀"}))
    assert made.texts == ["ọ̀rọ̀"]
