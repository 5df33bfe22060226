"""Looks for test items in a stream of documents.

A copy of an item, alone or inside a longer text, holds all its runs of five words at one distance: it is found by counting the runs that
agree in (item, distance). Half of them in a row is a part of it. A re-ordered copy holds the same bag of words as a line, or two of the
item's rarest words near each other and most of the others around them. What is found is then looked at letter by letter for its kind.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from mbegu.core.documents import Document, in_batches
from mbegu.corpus.keys import Hashes, letters_and_marks, mix
from mbegu.corpus.leaks.index import (
    PART_LEAST_WORDS,
    PART_SHARE,
    REORDERED_LEAST_DISTINCT,
    RUN_WORDS,
    ItemIndex,
    Places,
)
from mbegu.corpus.leaks.words import LINE_END, WordHashes, window_hashes

EXACT, REPUNCTUATED, WITHOUT_MARKS, REORDERED, PART = "exact", "re-punctuated", "without marks", "re-ordered", "part"
KINDS = (EXACT, REPUNCTUATED, WITHOUT_MARKS, REORDERED, PART)  # the surest first
BATCH_CHARACTERS = 4_000_000
REORDERED_SHARE = 0.85  # of an item's different words must stand in a window
REORDERED_WINDOW = 1.25  # as long as so many times the item
ANCHOR_DISTANCE = 1.25

_Diagonals = tuple[Places, Places, Places, Places, Places]


@dataclass(frozen=True)
class Match:
    """One test item found: its number, how, and where in a document: words ``first`` to ``last`` of it, beginning in line ``line``.

    Words are counted from 0, lines from 1; ``last`` is one past the last word.
    """

    item: int
    kind: str
    line: int
    first: int
    last: int


@dataclass
class _Batch:
    """Documents as one row of word hashes; ``starts`` [lines + 1] are the places where lines begin, ``owners`` the document of each line."""

    documents: list[Document]
    lines: list[str]
    words: Hashes
    starts: Places
    owners: Places
    document_starts: Places

    def line_of(self, place: int) -> int:
        """Return the number of the line that a word stands in."""
        return int(np.searchsorted(self.starts, place, side="right")) - 1

    def document_of(self, place: int) -> tuple[int, int]:
        """Return where the document of a word begins and ends."""
        document = int(self.owners[self.line_of(place)])
        after = self.document_starts[document + 1] if document + 1 < len(self.document_starts) else len(self.words)
        return int(self.document_starts[document]), int(after)

    def same_document(self, first: Places, last: Places) -> npt.NDArray[np.bool_]:
        """Return for pairs of places whether both are in one document (and inside the row at all)."""
        ends = self.document_starts
        inside = (first >= 0) & (last < len(self.words))
        low = np.searchsorted(ends, np.clip(first, 0, None), side="right")
        same: npt.NDArray[np.bool_] = inside & (low == np.searchsorted(ends, np.clip(last, 0, None), side="right"))
        return same


def search(documents: Iterable[Document], index: ItemIndex) -> Iterator[tuple[Document, list[Match]]]:
    """Yield every document with the test items found in it, in order.

    Memory: some documents of together about 4 MB, and 50 bytes a run of words in the test.

    Args:
        documents: the training text, a stream.
        index: the test items.
    """
    hashes = WordHashes()
    for some in in_batches(documents, BATCH_CHARACTERS):
        batch = _batch(some, hashes)
        if index.anchors is None:
            index.choose_anchors(batch.words)
        found = _matches(batch, index)
        for number, document in enumerate(batch.documents):
            yield document, sorted(found.get(number, []), key=lambda match: (match.first, match.item))


def _batch(documents: list[Document], hashes: WordHashes) -> _Batch:
    parts = [document.text.replace(LINE_END, " ").split("\n") for document in documents]
    lines = list(chain.from_iterable(parts))
    words, starts = hashes.of_lines(lines)
    counts = np.array([len(part) for part in parts], dtype=np.int64)
    owners = np.repeat(np.arange(len(parts)), counts)
    return _Batch(documents, lines, words, starts, owners, starts[np.cumsum(counts) - counts])


def _matches(batch: _Batch, index: ItemIndex) -> dict[int, list[Match]]:
    """Return the matches of each document of a batch, by its number; each place of an item once, by the surest kind."""
    found: dict[tuple[int, int], Match] = {}
    diagonals = _diagonals(batch, index)
    for item, place in _copies(batch, index, diagonals):
        found.setdefault((item, place), _match(batch, index, item, place, _kind(batch, index, item, place)))
    for item, place in _bags(batch, index):
        found.setdefault((item, place), _match(batch, index, item, place, _kind(batch, index, item, place)))
    taken: dict[int, list[int]] = {}
    for item, place in found:
        taken.setdefault(item, []).append(place)
    for item, first, last in _parts(batch, index, diagonals):
        if not _is_near(taken.get(item, []), first, int(index.lengths[item])):
            found[item, first] = _made(batch, item, PART, first, last)
            taken.setdefault(item, []).append(first)
    for item, first, last in _reordered(batch, index, taken):
        found.setdefault((item, first), _made(batch, item, REORDERED, first, last))
    by_document: dict[int, list[Match]] = {}
    for (_, place), match in found.items():
        by_document.setdefault(int(batch.owners[batch.line_of(place)]), []).append(match)
    return by_document


def _is_near(places: list[int], place: int, length: int) -> bool:
    return any(abs(place - each) < length for each in places)


def _match(batch: _Batch, index: ItemIndex, item: int, place: int, kind: str) -> Match:
    return _made(batch, item, kind, place, place + int(index.lengths[item]))


def _made(batch: _Batch, item: int, kind: str, first: int, last: int) -> Match:
    line = batch.line_of(first)
    document = int(batch.owners[line])
    first_line = int(np.searchsorted(batch.owners, document, side="left"))
    begun = int(batch.document_starts[document])
    return Match(item, kind, line - first_line + 1, first - begun, last - begun)


def _diagonals(batch: _Batch, index: ItemIndex) -> _Diagonals:
    """Return item, place where it would begin, how many of its runs agree, and the first and last run that does, for each pair that has any."""
    places, entries = index.runs.pairs(window_hashes(batch.words, RUN_WORDS))
    items = index.run_items[entries]
    begins = places - index.run_offsets[entries]
    order = np.lexsort((places, begins, items))
    items, begins, places = items[order], begins[order], places[order]
    if not len(items):
        return items, begins, items, places, places
    new = np.flatnonzero(np.concatenate([[True], (items[1:] != items[:-1]) | (begins[1:] != begins[:-1])]))
    counts = np.diff(np.append(new, len(items)))
    return items[new], begins[new], counts, places[new], places[new + counts - 1]


def _copies(batch: _Batch, index: ItemIndex, diagonals: _Diagonals) -> list[tuple[int, int]]:
    """Return the items that stand in the batch word for word, and where each begins."""
    items, begins, counts, _, _ = diagonals
    whole = (counts == index.runs_of[items]) & batch.same_document(begins, begins + index.lengths[items] - 1)
    pairs = zip(items[whole].tolist(), begins[whole].tolist(), strict=True)
    return [(item, begin) for item, begin in pairs if np.array_equal(batch.words[begin : begin + len(index.words[item])], index.words[item])]


def _parts(batch: _Batch, index: ItemIndex, diagonals: _Diagonals) -> list[tuple[int, int, int]]:
    """Return the items of which at least half stands in the batch in a row, and where that begins and ends.

    It must be half of the runs that are looked for, which tell an item from others, and half of all its runs.
    """
    items, begins, counts, firsts, lasts = diagonals
    wanted = (index.sizes[items] >= PART_LEAST_WORDS) & (counts >= PART_SHARE * index.runs_of[items])
    wanted &= counts < index.lengths[items] - RUN_WORDS + 1  # else it is a copy
    wanted &= batch.same_document(firsts, lasts + RUN_WORDS - 1)
    found = []
    for item, begin, first in zip(items[wanted].tolist(), begins[wanted].tolist(), firsts[wanted].tolist(), strict=True):
        agreeing = _agreeing_runs(batch, index.words[item], begin, first)
        if len(agreeing) >= PART_SHARE * (len(index.words[item]) - RUN_WORDS + 1):
            found.append((item, int(agreeing[0]), int(agreeing[-1]) + RUN_WORDS))
    return found


def _agreeing_runs(batch: _Batch, words: Hashes, begin: int, place: int) -> Places:
    """Return where runs of an item stand in the document of ``place``, were the item's first word at ``begin``."""
    low, high = batch.document_of(place)
    low, high = max(low, begin), min(high, begin + len(words))
    same = window_hashes(batch.words[low:high], RUN_WORDS) == window_hashes(words[low - begin : high - begin], RUN_WORDS)
    return low + np.flatnonzero(same)


