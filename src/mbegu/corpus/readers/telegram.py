"""Telegram chats exported as JSON (``result.json``): one chat, or all of an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mbegu.corpus.decode import decode
from mbegu.corpus.readers.chat import Message, Speakers, conversations
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.json_stream import JsonStream, Path
from mbegu.corpus.source import RawText, Source

_NAMED = frozenset(["mention", "mention_name"])
_MESSAGES = re.compile(r'"messages"\s*:\s*\[')
_MESSAGE = re.compile(r'"(?:from_id|actor_id|text_entities|date_unixtime)"\s*:')


def recognises(head: str) -> bool:
    """Whether JSON begins as an export of chats does."""
    return bool(head.lstrip()[:1] == "{" and _MESSAGES.search(head) and _MESSAGE.search(head))


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield a text for each run of days of each chat.

    Raises:
        ReadError: it is no JSON, or its bytes are not text.
    """
    stream = JsonStream(decode(source, context.findings, context.settings.encoding), lambda path: path == ("chats", "list"))
    for _, messages in groupby(_messages(stream, source, context), key=lambda message: message.place.partition(":")[0]):
        yield from conversations(messages, source.name)


def _messages(stream: JsonStream, source: Source, context: Context) -> Iterator[Message]:
    """Yield the messages that people wrote, with the place ``chat:message``; the chats of a file share its speakers' numbers."""
    speakers = Speakers()
    chat = left_out = number = 0
    for path, value in stream.items():
        if _is_new_chat(path):
            chat, number = chat + 1, 0
        if path[-1:] != ("messages",) or not isinstance(value, dict):
            continue
        number += 1
        if value.get("type") != "message" or not value.get("text"):
            left_out += 1
            continue
        speaker = speakers.label(str(value.get("from_id") or value.get("from") or ""))
        text = _text(value["text"], speakers).strip()
        yield Message(str(value.get("date", ""))[:10], speaker, text, f"{max(1, chat)}:{number}")
    if left_out:
        context.findings.note(source.name, f"{left_out:,} messages that the program wrote or that hold no text were left out")


def _is_new_chat(path: Path) -> bool:
    """Whether a value is the first of a chat: its ``id``, which stands before the messages."""
    return path in (("id",), ("chats", "list", "id"))


def _text(text: Any, speakers: Speakers) -> str:
    """Return the text of a message, which is a string or a list of strings and marked pieces."""
    if isinstance(text, str):
        return text
    parts = []
    for piece in text if isinstance(text, list) else []:
        if isinstance(piece, str):
            parts.append(piece)
        elif isinstance(piece, dict) and isinstance(piece.get("text"), str):
            is_name = piece.get("type") in _NAMED
            parts.append("@" + speakers.label(str(piece.get("user_id") or piece["text"].lstrip("@"))) if is_name else piece["text"])
    return "".join(parts)
