"""A document cut into passages: pieces short enough to quote, each with its page, its heading and its place in the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mbegu.serve.documents.sentences import sentence_spans

# About a paragraph: long enough to hold an answer with its conditions, short enough to read on a phone and for an embedding (155 tokens of
# English in 640 characters).
PASSAGE_CHARACTERS = 700


@dataclass(frozen=True)
class Part:
    """A stretch of a document's normalised text with one place: a page (from 1; ``None`` where the format has none) or a row of a table."""

    text: str
    page: int | None = None
    row: str = ""


@dataclass(frozen=True)
class Piece:
    """One passage before it has a number: its text, page, row, and the heading above it (empty: none known)."""

    text: str
    page: int | None
    row: str
    heading: str


def cut_passages(parts: Iterable[Part], headings: Sequence[str]) -> Iterator[Piece]:
    """Cut the parts of one document into passages. None crosses a page, a row or a heading; none ends inside a sentence that fits into one.

    Args:
        parts: the document in order.
        headings: its headings in order as the format marks them; each is looked for as a line of its own, after the one before.
    """
    wanted = _Headings(headings)
    for part in parts:
        held: list[str] = []
        under = wanted.current
        for line in part.text.split("\n"):
            if wanted.is_heading(line):
                yield from _fill(held, part, under)
                held, under = [], wanted.current
            held.append(line)
        yield from _fill(held, part, under)


class _Headings:
    """Follows a document's headings along its lines."""

    def __init__(self, headings: Sequence[str]) -> None:
        self._left = [" ".join(heading.split()) for heading in headings]
        self._places: dict[str, list[int]] = {}
        for place, heading in enumerate(self._left):
            self._places.setdefault(heading, []).append(place)
        self._next = 0
        self.current = ""

    def is_heading(self, line: str) -> bool:
        """Whether a line is one of the headings to come; it is then the current one."""
        bare = " ".join(line.split())
        place = next((each for each in self._places.get(bare, ()) if each >= self._next), None)
        if not bare or place is None:
            return False
        self._next, self.current = place + 1, bare
        return True


def _fill(lines: list[str], part: Part, heading: str) -> Iterator[Piece]:
    """Gather whole lines up to the size of a passage; a longer line is divided between sentences, a longer sentence at spaces."""
    held: list[str] = []
    size = 0
    for piece in (each for line in lines for each in _divide(line)):
        if held and size + len(piece) > PASSAGE_CHARACTERS:
            yield from _piece("".join(held), part, heading)
            held, size = [], 0
        held.append(piece)
        size += len(piece)
    yield from _piece("".join(held), part, heading)


def _piece(text: str, part: Part, heading: str) -> Iterator[Piece]:
    clean = text.strip()
    if any(character.isalnum() for character in clean) and clean != heading:
        yield Piece(clean, part.page, part.row, heading)


def _divide(line: str) -> Iterator[str]:
    if len(line) <= PASSAGE_CHARACTERS:
        yield line + "\n"
        return
    for start, end in sentence_spans(line):
        yield from _divide_sentence(line[start:end])
    yield "\n"


def _divide_sentence(sentence: str) -> Iterator[str]:
    """Yield a sentence whole with a space behind it, or in pieces cut at the last space that fits; where there is none, where it must be."""
    while len(sentence) > PASSAGE_CHARACTERS:
        space = sentence.rfind(" ", PASSAGE_CHARACTERS // 2, PASSAGE_CHARACTERS)
        cut = space + 1 if space > 0 else _before_mark(sentence, PASSAGE_CHARACTERS - 1)
        yield sentence[:cut]
        sentence = sentence[cut:]
    yield sentence + " "


def _before_mark(text: str, cut: int) -> int:
    """Return the nearest place at or before ``cut`` that parts no letter from its marks."""
    import unicodedata

    place = cut
    while place > cut // 2 and (unicodedata.category(text[place])[0] == "M" or text[place - 1] in "\u200d\u17d2"):
        place -= 1
    return place