def _bags(batch: _Batch, index: ItemIndex) -> list[tuple[int, int]]:
    """Return the items that a whole line is made of, in this or in another order, and where the line begins."""
    lengths = np.diff(batch.starts)
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(mix(batch.words), dtype=np.uint64)])
    lines, items = index.bags.pairs(sums[batch.starts[1:]] - sums[batch.starts[:-1]])
    same = (lengths[lines] == index.lengths[items]) & (lengths[lines] > 0)
    found = []
    for line, item in zip(lines[same].tolist(), items[same].tolist(), strict=True):
        begin = int(batch.starts[line])
        words = batch.words[begin : int(batch.starts[line + 1])]
        if np.array_equal(words, index.words[item]) or (
            index.sizes[item] >= REORDERED_LEAST_DISTINCT and np.array_equal(np.sort(words), np.sort(index.words[item]))
        ):
            found.append((item, begin))
    return found


def _reordered(batch: _Batch, index: ItemIndex, taken: dict[int, list[int]]) -> list[tuple[int, int, int]]:
    """Return the items of which nearly all words stand close together in another order, and where; not where a copy was found already."""
    places, items = index.anchor_hits(batch.words)
    if len(places) < 2:
        return []
    distances = np.diff(places)
    near = (items[1:] == items[:-1]) & (distances > 0) & (distances <= ANCHOR_DISTANCE * index.lengths[items[:-1]])
    near &= batch.words[places[1:]] != batch.words[places[:-1]]
    found: list[tuple[int, int, int]] = []
    last_item, end = -1, -1
    for pair in np.flatnonzero(near).tolist():
        item, first, second = int(items[pair]), int(places[pair]), int(places[pair + 1])
        length = int(index.lengths[item])
        if (item == last_item and first < end) or _is_near(taken.get(item, []), first, 2 * length):
            continue
        window = _fullest_window(batch, index, item, first, second)
        if window:
            found.append((item, *window))
            last_item, end = item, window[1]
    return found


