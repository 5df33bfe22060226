"""Plain text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mbegu.corpus.decode import decode, whole_characters
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

SNIFF_BYTES = 1 << 16
# Letters, marks and spaces are 0.9 and more of the prose of every language tried, and with the signs of punctuation and figures all
# but all of it; tables of figures miss the first, program code and markup the second.
MIN_LETTER_SHARE = 0.8
MIN_PROSE_SHARE = 0.97
_NO_PROSE = frozenset('#%&*@/\\"')


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the file as one text. Raises ``ReadError`` when its bytes are not text."""
    yield RawText(source.name, "", decode(source, context.findings, context.settings.encoding))


def is_plainly_text(source: Source) -> bool:
    """Whether the beginning of a source is UTF-8 and nearly all letters, marks, spaces and punctuation."""
    with source.open() as stream:
        head = stream.read(SNIFF_BYTES)
    try:
        text = head[: whole_characters(head)].decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    letters = sum(unicodedata.category(character)[0] in "LMZ" or character in "\n\r\t" for character in text)
    others = sum(unicodedata.category(character) in ("Nd", "Po", "Pd", "Pi", "Pf") and character not in _NO_PROSE for character in text)
    return bool(text) and letters >= MIN_LETTER_SHARE * len(text) and letters + others >= MIN_PROSE_SHARE * len(text)
