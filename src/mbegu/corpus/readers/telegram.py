"""Telegram chats exported as JSON (``result.json``): one chat, or all of an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mbegu.corpus.decode import decode
from mbegu.corpus.findings import EMPTY, ReadError
from mbegu.corpus.readers.chat import Message, Speakers, conversations
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.json_stream import JsonStream, Path
from mbegu.corpus.source import RawText, Source

_NAMED = frozenset(["mention", "mention_name"])
_MESSAGES = re.compile(r'"messages"\s*:\s*\[')
_MESSAGE = re.compile(r'"(?:from_id|actor_id|text_entities|date_unixtime)"\s*:')
# What all of an account begins with: its owner, the address book and other lists stand before the chats, and each may be missing.
_ACCOUNT = re.compile(
    r'"(?:personal_information"\s*:\s*\{\s*"(?:user_id|first_name)"|(?:profile_pictures|stories)"\s*:\s*\[\s*\{\s*"date"|'
    r'(?:contacts|frequent_contacts|sessions|web_sessions|chats|left_chats)"\s*:\s*\{\s*"about")'
)
_CHATS = frozenset([("chats", "list"), ("left_chats", "list")])


def recognises(head: str) -> bool:
    """Whether JSON begins as an export of a chat or of an account does."""
    is_chat = _MESSAGES.search(head) and _MESSAGE.search(head)
    return bool(head.lstrip()[:1] == "{" and (is_chat or _ACCOUNT.search(head)))


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield a text for each run of days of each chat; the owner's name and address book are passed over.

    Raises:
        ReadError: it is no JSON, its bytes are not text, or it holds no message that a person wrote.
    """
    stream = JsonStream(decode(source, context.findings, context.settings.encoding), lambda path: path in _CHATS)
    chats = 0
    for _, messages in groupby(_messages(stream, source, context), key=lambda message: message.place.partition(":")[0]):
        chats += 1
        yield from conversations(messages, source.name)
    if not chats:
        raise ReadError(EMPTY, "read as what Telegram exports: it holds no message that a person wrote")


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
    return path[-1:] == ("id",) and (len(path) == 1 or path[:-1] in _CHATS)


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
