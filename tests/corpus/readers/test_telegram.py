from __future__ import annotations

import json
from typing import Any

import pytest

from mbegu.corpus.findings import DAMAGED, ReadError


def message(sender: str, text: Any, day: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": 1, "type": "message", "date": f"2025-01-{day:02}T10:00:00", "from": sender, "from_id": f"user{sender}", "text": text, **more}


def test_people_are_numbered_and_the_programs_lines_go(read) -> None:  # type: ignore[no-untyped-def]
    marked = ["wo ", {"type": "bold", "text": "èyí"}, ", ", {"type": "mention", "text": "@bala"}, {"type": "link", "text": " https://a.org"}]
    messages = [
        {"id": 0, "type": "service", "date": "2025-01-01T09:00:00", "actor": "Ada", "action": "create_group", "title": "Ọjà", "text": ""},
        message("Ada", "Ẹ kú àárọ̀\nẹ jókòó"),
        message("Bala", marked),
        message("Bala", "", photo="photos/1.jpg"),
        message("Ada", "ó dáa"),
    ]
    made = read("result.json", json.dumps({"name": "Ọjà", "type": "private_group", "id": 9, "messages": messages}))
    assert made.texts == ["S1: Ẹ kú àárọ̀\nẹ jókòó\nS2: wo èyí, @S3 https://a.org\nS1: ó dáa\n"]
    assert made.places == ["result.json#1:2"]
    assert made.findings.notes == [("result.json", "2 messages that the program wrote or that hold no text were left out")]


def test_all_chats_of_an_account_are_read_one_message_at_a_time(read) -> None:  # type: ignore[no-untyped-def]
    chats = [
        {"name": name, "type": "personal_chat", "id": i, "messages": [message(name, f"mo ni {name[::-1]}")]} for i, name in enumerate(["ab", "cd"])
    ]
    export = {"about": "x", "personal_information": {"first_name": "Ada"}, "chats": {"about": "y", "list": chats}}
    made = read("result.json", json.dumps(export, indent=1))
    assert made.texts == ["S1: mo ni ba\n", "S2: mo ni dc\n"]
    assert made.places == ["result.json#1:1", "result.json#2:1"]


def test_an_export_that_breaks_off_is_told_after_what_was_read(read) -> None:  # type: ignore[no-untyped-def]
    whole = json.dumps({"id": 1, "messages": [message("Ada", "ọ̀rọ̀ " * 600, day) for day in range(1, 9)]})
    with pytest.raises(ReadError, match="JSON") as caught:
        read("result.json", whole[:-300])
    assert caught.value.reason == DAMAGED
