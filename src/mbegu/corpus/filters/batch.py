"""What the filters look at: the lines of many documents at once, as code points with their kinds.

Everything per character is done on whole arrays: a few Python operations a line, none a character. ``take`` and ``compress`` do the same as
square brackets in half the time.
"""

from __future__ import annotations

import copy
import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.corpus.keys import Counts, Hashes, code_span_hashes, mix, rolled_hashes, sequence_hashes, whole_spans
from mbegu.corpus.lines import SENTENCE_ENDS

LETTER, MARK, DIGIT, SPACE, END, OTHER = range(6)
KINDS = 6
ETHIOPIC_SPACE = 0x1361
PLANE = 0x20000  # code points from here on are rare ideographs: taken as letters
SAMPLE_BITS = 4
SAMPLE_ONE_IN = 1 << SAMPLE_BITS  # of the spans of 50 letters: enough to see a passage of 200
LONG_LETTERS = 40  # a line with that many letters and digits is hardly the same by chance
FIELD_BITS = 10
MOST_IN_FIELD = (1 << FIELD_BITS) - 1
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

Codes = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tables:
    """For each code point below ``PLANE``: its kind, its lower-case form, and whether it carries a combining mark."""

    kinds: npt.NDArray[np.uint8]
    lower: Codes
    marked: Mask


@functools.cache
def tables() -> Tables:
    """Return the tables, made once a process from Python's Unicode data."""
    kinds = np.full(PLANE, OTHER, dtype=np.uint8)
    lower = np.arange(PLANE, dtype=np.uint32)
    marked = np.zeros(PLANE, dtype=bool)
    by_category = {"L": LETTER, "M": MARK, "N": DIGIT, "Z": SPACE}
    for code in range(PLANE):
        character = chr(code)
        kinds[code] = by_category.get(unicodedata.category(character)[0], OTHER)
        small = character.lower()
        if small != character and len(small) == 1:
            lower[code] = ord(small)
        if kinds[code] == LETTER and unicodedata.decomposition(character):
            marked[code] = any(unicodedata.category(part)[0] == "M" for part in unicodedata.normalize("NFD", character))
    kinds[[9, 10]] = SPACE
    kinds[[ord(end) for end in SENTENCE_ENDS]] = END
    return Tables(kinds, lower, marked)


