from __future__ import annotations

import json
from typing import Any

import pytest

from mbegu.corpus.findings import DAMAGED, EMPTY, TOO_LARGE, ReadError
from mbegu.corpus.readers import json as json_reader
from mbegu.corpus.readers.json_stream import JsonStream


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"about": "ọ̀rọ̀", "n": 2, "data": rows}, lambda rows: {"a": {"b": rows}}])
def test_records_wherever_their_array_stands(read, indent: int | None, wrap: Any) -> None:  # type: ignore[no-untyped-def]
    rows = [{"id": "x1", "text": f"ìtàn kẹ{i} gan-an ni", "n": 5, "tags": ["a"]} for i in range(300)]
    made = read("a.json", json.dumps(wrap(rows), indent=indent, ensure_ascii=False))
    assert made.texts == [row["text"] for row in rows]
    assert made.places[:2] == ["a.json#1", "a.json#2"]


def test_texts_without_names(read) -> None:  # type: ignore[no-untyped-def]
    assert read("a.json", json.dumps(["ọ̀kan", "èjì"])).texts == ["ọ̀kan", "èjì"]


def test_a_single_record_and_a_dictionary_of_messages(read) -> None:  # type: ignore[no-untyped-def]
    record = {"title": "Ìlú", "body": "Ìlú ńlá ni Ìbàdàn jẹ́.", "url": "https://example.org/ilu-nla-ni-ibadan-je"}
    assert read("a.json", json.dumps(record)).texts == [record["body"]]
    assert read("a.json", json.dumps(record), column="title").texts == ["Ìlú"]
    messages = {f"key{i}": f"Ọ̀rọ̀ {i}: {{name}}" for i in range(30)}
    made = read("yo.json", json.dumps(messages))
    assert made.texts == ["".join(f"{text}\n" for text in messages.values())]
    assert made.findings.notes[-1] == ("yo.json", "a dictionary of 30 messages: each is a line")


def test_texts_behind_a_limit_are_told(read, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(json_reader, "MAX_DICTIONARY_CHARACTERS", 100)
    made = read("a.json", json.dumps({"texts": ["ọ" * 30] * 9}))
    assert made.texts == ["\n".join(["ọ" * 30] * 3)]
    assert [(drop.source, drop.reason) for drop in made.findings.problems] == [("a.json", TOO_LARGE)]


def test_json_lines_under_this_name(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.json", "".join(json.dumps({"text": f"ọ̀rọ̀ {i}", "id": 3}) + "\n" for i in range(3)))
    assert made.texts == ["ọ̀rọ̀ 0", "ọ̀rọ̀ 1", "ọ̀rọ̀ 2"]
    assert made.findings.formats == {"jsonl": 1}


@pytest.mark.parametrize("text", ["[1, 2", "{", '["a" "b"]', '{"a" 1}', "nothing", '{1: "a"}', "[tru"])
def test_what_is_no_json_is_told(read, text: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError) as caught:
        read("a.json", text)
    assert caught.value.reason == DAMAGED


def test_json_without_text_is_told(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError) as caught:
        read("a.json", '{"n": 1}')
    assert caught.value.reason == EMPTY


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_pieces_of_any_size_give_the_same(size: int) -> None:
    value = {"a": [1, 25.5, 'ọ̀\\n"', {"b": [None, True]}], "c": {"d": -12, "e": []}, "f": "g"}
    text = json.dumps(value) + " \n"
    chunks = [text[i : i + size] for i in range(0, len(text), size)]
    wanted = [(("a",), 1), (("a",), 25.5), (("a",), 'ọ̀\\n"'), (("a",), {"b": [None, True]}), (("c", "d"), -12), (("f",), "g")]
    assert list(JsonStream(chunks).items()) == wanted


def test_an_item_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbegu.corpus.readers.json_stream.MAX_ITEM_CHARACTERS", 1000)
    with pytest.raises(ReadError) as caught:
        list(JsonStream(['["', *["a" * 100] * 50]).items())
    assert caught.value.reason == TOO_LARGE


def test_a_number_of_any_length_does_not_cost_the_text(read) -> None:  # type: ignore[no-untyped-def]
    rows = ", ".join(f'{{"n": {number}, "text": "ọ̀rọ̀ {i} ni èyí"}}' for i, number in enumerate(["9" * 5000, "-" + "1" * 5000, "7"]))
    assert read("a.json", f'{{"n": {"9" * 5000}, "rows": [{rows}]}}').texts == [f"ọ̀rọ̀ {i} ni èyí" for i in range(3)]
    assert [value for _, value in JsonStream(["[", "9" * 4000, ",", "9" * 4001, "]"]).items()] == [int("9" * 4000), float("inf")]
