from __future__ import annotations

import json
from typing import Any

import pytest

from mbegu.corpus.findings import DAMAGED, EMPTY, ReadError


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


CONTACTS = [{"user_id": i, "first_name": f"Adébọ̀wálé{i}", "last_name": "Ọlátúnjí", "phone_number": f"+234 803 {i:07}"} for i in range(500)]
CHATS = {"about": "y", "list": [{"name": "ab", "type": "personal_chat", "id": 1, "messages": [message("ab", "mo ti dé")]}]}
SECTIONS = {
    "personal_information": {"user_id": 1, "first_name": "Adébọ̀wálé", "phone_number": "+234 803", "bio": "olùkọ́ " * 2500},
    "profile_pictures": [{"date": "2025-01-01T10:00:00", "date_unixtime": "1", "photo": f"p/{i}.jpg"} for i in range(500)],
    "contacts": {"about": "x", "list": CONTACTS},
    "frequent_contacts": {"about": "x", "list": [{"id": i, "category": "people", "name": "Adébọ̀wálé Ọlátúnjí"} for i in range(500)]},
    "sessions": {"about": "x", "list": [{"last_ip": "192.0.2.1", "device_model": "Adébọ̀wálé ń lò ó"}] * 500},
}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("section", SECTIONS)
def test_what_stands_before_the_chats_of_an_account_is_kept_nowhere(read, section: str, indent: int | None) -> None:  # type: ignore[no-untyped-def]
    export = {"about": "Here is the data you requested.", section: SECTIONS[section], "chats": CHATS}
    made = read("result.json", json.dumps(export, indent=indent, ensure_ascii=False))
    assert made.texts == ["S1: mo ti dé\n"]
    assert made.findings.formats == {"telegram": 1}
    assert not any(name in str(made.findings) for name in ("Adébọ̀wálé", "Ọlátúnjí", "+234"))


def test_chats_that_were_left_are_read_too(read) -> None:  # type: ignore[no-untyped-def]
    left = {"about": "z", "list": [{"name": "cd", "type": "private_group", "id": 1, "messages": [message("cd", "mo ti lọ")]}]}
    made = read("result.json", json.dumps({"about": "x", "chats": CHATS, "left_chats": left}))
    assert made.texts == ["S1: mo ti dé\n", "S2: mo ti lọ\n"]
    assert made.places == ["result.json#1:1", "result.json#2:1"]


def test_an_address_book_alone_is_told_and_not_read(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="no message that a person wrote") as caught:
        read("result.json", json.dumps({"about": "x", "contacts": SECTIONS["contacts"]}))
    assert caught.value.reason == EMPTY


def test_json_that_only_has_such_names_is_json(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.json", json.dumps({"about": "ìwé", "contacts": ["a"], "chats": {"n": 1}, "texts": [{"text": "ọ̀rọ̀ kan nìyí"}]}))
    assert made.findings.formats == {"json": 1}
