"""What of some test sets stands in a training text, in figures and examples; and the training text without it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mbegu.core.documents import RELATED, Document
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.findings import Findings, excerpt
from mbegu.corpus.leaks.index import ItemIndex
from mbegu.corpus.leaks.items import Item
from mbegu.corpus.leaks.search import KINDS, Match, search
from mbegu.corpus.leaks.words import bare_words

EXAMPLES_PER_KIND = 3
KEPT = "kept.parquet"
TEXT_HASH = "text_sha256"  # in what the command says as JSON: of the file that was searched
WHOLE_LINE_SHARE = 0.5  # a line of which more than this is a test item goes as a whole
_SENTENCE_END = re.compile("[.!?…؟۔።፧፨।॥។៕၊။。！？߹։][\"'”’»)]*$")


@dataclass(frozen=True)
class Example:
    """A test item that was found: how it begins, where it stands in the test, and where in the training text."""

    kind: str
    text: str
    place: str
    found_at: str

    def as_json(self) -> dict[str, str]:
        """Return it as plain values."""
        return {"kind": self.kind, "text": self.text, "item": self.place, "found_at": self.found_at}


@dataclass
class TestReport:
    """What was found of one test set: how many of its items, by the surest kind of each, with examples."""

    name: str
    items: int
    kinds: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    @property
    def found(self) -> int:
        """How many items stand in the training text in any way."""
        return self.kinds.total()

    def as_json(self) -> dict[str, Any]:
        """Return figures and examples as plain values."""
        kinds = {kind: self.kinds[kind] for kind in KINDS}
        examples = [example.as_json() for example in self.examples]
        return {"test": self.name, "items": self.items, "found": self.found, "kinds": kinds, "examples": examples}


@dataclass(frozen=True)
class Removed:
    """A piece of training text that was taken out because a test item stands in it."""

    source: str
    line: int
    kind: str
    item: str
    text: str


class LeakSearch:
    """Searches some test sets in a stream of training text.

    Args:
        tests: name and items of each test set.
    """

    def __init__(self, tests: Sequence[tuple[str, Sequence[Item]]]) -> None:
        self._items = [item for _, items in tests for item in items]
        self._test_of = [number for number, (_, items) in enumerate(tests) for _ in items]
        self._index = ItemIndex(self._items)
        self._best: dict[int, tuple[str, str]] = {}
        self.reports = [TestReport(name, len(items)) for name, items in tests]
        self.documents = 0
        self.bytes = 0

    def through(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Match]]]:
        """Yield the documents with what was found in each; when all are through, ``reports`` are complete."""
        for document, matches in search(documents, self._index):
            self.documents += 1
            self.bytes += len(document.text.encode("utf-8", "replace"))
            for match in matches:
                before = self._best.get(match.item)
                if before is None or KINDS.index(match.kind) < KINDS.index(before[0]):
                    lines = "\n" in document.text
                    self._best[match.item] = (match.kind, f"{document.source}, line {match.line} of it" if lines else document.source)
            yield document, matches
        self._report()

    def item_place(self, match: Match) -> str:
        """Return where the item of a match stands in its test set."""
        return self._items[match.item].place

    def _report(self) -> None:
        shown: Counter[tuple[int, str]] = Counter()
        for number, (kind, found_at) in sorted(self._best.items()):
            report = self.reports[self._test_of[number]]
            report.kinds[kind] += 1
            shown[self._test_of[number], kind] += 1
            if shown[self._test_of[number], kind] <= EXAMPLES_PER_KIND:
                item = self._items[number]
                report.examples.append(Example(kind, excerpt(item.text), item.place, found_at))


def training_text(folder: Path, say: Say, *, with_related: bool = True) -> Iterator[Document]:
    """Yield the training text of a project, of a cleaned folder (``kept.parquet``), or of any folder or file of text.

    ``with_related``: of a project also what it reads of a related language.

    Raises:
        InputError: it is not there, or the project has not read its text yet.
        DamageError: a file of documents is damaged.
    """
    return _text_of(folder, say, (RELATED,) if with_related else ())


def whole_text(folder: Path, say: Say) -> Iterator[Document]:
    """Yield the training text with, of a project, all that stands beside it: the held-out documents and the related text.

    Raises:
        InputError, DamageError: as ``training_text`` raises.
    """
    return _text_of(folder, say, ("heldout", RELATED))


def _text_of(folder: Path, say: Say, beside: Sequence[str]) -> Iterator[Document]:
    from mbegu.core.documents import read_documents as read_parquet

    path = text_file(folder)
    if path is None:
        return _any_text(folder, say)
    others = [path.with_name(f"{name}.parquet") for name in beside] if path.name != KEPT else []
    return itertools.chain.from_iterable(read_parquet(each) for each in (path, *others) if each == path or each.is_file())


def text_file(folder: Path) -> Path | None:
    """Return the file with the training text of a project or a cleaned folder; ``None`` of any other text.

    Raises:
        InputError: it is not there, or the project has not read its text yet.
    """
    if not folder.exists():
        raise InputError("no such file or folder", folder, "give a project, a cleaned folder or a folder of text")
    place = Project(folder.resolve())
    if not place.recipe.is_file():
        return folder / KEPT if (folder / KEPT).is_file() else None
    path = place.grown / "corpus" / "train.parquet"
    if not path.is_file():
        raise InputError("the text of this project is not read yet", folder, f"run `mbegu corpus {folder}` first")
    return path


def _any_text(folder: Path, say: Say) -> Iterator[Document]:
    from mbegu.corpus.admit import Admission
    from mbegu.corpus.files import text_files
    from mbegu.corpus.papers import Papers
    from mbegu.corpus.read import read_documents
    from mbegu.corpus.settings import CorpusSettings

    settings = CorpusSettings(text=(str(folder.resolve()),), repeated_lines=False, min_document_bytes=1)
    findings = Findings()
    files = text_files(settings, Project(folder.resolve().parent), findings)
    yield from read_documents(files, "und", settings, findings, say, Admission(Papers.read(folder)))
    for drop in findings.problems:
        say.warn(f"{drop.source}: not read: {drop.reason}")


def without_leaks(document: Document, matches: Sequence[Match], places: Sequence[str]) -> tuple[Document | None, list[Removed]]:
    """Take what was found out of a document.

    A line that is mostly test item goes as a whole; of a longer one the sentences go that the item touches.

    Args:
        document: the document.
        matches: what was found in it.
        places: where the item of each match stands in its test.

    Returns:
        The rest, ``None`` when no letter is left; and what was taken out.
    """
    text, pieces = without_ranges(document.text, [(match.first, match.last) for match in matches], lambda token: len(bare_words(token)))
    if not pieces:
        return document, []
    removed = [Removed(document.source, piece.line, matches[piece.range].kind, places[piece.range], piece.text) for piece in pieces]
    return (replace(document, text=text) if any(each.isalpha() for each in text) else None), removed


@dataclass(frozen=True)
class Piece:
    """What was taken out of one line, numbered from 1, and the number of the first range that touched it."""

    line: int
    range: int
    text: str


def without_ranges(text: str, ranges: Sequence[tuple[int, int]], size_of: Callable[[str], int]) -> tuple[str, list[Piece]]:
    """Take ranges out of a text: a line that is mostly in them as a whole, of a longer one the sentences that they touch.

    Args:
        text: the text.
        ranges: first and one past the last of each, counted through the whole text in what ``size_of`` counts.
        size_of: how many words or letters a piece of text between blanks has.

    Returns:
        The rest and what was taken out; the text as it is where nothing was.
    """
    pieces: list[Piece] = []
    kept: list[str] = []
    before = 0
    for number, line in enumerate(text.split("\n"), start=1):
        tokens = line.split(" ")
        counts = [size_of(token) for token in tokens]
        total = sum(counts)
        touching = [i for i, (first, last) in enumerate(ranges) if total and first < before + total and last > before]
        if not touching:
            kept.append(line)
            before += total
            continue
        gone = _gone_tokens(tokens, counts, [(ranges[i][0] - before, ranges[i][1] - before) for i in touching])
        rest = " ".join(token for token, is_gone in zip(tokens, gone, strict=True) if not is_gone)
        pieces.append(Piece(number, touching[0], " ".join(token for token, is_gone in zip(tokens, gone, strict=True) if is_gone)))
        if rest.strip():
            kept.append(rest.strip())
        before += total
    return "\n".join(kept).strip() if pieces else text, pieces


def _gone_tokens(tokens: Sequence[str], counts: Sequence[int], ranges: Sequence[tuple[int, int]]) -> list[bool]:
    """Return which tokens of a line go: the sentences that the ranges touch, or all where they are most of the line."""
    total = sum(counts)
    touched, begun = [False] * len(tokens), 0
    covered = 0
    for place, count in enumerate(counts):
        touched[place] = any(first < begun + count and last > begun for first, last in ranges) and count > 0
        covered += count if touched[place] else 0
        begun += count
    if covered > WHOLE_LINE_SHARE * total:
        return [True] * len(tokens)
    gone, first = list(touched), 0
    for place, token in enumerate(tokens):
        if _SENTENCE_END.search(token) or place == len(tokens) - 1:
            if any(touched[first : place + 1]):
                gone[first : place + 1] = [True] * (place + 1 - first)
            first = place + 1
    return gone
