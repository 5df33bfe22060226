"""What the filters look at: the lines of many documents at once, as code points with their kinds.

Everything per character is done on whole arrays: a few Python operations a line, none a character.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.corpus.keys import Counts, Hashes, code_span_hashes, mix, rolled_hashes, span_starts
from mbegu.corpus.lines import SENTENCE_ENDS

LETTER, MARK, DIGIT, SPACE, END, OTHER = range(6)
KINDS = 6
ETHIOPIC_SPACE = 0x1361
PLANE = 0x20000  # code points from here on are rare ideographs: taken as letters
SAMPLE_BITS = 4
SAMPLE_ONE_IN = 1 << SAMPLE_BITS  # of the spans of 50 letters: enough to see a passage of 200
LONG_LETTERS = 40  # a line with that many letters and digits is hardly the same by chance
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
        self.kinds = tables().kinds[self.codes]
        if self.codes.size and (spaces := self.codes == ETHIOPIC_SPACE).any():
            self.kinds[1:][spaces[1:] & spaces[:-1]] = END  # two of them are typed for a full stop

    @functools.cached_property
    def counts(self) -> Counts:
        """How many characters of each kind each line has [lines, kinds]."""
        counts = np.zeros((len(self.lines), KINDS), dtype=np.int64)
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            for kind in range(0, KINDS, 2):  # two kinds at a time, in the halves of 64 bits
                sums = np.add.reduceat(_halves(kind)[self.kinds], self.starts[filled])
                counts[filled, kind], counts[filled, kind + 1] = sums & np.uint64(0xFFFFFFFF), sums >> np.uint64(32)
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
        return self.lower[self.kinds <= DIGIT]

    @functools.cached_property
    def lower(self) -> Codes:
        """All characters in lower case [characters]."""
        return tables().lower[self.codes]

    @functools.cached_property
    def key_sizes(self) -> Counts:
        """How many of ``key_codes`` each line has [lines]."""
        sizes: Counts = self.counts[:, : DIGIT + 1].sum(axis=1)
        return sizes

    def line_hashes(self) -> Hashes:
        """A hash of the letters, marks and digits of each line [lines]; 0 where there are none."""
        return sequence_hashes(self.key_codes, self.key_sizes)

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
        return sequence_hashes(self.key_codes, self.key_sums)

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
        made.append(Spans(rolled[span_starts(sizes, length)], offsets))
    return made


@functools.cache
def _halves(kind: int) -> Hashes:
    """Return for each kind what it adds: 1 for ``kind``, 2**32 for the next, else 0."""
    values = np.zeros(KINDS, dtype=np.uint64)
    values[kind], values[kind + 1] = 1, 1 << 32
    return values


def make_batch(texts: Sequence[str]) -> Batch:
    """Return the lines of documents given by their texts."""
    split = [text.split("\n") for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(lines) for lines in split]).astype(np.int64)
    return Batch([line for lines in split for line in lines], owner, len(texts))


def sequence_hashes(codes: Codes, sizes: Counts) -> Hashes:
    """Return a polynomial hash modulo 2**64 of each of several sequences that are given one after another; 0 for an empty one."""
    hashes = np.zeros(len(sizes), dtype=np.uint64)
    filled = np.flatnonzero(sizes)
    if not len(filled):
        return hashes
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = np.arange(len(codes)) - np.repeat(starts, sizes)
    terms = (codes.astype(np.uint64) + np.uint64(1)) * _powers(int(sizes.max()))[place]
    hashes[filled] = mix(np.add.reduceat(terms, starts[filled]) + sizes[filled].astype(np.uint64))
    return hashes


@functools.lru_cache(maxsize=4)
def _powers_of_size(size: int) -> Hashes:
    powers: Hashes = np.multiply.accumulate(np.concatenate([np.ones(1, np.uint64), np.full(size - 1, _MULTIPLIER)]))
    return powers


def _powers(least: int) -> Hashes:
    return _powers_of_size(1 << max(12, (least - 1).bit_length()))


@dataclass(frozen=True)
class Limit:
    """A threshold and why it is what it is; ``None`` says that the filter is off."""

    value: float | None
    why: str