@dataclass
class Batch:
    """Lines of some documents, one document after another.

    ``lines`` holds no line ends; ``owner`` [lines] is the number of each line's document in the batch, of which there are
    ``documents``.
    """

    lines: Sequence[str]
    owner: npt.NDArray[np.int64]
    documents: int
    codes: Codes = field(init=False, repr=False)
    kinds: npt.NDArray[np.uint8] = field(init=False, repr=False)
    starts: Counts = field(init=False, repr=False)

    def __post_init__(self) -> None:
        raw = np.frombuffer("".join(self.lines).encode("utf-32-le", "replace"), dtype=np.uint32)
        self.codes = np.minimum(raw, PLANE - 1) if len(raw) and int(raw.max()) >= PLANE else raw
        sizes = np.fromiter(map(len, self.lines), dtype=np.int64, count=len(self.lines))
        self.starts = np.concatenate([[0], np.cumsum(sizes)])
        self.kinds = tables().kinds.take(self.codes)
        if self.codes.size and (spaces := self.codes == ETHIOPIC_SPACE).any():
            self.kinds[1:][spaces[1:] & spaces[:-1]] = END  # two of them are typed for a full stop

    def part(self, lines: npt.NDArray[np.int64], owner: npt.NDArray[np.int64], documents: int) -> Batch:
        """Return some lines, by their numbers in order, as a batch of their own; what is known of their characters is not worked out again.

        Args:
            lines: that are in the part [lines of the part].
            owner: the number of the document of each, in the part [lines of the part].
            documents: how many there are in the part.
        """
        sizes = np.diff(self.starts)
        is_in = np.zeros(len(self.lines), dtype=bool)
        is_in[lines] = True
        characters = np.repeat(is_in, sizes)
        part = copy.copy(self)
        part.__dict__ = {"lines": [self.lines[line] for line in lines.tolist()], "owner": owner, "documents": documents}
        part.codes, part.kinds = np.compress(characters, self.codes), np.compress(characters, self.kinds)
        part.starts = np.concatenate([[0], np.cumsum(sizes[lines])])
        part.counts = self.counts[lines]
        return part

    @functools.cached_property
    def counts(self) -> Counts:
        """How many characters of each kind each line has [lines, kinds]."""
        counts = np.zeros((len(self.lines), KINDS), dtype=np.int64)
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            # All kinds are added up at once, in fields of 64 bits; lines are cut where a field could overflow.
            cuts = np.union1d(self.starts[filled], np.arange(0, len(self.kinds), MOST_IN_FIELD))
            sums = np.add.reduceat(np.left_shift(np.uint64(1), (self.kinds * np.uint8(FIELD_BITS)).astype(np.uint64)), cuts)
            lines = np.searchsorted(cuts, self.starts[filled])
            for kind in range(KINDS):
                field = (sums >> np.uint64(kind * FIELD_BITS)) & np.uint64(MOST_IN_FIELD)
                counts[filled, kind] = np.add.reduceat(field.astype(np.int64), lines)
        return counts

    @property
    def letters(self) -> Counts:
        """Letters of each line [lines]."""
        found: Counts = self.counts[:, LETTER]
        return found

    @functools.cached_property
    def is_blank(self) -> Mask:
        """Whether each line is blank [lines]."""
        blank: Mask = self.counts.sum(axis=1) == self.counts[:, SPACE]
        return blank

    @functools.cached_property
    def key_codes(self) -> Codes:
        """The lower-case letters, marks and digits of all lines: what ``letters_and_marks`` keeps of them."""
        return np.compress(self.kinds <= DIGIT, self.lower)

    @functools.cached_property
    def lower(self) -> Codes:
        """All characters in lower case [characters]."""
        return tables().lower.take(self.codes)

    @functools.cached_property
    def key_sizes(self) -> Counts:
        """How many of ``key_codes`` each line has [lines]."""
        sizes: Counts = self.counts[:, : DIGIT + 1].sum(axis=1)
        return sizes

    def line_hashes(self) -> Hashes:
        """A hash of the letters, marks and digits of each line [lines]; 0 where there are none."""
        return self._hashes[0]

    def line_sums(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Add up a value of each character [characters] to one of each line [lines]."""
        sums = np.zeros(len(self.lines))
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            sums[filled] = np.add.reduceat(values, self.starts[filled], dtype=np.float64)
        return sums

    def document_sums(self, values: npt.NDArray[np.int64] | Mask) -> Counts:
        """Add up a value of each line [lines] to one of each document [documents]."""
        return np.bincount(self.owner, weights=values, minlength=self.documents).astype(np.int64)

    def document_hashes(self) -> Hashes:
        """A hash of the letters, marks and digits of each document [documents]; 0 where there are none."""
        return self._hashes[1]

    @functools.cached_property
    def _hashes(self) -> list[Hashes]:
        return sequence_hashes(self.key_codes, self.key_sizes, self.key_sums)

    @functools.cached_property
    def key_sums(self) -> Counts:
        """How many of ``key_codes`` each document has [documents]."""
        return self.document_sums(self.key_sizes)

    def lines_with(self, characters: str) -> npt.NDArray[np.int64]:
        """Return the numbers of the lines that hold at least one of some characters, in order."""
        found = np.zeros(len(self.codes), dtype=bool)
        for character in characters:
            found |= self.codes == ord(character)
        return np.unique(np.searchsorted(self.starts, np.flatnonzero(found), side="right") - 1)

    def document_spans(self, length: int) -> tuple[Hashes, Counts]:
        """Hashes of every span of ``length`` letters, marks and digits of each document, and offsets [documents + 1]."""
        sizes = self.key_sums
        missing = np.maximum(length - sizes, 0)
        if not missing.any():
            return code_span_hashes(self.key_codes, sizes, length)
        padded = np.zeros(len(self.key_codes) + int(missing.sum()), dtype=np.uint32)
        before = np.concatenate([[0], np.cumsum(missing)[:-1]])
        padded[np.arange(len(self.key_codes)) + np.repeat(before, sizes)] = self.key_codes
        return code_span_hashes(padded, sizes + missing, length)


@dataclass(frozen=True)
class Spans:
    """Unmixed hashes of the spans of one length of all documents [spans], and offsets [documents + 1]."""

    raw: Hashes
    offsets: Counts

    def sampled(self) -> tuple[Hashes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return one in ``SAMPLE_ONE_IN`` of the spans, chosen by their hash: mixed hashes, the document of each, and its place among all spans."""
        places = np.flatnonzero((self.raw * _MULTIPLIER) >> np.uint64(64 - SAMPLE_BITS) == 0)
        owner = np.searchsorted(self.offsets, places, side="right") - 1
        return mix(self.raw[places]), owner, places


def spans_of(batch: Batch, lengths: Sequence[int]) -> list[Spans]:
    """Return the spans of several lengths of the documents of a batch; one that is shorter than a span has none."""
    sizes = batch.key_sums
    made = []
    for length, rolled in zip(lengths, rolled_hashes(batch.key_codes, lengths), strict=True):
        offsets = np.concatenate([[0], np.cumsum(np.maximum(sizes - length + 1, 0))])
        made.append(Spans(whole_spans(rolled, sizes, length), offsets))
    return made


def make_batch(texts: Sequence[str]) -> Batch:
    """Return the lines of documents given by their texts."""
    split = [text.split("\n") for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(lines) for lines in split]).astype(np.int64)
    return Batch([line for lines in split for line in lines], owner, len(texts))


@dataclass(frozen=True)
class Limit:
    """A threshold and why it is what it is; ``None`` says that the filter is off."""

    value: float | None
    why: str
