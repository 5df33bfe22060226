"""Plain text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mbegu.corpus.decode import decode
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

SNIFF_BYTES = 1 << 16
# Prose of every language tried has 0.95 and more; program code and tables of figures have less.
MIN_PROSE_SHARE = 0.9


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the file as one text. Raises ``ReadError`` when its bytes are not text."""
    yield RawText(source.name, "", decode(source, context.findings, context.settings.encoding))


def is_plainly_text(source: Source) -> bool:
    """Whether the beginning of a source is UTF-8 and nearly all letters, marks and spaces."""
    with source.open() as stream:
        head = stream.read(SNIFF_BYTES)
    try:
        text = head[: _whole_characters(head)].decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    prose = sum(unicodedata.category(character)[0] in "LMZ" or character in "\n\r\t" for character in text)
    return bool(text) and prose >= MIN_PROSE_SHARE * len(text)


def _whole_characters(data: bytes) -> int:
    """Return the length of ``data`` without a character that is cut off at its end."""
    end = len(data)
    for back in range(1, min(4, end) + 1):
        byte = data[end - back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return end - back if back < needed else end
        if byte < 0x80:
            break
    return end
