"""The second look: all characters are counted, and a sample of each group is held in memory for what needs whole texts."""

from __future__ import annotations

import bisect
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.core.documents import read_documents
from mbegu.corpus.report.grouping import Grouping
from mbegu.corpus.report.pairs import Lookup

# So much text is held in all, and of each group an equal part of it.
SAMPLE_BYTES = 8_000_000
CHARACTERS_AT_ONCE = 1_000_000
LENGTHS_AT_ONCE = 100_000
# Ends of the classes of lengths, in characters; the last class has no end.
DOCUMENT_ENDS = (100, 300, 1_000, 3_000, 10_000, 30_000)
LINE_ENDS = (20, 50, 100, 200, 500, 2_000)


@dataclass(frozen=True)
class Sampled:
    """One document of the sample."""

    text: str
    source: str
    language: str


@dataclass
class Group:
    """What was seen of one group: its documents and bytes, how often each character occurs, and a sample in the order of the files."""

    documents: int = 0
    bytes: int = 0
    characters: Counter[str] = field(default_factory=Counter)
    sample: list[Sampled] = field(default_factory=list)
    sample_bytes: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether the sample is everything."""
        return self.sample_bytes == self.bytes


@dataclass
class Seen:
    """All groups, the largest first, and how many documents and lines are of which length [classes], with the bytes of these documents."""

    groups: dict[str, Group]
    document_lengths: list[int]
    document_length_bytes: list[int]
    line_lengths: list[int]


def look(paths: Sequence[Path], grouping: Grouping, group_bytes: Mapping[str, int], lookup: Lookup, sample_bytes: int = SAMPLE_BYTES) -> Seen:
    """Read all documents once.

    Args:
        paths: files that ``write_documents`` wrote.
        grouping: names the group of a source.
        group_bytes: bytes of text of each group.
        lookup: is shown every text.
        sample_bytes: how much text to hold in all. A document is in the sample by a hash of its identifier, so that the same
            corpus gives the same sample whatever the order of its documents.
    """
    quota = sample_bytes / max(1, len(group_bytes))
    groups = {name: Group() for name in sorted(group_bytes, key=lambda name: (-group_bytes[name], name))}
    characters = {name: _Characters(groups[name].characters) for name in groups}
    lengths: Counter[int] = Counter()
    length_bytes: Counter[int] = Counter()
    lines, line_lengths = np.zeros(len(LINE_ENDS) + 1, dtype=np.int64), list[int]()
    for path in paths:
        for document in read_documents(path):
            lookup.see(document.text, document.source, document.id)
            name = grouping.of(document.source)
            group = groups[name]
            size = len(document.text.encode("utf-8", "replace"))
            group.documents += 1
            group.bytes += size
            characters[name].add(document.text)
            length_class = _class_of(len(document.text), DOCUMENT_ENDS)
            lengths[length_class] += 1
            length_bytes[length_class] += size
            line_lengths += [len(line) for line in document.text.split("\n") if line and not line.isspace()]
            if len(line_lengths) >= LENGTHS_AT_ONCE:
                lines += _classes_of(line_lengths, LINE_ENDS)
                line_lengths.clear()
            if group.sample_bytes + size <= 2 * quota and chance(document.id) < quota / max(1, group_bytes[name]):
                group.sample.append(Sampled(document.text, document.source, document.language))
                group.sample_bytes += size
    lines += _classes_of(line_lengths, LINE_ENDS)
    for each in characters.values():
        each.finish()
    classes = range(len(DOCUMENT_ENDS) + 1)
    return Seen(groups, [lengths[i] for i in classes], [length_bytes[i] for i in classes], lines.tolist())


def parts_of(group: Group, share: float, salt: str) -> tuple[list[Sampled], list[Sampled]]:
    """Divide a group's sample by a hash of each text: about ``share`` of the documents first, the others second; equal texts go together."""
    sides: tuple[list[Sampled], list[Sampled]] = ([], [])
    for document in group.sample:
        sides[chance(salt + document.text) >= share].append(document)
    return sides


class _Characters:
    """Counts characters a million at a time, which is 20 times as fast as one text after another."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._waiting: list[str] = []
        self._length = 0

    def add(self, text: str) -> None:
        self._waiting.append(text)
        self._length += len(text)
        if self._length >= CHARACTERS_AT_ONCE:
            self.finish()

    def finish(self) -> None:
        counts: npt.NDArray[Any] = np.bincount(np.frombuffer("".join(self._waiting).encode("utf-32-le", "replace"), dtype=np.uint32))
        for code in np.flatnonzero(counts).tolist():
            self._counts[chr(code)] += int(counts[code])
        self._waiting, self._length = [], 0


def lines_of(group: Group) -> Iterator[str]:
    """Yield the lines of a group's sample that hold anything, without white space at their ends."""
    for document in group.sample:
        for line in document.text.split("\n"):
            if stripped := line.strip():
                yield stripped


def _class_of(length: int, ends: Sequence[int]) -> int:
    return bisect.bisect_left(ends, length)


def _classes_of(lengths: Sequence[int], ends: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return how many lengths are in each class [ends + 1]."""
    return np.bincount(np.searchsorted(ends, np.array(lengths, dtype=np.int64)), minlength=len(ends) + 1)


def chance(name: str) -> float:
    """Draw lots: return a number from 0 to 1 that the name alone decides."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "big") / 2**64
