"""From bytes to characters: find out how a file is encoded, say so, and decode it as a stream.

UTF-8 is proved by decoding the whole file, never guessed. A file that is not Unicode is read in the encoding that the recipe
or the file itself names; without one in a guess, which the report calls a guess. Files that mix encodings line by line are
decoded line by line.
"""

from __future__ import annotations

import codecs
import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mbegu.corpus.findings import BINARY, Findings, ReadError
from mbegu.corpus.source import Source

CHUNK_CHARACTERS = 1 << 16
CHUNK_BYTES = 1 << 16
SAMPLE_BYTES = 1 << 18
LINE_BYTES = 1 << 20
REPLACEMENT = "\ufffd"
WIDE_CODECS = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
WIDE_BYTES = 40_000  # looked at to tell them
NAME_IT = 'name its encoding: encoding = "utf-16-le" under [corpus], or --encoding'

# The longer mark first: UTF-32-LE begins like UTF-16-LE.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive, .docx or .odt"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file"),
    (b"PAR1", "Parquet"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_VALID_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
MAX_CONTROL_SHARE = 0.02  # text has none; compressed and random data have about a tenth
MAX_BROKEN_SHARE = 0.005  # stray bytes for each character of several bytes, below which UTF-8 counts as broken and not as mixed
MAX_BROKEN = 3
MIN_TEXT_SHARE = 0.9  # letters, marks, spaces and punctuation in decoded text; prose of every script tried has more
MAX_HIGH_SHARE_WESTERN = 0.5  # accented letters in Western European text; Cyrillic, Greek, Arabic code pages have nearly all letters there


@dataclass(frozen=True)
class Encoding:
    """How a file is encoded.

    ``codec`` decodes it. ``mixed`` says that only lines which are not valid UTF-8 are decoded with it. ``label`` is for people.
    """

    codec: str
    label: str
    mixed: bool = False


def decode(source: Source, findings: Findings, fallback: str = "") -> Iterator[str]:
    """Yield the text of a source in pieces, with ``\\n`` line ends, and record its encoding.

    Args:
        source: the bytes.
        findings: gets the encoding's label.
        fallback: the codec to use when the bytes are not Unicode; guessed when empty.

    Raises:
        ReadError: the bytes are not text.
        OSError: the file cannot be read.
    """
    encoding = detect(source, fallback)
    findings.encodings[encoding.label] += 1
    if encoding.label != "UTF-8":
        findings.note(source.name, f"read as {encoding.label}")
    with source.open() as stream:
        yield from _decode_lines(stream, encoding.codec) if encoding.mixed else _decode_stream(stream, encoding.codec)


def decode_bytes(data: bytes, findings: Findings, name: str, fallback: str = "") -> str:
    """Return the text of bytes in memory; otherwise as ``decode``."""
    return "".join(decode(Source(name, len(data), lambda: io.BytesIO(data)), findings, fallback))


def detect(source: Source, fallback: str = "") -> Encoding:
    """Find out how a source is encoded by reading it once or twice.

    Args:
        source: the bytes.
        fallback: the codec for bytes that are not Unicode; guessed when empty.

    Raises:
        ReadError: the bytes are not text.
    """
    with source.open() as stream:
        head = stream.read(SAMPLE_BYTES)
    for mark, codec, label in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            if codec == "utf-8-sig" and not _is_utf8(source):
                break
            return Encoding(codec, label)
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise ReadError(BINARY, f"the name says text, but this is {what}: give it its right ending")
    has_zeros = b"\x00" in head
    is_bytewise = not has_zeros and len(_CONTROLS.findall(head)) <= MAX_CONTROL_SHARE * len(head)
    if is_bytewise and _is_utf8(source):
        return Encoding("utf-8", "UTF-8")
    if (has_zeros or _is_wide(fallback)) and (found := _wide(head, fallback)):
        return found
    if has_zeros and _is_utf8_with_zeros(source, head):
        return Encoding("utf-8", "UTF-8 with zero bytes, which were removed")
    if not is_bytewise:
        tried = f", nor by {fallback}" if _is_wide(fallback) else ""
        raise ReadError(BINARY, f"the name says text, but these bytes are none that is known{tried}: if it is text, {NAME_IT}")
    return _not_utf8(source, "" if _is_wide(fallback) else fallback)


def whole_characters(data: bytes) -> int:
    """Return the length of UTF-8 ``data`` without a character that is cut off at its end."""
    end = len(data)
    for back in range(1, min(4, end) + 1):
        byte = data[end - back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return end - back if back < needed else end
        if byte < 0x80:
            break
    return end


def _is_utf8(source: Source) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with source.open() as stream:
            while block := stream.read(1 << 20):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8_with_zeros(source: Source, head: bytes) -> bool:
    """Whether it is UTF-8 but for a stretch of zeros, which a crash may leave."""
    rest = head.replace(b"\x00", b"")
    return len(rest) > len(head) // 2 and _is_utf8(source) and len(_CONTROLS.findall(rest)) <= MAX_CONTROL_SHARE * len(rest)


def _wide(head: bytes, named: str) -> Encoding | None:
    """Tell UTF-16 and UTF-32 without a mark by the text that comes out; where that has no blank and no line end, the name must say it too.

    Wrong byte order gives letters too, of many unrelated blocks, but hardly ever a blank or line end.
    """
    texts = {codec: head[: min(len(head), WIDE_BYTES) // 4 * 4].decode(codec, "replace") for codec in WIDE_CODECS}
    readable = [codec for codec, text in texts.items() if _text_share(text) >= MIN_TEXT_SHARE]
    spaced = [codec for codec in readable if any(character in " \n\r\t" for character in texts[codec])]
    meant = [codec for codec in readable if named and codec.startswith(_normal(named))]
    found = [codec for codec in spaced if codec in meant] or spaced or meant
    if not found:
        return None
    how = "without byte order mark" if found[0] in spaced else "(as the recipe or the file says)"
    return Encoding(found[0], f"{found[0].upper()} {how}")


def _is_wide(named: str) -> bool:
    """Whether an encoding is UTF-16 or UTF-32, which mix with no other in a file."""
    return _normal(named).startswith(("utf-16", "utf-32"))


def _normal(named: str) -> str:
    """Return the name of an encoding as Python writes it; empty where there is none of that name."""
    try:
        return codecs.lookup(named).name if named else ""
    except LookupError:
        return ""


def _text_share(text: str) -> float:
    """Return the share of characters that are letters, digits, marks, blanks, joiners or punctuation, which parts words in Tibetan and Ethiopic."""
    import unicodedata

    categories = [unicodedata.category(character) for character in text]
    good = sum(category[0] in "LMNPZ" or category == "Cf" for category in categories) + sum(map(text.count, "\n\r\t"))
    return good / max(1, len(text))


def _not_utf8(source: Source, fallback: str) -> Encoding:
    """Decide between another encoding for the whole file and UTF-8 that is broken or mixed in places."""
    good = bad = good_lines = 0
    sample = bytearray()
    with source.open() as stream:
        for line in _byte_lines(stream):
            if line.isascii():
                continue
            valid, invalid = _count_sequences(line)
            good, bad, good_lines = good + valid, bad + invalid, good_lines + (invalid == 0)
            if invalid > valid and len(sample) < SAMPLE_BYTES:
                sample += line
    codec = fallback or (_guess_codec(bytes(sample)) if sample else "cp1252")
    how = "as the recipe or the file says" if fallback else "guessed"
    if not sample or (good and bad <= max(MAX_BROKEN, MAX_BROKEN_SHARE * good)):
        return Encoding("utf-8", f"UTF-8, broken in {bad:,} places", mixed=False)
    if good_lines == 0 and bad > good:
        return Encoding(codec, f"{codec} ({how})")
    return Encoding(codec, f"UTF-8 mixed with {codec} ({how})", mixed=True)


def _byte_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines of at most about ``LINE_BYTES``, never cut inside a multi-byte character."""
    held = b""
    while piece := stream.readline(LINE_BYTES):
        piece = held + piece
        held = b""
        if not piece.endswith(b"\n") and len(piece) >= LINE_BYTES:
            end = whole_characters(piece)
            piece, held = piece[:end], piece[end:]
        yield piece
    if held:
        yield held


def _count_sequences(line: bytes) -> tuple[int, int]:
    """Return how many valid multi-byte characters and how many stray high bytes a line has."""
    rest, valid = _VALID_MULTIBYTE.subn(b"", line)
    return valid, len(_HIGH.findall(rest))


def _guess_codec(sample: bytes) -> str:
    """Guess an 8-bit encoding: Windows-1252 where high bytes are few, as accents are; else ask charset-normalizer."""
    letters = sum(byte >= 0x80 or chr(byte).isalpha() for byte in sample)
    high = len(_HIGH.findall(sample))
    if high <= MAX_HIGH_SHARE_WESTERN * letters:
        try:
            decoded = sample.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        if any(character.isalpha() for character in decoded if ord(character) > 127):
            return "cp1252"
    from charset_normalizer import from_bytes

    logging.getLogger("charset_normalizer").setLevel(logging.ERROR)
    best = from_bytes(sample[:CHUNK_BYTES]).best()
    return best.encoding if best else "latin-1"


def _decode_stream(stream: BinaryIO, codec: str) -> Iterator[str]:
    reader = io.TextIOWrapper(stream, encoding=codec, errors="replace", newline=None)
    while text := reader.read(CHUNK_CHARACTERS):
        yield text


def _decode_lines(stream: BinaryIO, codec: str) -> Iterator[str]:
    """Decode each line as UTF-8 where it is valid or mostly so, else with ``codec``."""
    for line in _byte_lines(stream):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            valid, invalid = _count_sequences(line)
            text = line.decode(codec if invalid > valid else "utf-8", "replace")
        yield text.replace("\r\n", "\n").replace("\r", "\n")
