"""Chats: messages of one conversation as documents, with the senders' names replaced by numbers.

A document is a run of whole days with at least ``BLOCK_BYTES`` of text. A change of the written date needs no knowledge of the order of day
and month, a conversation seldom crosses midnight, and single days of a quiet chat are too short to be a text. So what was said in answer
to each other stays on one side when text is held out. Busier days are cut later like any large text.

Senders become ``S1``, ``S2`` and so on in the order of their first message in the file: the same each time, and a label that is no word
of any language. The names are kept nowhere. A label stands where the speaker changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mbegu.corpus.lines import utf8_bytes
from mbegu.corpus.source import RawText

BLOCK_BYTES = 2_000
MAX_BLOCK_BYTES = 1_000_000


class Speakers:
    """Numbers for the names in one file."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def label(self, name: str) -> str:
        """Return ``S1`` for the first name met, ``S2`` for the second, and the same for the same name."""
        return f"S{self._numbers.setdefault(name.strip(), len(self._numbers) + 1)}"

    def __contains__(self, name: str) -> bool:
        return name.strip() in self._numbers


@dataclass(frozen=True)
class Message:
    """One message: the day as the file writes it, the speaker's label, the text, and where in the file it begins."""

    day: str
    speaker: str
    text: str
    place: str


def conversations(messages: Iterable[Message], source: str) -> Iterator[RawText]:
    """Yield the documents of a chat; ``source`` names the file."""
    held: list[Message] = []
    size = 0
    for message in messages:
        is_new_day = bool(held) and message.day != held[-1].day
        if held and ((is_new_day and size >= BLOCK_BYTES) or size >= MAX_BLOCK_BYTES):
            yield _block(held, source)
            held, size = [], 0
        held.append(message)
        size += utf8_bytes(message.text)
    if held:
        yield _block(held, source)


def _block(messages: list[Message], source: str) -> RawText:
    lines, speaker = [], ""
    for message in messages:
        lines.append(f"{message.speaker}: {message.text}\n" if message.speaker != speaker else f"{message.text}\n")
        speaker = message.speaker
    return RawText(source, messages[0].place, lines)