def _fullest_window(batch: _Batch, index: ItemIndex, item: int, first: int, second: int) -> tuple[int, int] | None:
    """Return the part of the text around two places that holds the most of an item's words, if it is enough of them."""
    width = int(REORDERED_WINDOW * index.lengths[item])
    begun, ended = batch.document_of(first)
    low, high = max(begun, second - width + 1), min(ended, first + width)
    wanted = index.distinct[item]
    least = REORDERED_SHARE * len(wanted)
    row = batch.words[low:high].tolist()
    if len(wanted.keys() & set(row)) < least:
        return None
    counts: dict[int, int] = {}
    best, best_end = 0, 0
    for end, word in enumerate(row):
        if word in wanted:
            counts[word] = counts.get(word, 0) + 1
        if end >= width and (gone := row[end - width]) in wanted:
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
        if len(counts) > best:
            best, best_end = len(counts), end
    if best < least:
        return None
    begin = next(place for place in range(max(0, best_end - width + 1), best_end + 1) if row[place] in wanted)
    return low + begin, low + best_end + 1


def _kind(batch: _Batch, index: ItemIndex, item: int, place: int) -> str:
    """Return how an item stands in the text, by comparing the letters of the lines that it stands in."""
    words = batch.words[place : place + int(index.lengths[item])]
    if not np.array_equal(words, index.words[item]):
        return REORDERED
    lines = batch.lines[batch.line_of(place) : batch.line_of(place + len(words) - 1) + 1]
    there = unicodedata.normalize("NFC", "\n".join(lines))
    wanted = unicodedata.normalize("NFC", index.items[item].text)
    if "".join(wanted.split()) in "".join(there.split()):
        return EXACT
    return REPUNCTUATED if letters_and_marks(wanted) in letters_and_marks(there) else WITHOUT_MARKS
