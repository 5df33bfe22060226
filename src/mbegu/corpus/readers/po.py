"""Translations of programs (.po): the translated side, a message a line, place-holders as they are.

Left out are messages without a translation, those marked ``fuzzy`` (guessed by a program, seen by no one), withdrawn ones (``#~``), and
those whose translation is the original letter for letter: nobody can tell whether they are translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mbegu.corpus.decode import decode
from mbegu.corpus.lines import bounded_lines
from mbegu.corpus.readers.charset import codec_of
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.languages import main_code
from mbegu.corpus.source import RawText, Source

LINE_BYTES = 1 << 16
HEAD_BYTES = 1 << 14
_FIELD = re.compile(r'^\s*(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s*"(.*)"\s*$')
_MORE = re.compile(r'^\s*"(.*)"\s*$')
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\\"'?])|x([0-9A-Fa-f]{2})|([0-7]{1,3}))")
_SIGNS = {"n": "\n", "t": "\t", "r": "\n", "a": "", "b": "", "f": "\n", "v": "\n"}
_CHARSET = re.compile(rb"charset=([A-Za-z0-9_.:-]{2,40})")
_LANGUAGE = re.compile(r"^Language:[ \t]*([A-Za-z]{2,8}(?:[_-][A-Za-z]+)*)", re.MULTILINE)


@dataclass
class _Message:
    """The fields of one message as they are gathered, each in the lines that it stands in."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    is_fuzzy: bool = False

    def fields(self) -> dict[str, str]:
        """Return the fields whole."""
        return {name: "".join(lines) for name, lines in self.lines.items()}


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the translations as one text. Raises ``ReadError`` when the bytes are not text."""
    with source.open() as stream:
        head = stream.read(HEAD_BYTES)
    charset = _CHARSET.search(head)
    fallback = context.settings.encoding or (codec_of(charset[1].decode("ascii")) if charset else "")
    lines = bounded_lines(decode(source, context.findings, fallback), LINE_BYTES)
    language = _LANGUAGE.search(head.decode("utf-8", "replace").replace("\\n", "\n").replace('"', ""))
    yield RawText(source.name, "", _translations(lines, source, context), main_code(language[1]) if language and not context.language else "")


def _translations(lines: Iterable[str], source: Source, context: Context) -> Iterator[str]:
    left_out = 0
    for message in _messages(lines):
        fields = message.fields()
        original = fields.get("msgid", "")
        for name, text in fields.items():
            if not name.startswith("msgstr") or not text.strip() or not original:
                continue
            if message.is_fuzzy or text in (original, fields.get("msgid_plural")):
                left_out += 1
            else:
                yield text.strip("\n") + "\n"
    if left_out:
        context.findings.note(source.name, f"{left_out:,} translations that are marked fuzzy or are the same as the original were left out")


def _messages(lines: Iterable[str]) -> Iterator[_Message]:
    message, name = _Message(), ""
    for line in lines:
        if match := _FIELD.match(line):
            name = match[1]
            if name in ("msgid", "msgctxt") and "msgid" in message.lines:
                yield message
                message = _Message()
            message.lines[name] = [_unescaped(match[2])]
        elif (match := _MORE.match(line)) and name:
            message.lines[name].append(_unescaped(match[1]))
        elif line.startswith("#"):
            name = ""
            if message.lines:
                yield message
                message = _Message()
            message.is_fuzzy |= line.startswith("#,") and "fuzzy" in line
    yield message


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _SIGNS.get(match[1], match[1]) if match[1] else chr(int(match[2], 16) if match[2] else int(match[3], 8)), text)
