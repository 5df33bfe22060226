"""Lines of a stream of text, each of bounded length, whatever the file holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import TOO_LARGE, ReadError

# Ends of sentences in Latin, Arabic, Ethiopic, Devanagari, Khmer, Myanmar, CJK, N'Ko, Armenian and Adlam text.
SENTENCE_ENDS = ".!?…؟۔።፧፨।॥។៕၊။。！？߹։\U0001e95e\U0001e95f"
_SENTENCE_END = re.compile(f"[{SENTENCE_ENDS}]+[\"'”’»)]*\\s*")
_JOINERS = "\u200c\u200d"


def whole_lines(chunks: Iterable[str], limit_characters: int) -> Iterator[str]:
    """Yield lines with their line ends.

    Args:
        chunks: the text in pieces, with ``\\n`` line ends.
        limit_characters: longest line allowed.

    Raises:
        ReadError: a line is longer.
    """
    held: list[str] = []
    length = 0
    for chunk in chunks:
        first, *rest = chunk.split("\n")
        held.append(first)
        length += len(first)
        if length > limit_characters:
            raise ReadError(TOO_LARGE, f"a single line of more than {format_bytes(limit_characters)}: is the format what its name says?")
        if rest:
            yield "".join(held) + "\n"
            for line in rest[:-1]:
                yield line + "\n"
            held, length = [rest[-1]], len(rest[-1])
    if length:
        yield "".join(held)


def bounded_lines(chunks: Iterable[str], limit_bytes: int) -> Iterator[str]:
    """Yield lines with their line ends; a line longer than the limit comes in parts without one.

    Parts end at the end of a sentence, else at a space, else anywhere but before a combining mark. All of the text comes
    out, in order.

    Args:
        chunks: the text in pieces, with ``\\n`` line ends.
        limit_bytes: longest part, in bytes of UTF-8; a little more where characters of one and of many bytes are mixed.
    """
    held = ""
    for chunk in chunks:
        first, *rest = chunk.split("\n")
        held += first
        if len(held) > 2 * limit_bytes:
            *parts, held = _in_parts(held, limit_bytes)
            yield from parts
        for following in rest:
            yield from _in_parts(held + "\n", limit_bytes)
            held = following
    if held:
        yield from _in_parts(held, limit_bytes)


def sentence_ends(line: str) -> list[int]:
    """Return where each sentence of a line ends, with the quotation marks and spaces after it."""
    return [match.end() for match in _SENTENCE_END.finditer(line)]


def utf8_bytes(text: str) -> int:
    """Return the size of text in bytes of UTF-8; lone surrogates count too."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _in_parts(line: str, limit_bytes: int) -> Iterator[str]:
    size = utf8_bytes(line)
    limit = len(line) if size <= limit_bytes else max(1, limit_bytes * len(line) // size)
    start = 0
    while len(line) - start > limit + 1:
        end = start + _good_end(line[start : start + limit + 1], limit)
        yield line[start:end]
        start = end
    yield line[start:]


def _good_end(text: str, limit: int) -> int:
    """Return where to cut a long text: at most ``limit``, more than half of it, at the best place there is."""
    last = max((match.end() for match in _SENTENCE_END.finditer(text, limit // 2, limit)), default=0)
    if last:
        return last
    space = text.rfind(" ", limit // 2, limit)
    if space >= 0:
        return space + 1
    end = limit
    while end > limit // 2 and end < len(text) and (unicodedata.category(text[end])[0] == "M" or text[end] in _JOINERS or text[end - 1] in _JOINERS):
        end -= 1
    return end
