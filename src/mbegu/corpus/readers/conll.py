"""Text with a tag at each word (CoNLL): the words joined back into sentences, a sentence a line.

Named entities and parts of speech come as a word and tags on each line, apart by a tab or spaces, with a blank line after each sentence.
Universal Dependencies (.conllu) give each sentence as written too, and that is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mbegu.corpus.decode import decode
from mbegu.corpus.lines import bounded_lines
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.joined import joined
from mbegu.corpus.source import RawText, Source

LINE_BYTES = 1 << 16
MAX_TOKENS = 10_000
MIN_LINES = 5
# Lines that are not as the others are met in hand-made files; in no other kind of text do so many lines end in tags.
MIN_TAGGED_SHARE = 0.95
_ENTITY = re.compile(r"^(?:O|[BIESLU]-[A-Za-z][\w-]{0,20})$")
_PART_OF_SPEECH = re.compile(r"^(?:[A-Z]{1,6}\$?|[.,:])$")
_AS_WRITTEN = "# text = "
_NUMBER = re.compile(r"^(\d{1,9})(?:-(\d{1,9}))?$")  # of a word, or of the first and the last part of one


def recognises(head: str) -> bool:
    """Whether nearly all lines are a word and a tag, and blank lines part sentences."""
    lines = head.split("\n")[:-1] or head.split("\n")
    filled = [line for line in lines if line.strip() and not line.startswith(("#", "-DOCSTART-"))]
    rows = [_cells(line) for line in filled]
    if len(rows) < MIN_LINES or any(line.startswith(_AS_WRITTEN) for line in lines):
        return len(rows) >= MIN_LINES and all(row[0][:1].isdigit() and len(row) >= 8 for row in rows)
    entities = sum(len(row) >= 2 and bool(_ENTITY.match(row[-1])) for row in rows)
    parts = sum(len(row) == 2 and bool(_PART_OF_SPEECH.match(row[1])) for row in rows)
    return max(entities, parts) >= MIN_TAGGED_SHARE * len(rows) and (entities > parts or any(not line.strip() for line in lines))


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the sentences as one text. Raises ``ReadError`` when the bytes are not text."""
    yield RawText(source.name, "", _sentences(source, context))


def _sentences(source: Source, context: Context) -> Iterator[str]:
    tokens: list[str] = []
    written, skipped_to = "", 0
    for line in bounded_lines(decode(source, context.findings, context.settings.encoding), LINE_BYTES):
        is_blank = not line.strip()
        if (is_blank or line.startswith("-DOCSTART-") or len(tokens) >= MAX_TOKENS) and (tokens or written):
            yield (written or joined(tokens)) + "\n"
            tokens, written, skipped_to = [], "", 0
        if line.startswith("-DOCSTART-"):
            yield "\n"
        elif line.startswith(_AS_WRITTEN):
            written = line.removeprefix(_AS_WRITTEN).strip()
        elif not is_blank and not (line.startswith("#") and len(_cells(line)) != 2):
            token, skipped_to = _token(_cells(line), skipped_to)
            tokens += token
    if tokens or written:
        yield (written or joined(tokens)) + "\n"


def _token(cells: list[str], skipped_to: int) -> tuple[list[str], int]:
    """Return the word of a line and up to which number the words after it are its parts (``du`` is ``de`` and ``le``)."""
    if len(cells) < 8 or not cells[0][:1].isdigit():
        return cells[:1], 0
    number = _NUMBER.match(cells[0])
    if number and number[2]:
        return [cells[1]], int(number[2])
    is_part = not number or int(number[1]) <= skipped_to
    return ([] if is_part else [cells[1]]), skipped_to


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("\n").split("\t")] if "\t" in line else line.split()
