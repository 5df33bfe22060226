"""WhatsApp chats exported as text, from Android and iOS, with dates and times in the order and the digits of any region.

A message begins with a date and a time, on Android ``date, time - sender: text``, on iOS ``[date, time] sender: text``; lines without go on with
the message before. What the program wrote itself is told by form and not by words, so that it is left out in any language: it has
no sender, or begins with a left-to-right mark, or is one phrase in angle brackets (``<Media omitted>``), or its "sender" is the name of
another one with more words (``Ada changed the subject to "News: today"``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from mbegu.corpus.decode import decode
from mbegu.corpus.findings import Findings
from mbegu.corpus.lines import bounded_lines
from mbegu.corpus.readers.chat import Message, Speakers, conversations
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

LINE_BYTES = 1 << 16
MAX_NAME_CHARACTERS = 100
MAX_MESSAGE_LINES = 20_000

_MARK = "[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*"
_DATE = rf"{_MARK}(?P<day>\d{{1,4}}{_MARK}[./\u2010-\u2015-]\s?{_MARK}\d{{1,2}}{_MARK}[./\u2010-\u2015-]\s?{_MARK}\d{{1,4}}\.?){_MARK}"
_HALF = r"[^\d\[\]:/-]{0,20}?"  # AM and PM in any language, before or after the time
_TIME = rf"{_HALF}\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?{_HALF}"
_START = re.compile(
    rf"^(?:{_MARK}\[{_DATE}[,،]?\s{_TIME}\]\s?|{_DATE.replace('day', 'android')}[,،]?\s{_TIME}\s[-\u2013\u2014]\s)(?P<rest>.*)$", re.DOTALL
)
_BY_PROGRAM = "\u200e"
_PLACEHOLDER = re.compile(r"^\s*<[^<>\n]{1,80}>\s*$")
_REMARK = re.compile("(?<!\\s)\\s*\u200e?<[^<>@/\\n]{1,40}\\s[^<>@/\\n]{1,40}>\\s*$")
_MENTION = re.compile("@\u2068([^\u2069\n]{1,100})\u2069|@(\\d{7,15})\\b")
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass
class _Entry:
    """A message as the file writes it: ``sender`` is empty where no one sent it."""

    day: str
    sender: str
    text: str
    line: int


def recognises(head: str) -> bool:
    """Whether text begins as an export does: its first line has a date and a time, and so have others, and one of them has a sender."""
    lines = [line for line in head.splitlines() if line.strip()]
    starts = [match for line in lines if (match := _START.match(line))]
    return bool(lines and _START.match(lines[0])) and len(starts) >= 2 and any(": " in match["rest"] for match in starts)


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield a text for each run of days. Raises ``ReadError`` when the bytes are not text."""
    senders = Counter(entry.sender for entry in _entries(source, context, Findings()) if entry.sender)
    yield from conversations(_messages(source, context, senders), source.name)


def _messages(source: Source, context: Context, senders: Counter[str]) -> Iterator[Message]:
    speakers = Speakers()
    left_out = 0
    for entry in _entries(source, context, context.findings):
        text = _REMARK.sub("", entry.text)
        if not entry.sender or _is_sentence(entry.sender, senders) or entry.text.startswith(_BY_PROGRAM) or _PLACEHOLDER.match(entry.text):
            left_out += 1
        elif _MARKS.sub("", text).strip():
            label = speakers.label(entry.sender)
            yield Message(entry.day, label, _without_names(text.strip(), speakers), str(entry.line))
    if left_out:
        context.findings.note(source.name, f"{left_out:,} lines that the program wrote or that stand for pictures and sound were left out")


def _entries(source: Source, context: Context, findings: Findings) -> Iterator[_Entry]:
    entry: _Entry | None = None
    held: list[str] = []
    number = 1
    for line in bounded_lines(decode(source, findings, context.settings.encoding), LINE_BYTES):
        match = _START.match(line)
        if match or (entry and len(held) >= MAX_MESSAGE_LINES):
            if entry:
                yield _with_text(entry, held)
            rest = match["rest"] if match else line
            sender, text = _split(rest) if match else (entry.sender if entry else "", rest)
            day = (match["day"] or match["android"]) if match else entry.day if entry else ""
            entry, held = _Entry(_MARKS.sub("", day), sender, "", number), [text]
        elif entry:
            held.append(line)
        number += line.endswith("\n")
    if entry:
        yield _with_text(entry, held)


def _with_text(entry: _Entry, lines: list[str]) -> _Entry:
    return _Entry(entry.day, entry.sender, "".join(lines).rstrip("\n"), entry.line)


def _split(rest: str) -> tuple[str, str]:
    """Return sender and text of what follows the time; a line without a sender is the program's."""
    name, colon, text = rest.partition(":")
    if not colon or text[:1] not in (" ", "\u200e", "\u200f", "\u202f", "\n", "") or len(name) > MAX_NAME_CHARACTERS:
        return "", rest
    return _MARKS.sub("", name).strip().lstrip("~").strip(), text[1:] if text[:1] == " " else text


def _is_sentence(sender: str, senders: Counter[str]) -> bool:
    """Whether a sender is another sender's name and more words after it, met no more often than a notice would be."""
    beginnings = accumulate(sender.split(" "), "{} {}".format)
    return any(senders[name] > senders[sender] for name in beginnings)


def _without_names(text: str, speakers: Speakers) -> str:
    """Replace names and numbers that a message calls out to (``@name``)."""
    return _MENTION.sub(lambda match: "@" + speakers.label((match[1] or match[2]).lstrip("~")), text)
