"""The first pass over one part: read, normalise, rewrite, drop what is no running text by its form, and measure what is left."""

from __future__ import annotations

import datetime
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.core.documents import Document
from mbegu.core.report import Say
from mbegu.corpus.admit import Refusal
from mbegu.corpus.clean.drops import Drops, ReadingFindings
from mbegu.corpus.clean.hiding import BlockedError, Hiding
from mbegu.corpus.clean.kinds import Tally
from mbegu.corpus.clean.parts import Part, Slice
from mbegu.corpus.clean.reasons import NOTHING_LEFT
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.clean.stages import make_admission, make_rewriter
from mbegu.corpus.clean.tables import DocumentTable, Kept
from mbegu.corpus.clean.work import Work
from mbegu.corpus.cut import Piece
from mbegu.corpus.dedup import SPAN_CHARACTERS, band_hashes, sign_spans
from mbegu.corpus.describe import top_level
from mbegu.corpus.filters import boilerplate, lists, markup, noise, repetition, structure, titles
from mbegu.corpus.filters.batch import END, LETTER, LONG_LETTERS, MARK, Batch, Mask, make_batch, spans_of, tables
from mbegu.corpus.keys import mix
from mbegu.corpus.overlap import SPAN_LETTERS
from mbegu.corpus.read import ReadText, read_texts
from mbegu.corpus.source import file_of, unpacked
from mbegu.ledger.memory import peak_memory_bytes

BATCH_CHARACTERS = 300_000
SAMPLE_LINES = 500  # of a part, chosen by their hash, that the limit of the noise filter comes from
SAMPLE_CHARACTERS = 300  # of such a line
CHANGE_EXAMPLES = 50
FILES = (
    "docs.parquet",
    "drops.parquet",
    "exact",
    "bands",
    "signed",
    "lines",
    "line_documents",
    "spans",
    "span_documents",
    "pairs",
    "letters",
    "kind_bins",
    "kind_counts",
)
_PLACE = re.compile(r"#(\d+)")


@dataclass(frozen=True)
class MeasureTask:
    """What one process is given: the part, the settings, the working folder, and what a person brought back.

    ``lists`` is the folder with the list of what was withdrawn, ``day`` the day by which consents run out.
    """

    part: Part
    settings: CleanSettings
    work: str
    kept: Kept
    roots: tuple[tuple[str, Path], ...]
    lists: str
    day: datetime.date


def measure_part(task: MeasureTask) -> dict[str, Any]:
    """Do the first pass over one part and return its facts; its tables and arrays lie in the working folder afterwards."""
    return _Measurement(task).run()


class _Measurement:
    def __init__(self, task: MeasureTask) -> None:
        self._task = task
        self._settings = task.settings
        self._work = Work(Path(task.work))
        self._drops = Drops()
        self._hiding = Hiding(task.settings)
        self._findings = ReadingFindings(self._drops, self._hiding)
        self._rewriter = make_rewriter(task.settings)
        self._admission = make_admission(task.settings, task.roots, Path(task.lists), task.day)
        self._findings.refuses = functools.partial(self._admission.hides, contributor=task.settings.contributor)
        self._documents = 0
        self._bytes = 0
        self._changes: Counter[tuple[str, str, str]] = Counter()
        self._groups: dict[str, list[int]] = defaultdict(lambda: [0] * 9)
        self._marks: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._repeats = np.zeros(repetition.BINS + 1, dtype=np.int64)
        self._kinds = Tally()
        self._pairs = np.zeros(noise.BINS, dtype=np.int64)
        self._letters = np.zeros(noise.BINS, dtype=np.int64)
        self._sample: list[tuple[int, str]] = []
        self._arrays: dict[str, list[npt.NDArray[Any]]] = defaultdict(list)

    def run(self) -> dict[str, Any]:
        number = self._task.part.number
        with self._drops.into(self._work.path(number, "drops.parquet")), DocumentTable(self._work.path(number, "docs.parquet")) as table:
            for documents, numbers in self._batches():
                self._batch(documents, numbers, table)
            count = table.rows
        self._write_arrays(number)
        kinds = self._kinds.write(self._work, number)
        return self._work.finish(number, "measure", FILES, self._facts(count) | {"kinds": kinds})

    def _facts(self, count: int) -> dict[str, Any]:
        found = self._findings
        return {
            "documents": count,
            "documents_in": self._documents,
            "bytes_in": self._bytes,
            "formats": dict(found.formats),
            "encodings": dict(found.encodings),
            "notes": found.notes[:20],
            "problems": [{"source": drop.source, "reason": drop.reason, "detail": drop.detail} for drop in found.problems],
            "dropped": self._drops.counts,
            "changes": [[*key, n] for key, n in self._changes.most_common(CHANGE_EXAMPLES)],
            "changed": dict(_by_rule(self._changes)),
            "private": self._hiding.found,
            "groups": self._groups,
            "marks": self._marks,
            "repeats": self._repeats.tolist(),
            "sample": [line for _, line in sorted(self._sample)[:SAMPLE_LINES]],
            "peak_memory_bytes": peak_memory_bytes() or 0,
        }

    def _batches(self) -> Iterator[tuple[list[Document], list[list[int]]]]:
        """Yield documents with the numbers of their lines, some hundred thousand characters at a time."""
        documents: list[Document] = []
        numbers: list[list[int]] = []
        size = 0
        for read in _read(self._task.part, self._settings, self._findings):
            admitted = self._admission.of(read.document)
            if isinstance(admitted, Refusal):
                text = self._hiding.remark(read.document.text) if admitted.keeps_text else ""
                self._drops.add(read.document.source, 0, admitted.reason, admitted.detail, text)
                continue
            self._documents += 1
            self._bytes += len(admitted.text.encode("utf-8"))
            try:
                document = self._changed(admitted)
            except BlockedError as blocked:
                self._drops.add(admitted.source, 0, BLOCKED, str(blocked), "")
                continue
            documents.append(document)
            numbers.append(line_numbers(read.piece, document.text))
            size += len(document.text)
            if size >= BATCH_CHARACTERS:
                yield documents, numbers
                documents, numbers, size = [], [], 0
        if documents:
            yield documents, numbers

    def _changed(self, document: Document) -> Document:
        """Return the document without what is hidden, after rewriting and without mark-up, and count both. Raises ``BlockedError``."""
        given = text = self._hiding.document(document.text)
        changes: Counter[tuple[str, str, str]] = Counter()
        if self._rewriter is not None:
            rewritten = self._rewriter.apply(text)
            for change in rewritten.changes:
                changes[change.rule, change.before, change.after] += change.count
            text = rewritten.text
        if markup.NAME not in self._settings.leave_in:
            bare = markup.strip_markup(text)
            if bare != text:
                changes[(markup.NAME, *_difference(text, bare))] += 1
                text = bare
        hidden = self._hiding.document(text) if text != given else text
        for (rule, before, after), count in changes.items():  # no example where a change uncovered something that is hidden
            self._changes[(rule, before, after) if hidden == text else (rule, "", "")] += count
        text = hidden
        return document if text == document.text else replace(document, text=text)

    def _batch(self, documents: list[Document], numbers: list[list[int]], table: DocumentTable) -> None:
        whole = make_batch([document.text for document in documents])
        kept, forms = self._without_forms(documents, numbers, whole)
        letters_in = whole.document_sums(whole.letters)
        lines = np.flatnonzero(kept)
        has_letters = np.bincount(whole.owner[lines], weights=whole.letters[lines], minlength=whole.documents) > 0
        lines = lines[has_letters[whole.owner[lines]]]
        renumber = np.cumsum(has_letters) - 1
        batch = whole.part(lines, renumber[whole.owner[lines]], int(has_letters.sum()))
        for number in np.flatnonzero(~has_letters).tolist():
            self._drops.add(documents[number].source, 0, NOTHING_LEFT, "no line of it was kept", "")
        self._group_letters(documents, whole, forms)
        if not batch.documents:
            return
        left = [documents[i] for i in np.flatnonzero(has_letters).tolist()]
        flat = [number for own in numbers for number in own]
        repeated = self._measure(batch, table.rows, [kind_of(document) for document in left])
        table.add(batch, left, [flat[i] for i in lines.tolist()], letters_in[has_letters], repeated)

    def _without_forms(self, documents: list[Document], numbers: list[list[int]], whole: Batch) -> tuple[Mask, Mask]:
        """Return which lines are kept and which are no running text by their form; record those that are dropped."""
        forms = structure.find_forms(whole)
        found = np.flatnonzero(forms != "")
        is_form = np.zeros(len(whole.lines), dtype=bool)
        is_form[found] = True
        kept = np.ones(len(whole.lines), dtype=bool)
        first = np.searchsorted(whole.owner, np.arange(whole.documents))
        for number in found.tolist():
            owner = int(whole.owner[number])
            source, line = documents[owner].source, numbers[owner][number - int(first[owner])]
            if forms[number] in self._settings.leave_in or self._task.kept.has(source, line, forms[number]):
                continue
            kept[number] = False
            self._drops.add(source, line, forms[number], "", whole.lines[number])
        return kept, is_form

    def _group_letters(self, documents: list[Document], whole: Batch, forms: Mask) -> None:
        """Count for each kind of text what the filters of lists and titles ask for, and for each source its letters with marks."""
        runs = lists.find_runs(whole, forms)
        in_runs = whole.document_sums(np.where(runs, whole.letters, 0)).tolist()
        letters = whole.document_sums(whole.letters).tolist()
        is_long = whole.letters >= LONG_LETTERS
        long = whole.document_sums(np.where(is_long, whole.letters, 0)).tolist()
        without_end = whole.document_sums(np.where(is_long & (whole.counts[:, END] == 0), whole.letters, 0)).tolist()
        short = whole.document_sums(np.where(~is_long & ~forms & ~runs, whole.letters, 0)).tolist()
        long_lines = whole.document_sums(is_long & ~forms).tolist()
        long_ends = whole.document_sums(np.where(is_long & ~forms, whole.counts[:, END], 0)).tolist()
        tiny, middle = (whole.document_sums(found & ~forms).tolist() for found in titles.ended_lines(whole))
        precomposed = tables().marked.take(whole.codes)
        is_mark = whole.kinds == MARK
        carries = precomposed.copy()
        carries[:-1] |= (whole.kinds[:-1] == LETTER) & is_mark[1:]
        marked = whole.document_sums(whole.line_sums(carries).astype(np.int64)).tolist()
        for document, with_mark, *counts in zip(
            documents, marked, letters, in_runs, long, without_end, short, long_lines, long_ends, tiny, middle, strict=True
        ):
            group, source = self._groups[group_of(document.source)], self._marks[top_level(document.source)]
            for place, count in enumerate(counts):
                group[place] += count
            source[0] += counts[0]
            source[1] += with_mark

    def _measure(self, batch: Batch, before: int, kinds: list[str]) -> npt.NDArray[np.float64]:
        """Write down hashes and distributions of the lines that are left; ``before`` documents of the part came earlier.

        Returns:
            How much each document repeats itself [documents].
        """
        arrays = self._arrays
        arrays["exact"].append(batch.document_hashes())
        short, middle, long = spans_of(batch, (SPAN_CHARACTERS, repetition.SPAN_LETTERS, SPAN_LETTERS))
        is_whole = bool((batch.key_sums >= SPAN_CHARACTERS).all())
        signed = sign_spans(*((mix(short.raw), short.offsets) if is_whole else batch.document_spans(SPAN_CHARACTERS)))
        arrays["bands"].append(np.stack(list(band_hashes(signed)), axis=1))
        arrays["signed"].append((signed & 0xFF).astype(np.uint8))
        keys = boilerplate.line_keys(batch)
        filled = keys != 0
        arrays["lines"].append(keys[filled])
        arrays["line_documents"].append((batch.owner[filled] + before).astype(np.uint32))
        hashes, owner, _ = long.sampled()
        arrays["spans"].append(hashes)
        arrays["span_documents"].append((owner + before).astype(np.uint32))
        repeated = repetition.repeated_shares(middle)
        self._repeats += repetition.histogram(repeated)
        pairs, letters = self._kinds.add(batch, kinds, keys)
        self._pairs += pairs
        self._letters += letters
        self._take_sample(batch, keys)
        return repeated

    def _take_sample(self, batch: Batch, keys: npt.NDArray[np.uint64]) -> None:
        order = mix(keys)
        long = np.flatnonzero((batch.letters >= noise.MIN_PAIRS + 5) & (keys != 0))
        first = long[np.argsort(order[long], kind="stable")[:SAMPLE_LINES]]
        self._sample += [(int(order[i]), batch.lines[i][:SAMPLE_CHARACTERS]) for i in first.tolist()]
        if len(self._sample) > 4 * SAMPLE_LINES:
            self._sample = sorted(self._sample)[:SAMPLE_LINES]

    def _write_arrays(self, number: int) -> None:
        kinds = {"exact": np.uint64, "bands": np.uint64, "signed": np.uint8}
        for name, kind in kinds.items():
            parts = self._arrays.pop(name, [])
            joined = np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
            self._work.write(number, name, joined.T if name == "bands" else joined)
        for name in ("line", "span"):
            hashes = np.concatenate([np.zeros(0, np.uint64), *self._arrays.pop(f"{name}s", [])])
            documents = np.concatenate([np.zeros(0, np.uint32), *self._arrays.pop(f"{name}_documents", [])])
            order = np.argsort(hashes, kind="stable")  # the documents are in order already
            hashes, documents = hashes[order], documents[order]
            once = np.ones(len(hashes), dtype=bool)
            once[1:] = (hashes[1:] != hashes[:-1]) | (documents[1:] != documents[:-1])
            self._work.write(number, f"{name}s", hashes[once])
            self._work.write(number, f"{name}_documents", documents[once])
        self._work.write(number, "pairs", self._pairs)
        self._work.write(number, "letters", self._letters)


BLOCKED = "blocked"


def _read(part: Part, settings: CleanSettings, findings: ReadingFindings) -> Iterator[ReadText]:
    """Yield the texts of a part; numbers of lines and rows count from the beginning of the file, not of the slice."""
    reading, quiet = settings.reading(), Say(quiet=True)
    for piece in part.slices:
        findings.place = functools.partial(_place_in_file, piece) if piece.first_line > 1 else str
        for read in read_texts([piece], settings.language, reading, findings, quiet, part.rule):
            yield read if piece.first_line == 1 else _moved(read, piece)


def _moved(read: ReadText, piece: Slice) -> ReadText:
    in_lines = PurePosixPath(piece.name).suffix.lower() not in (".jsonl", ".ndjson")
    first = read.piece.first_line + (piece.first_line - 1 if in_lines else 0)
    document = replace(read.document, source=_place_in_file(piece, read.document.source))
    return replace(read, document=document, piece=replace(read.piece, first_line=first))


def _place_in_file(piece: Slice, source: str) -> str:
    """Return the place in a file that a place in a slice of it is; the whole slice is the line that it begins with."""
    head, rest = source[: len(piece.name)], source[len(piece.name) :]
    moved = _PLACE.sub(lambda place: f"#{int(place[1]) + piece.first_line - 1}", rest, count=1)
    return head + (moved or f"#{piece.first_line}")


def line_numbers(piece: Piece, text: str) -> list[int]:
    """Return the number of each line of a normalised text in what was read; normalising leaves out blank lines."""
    raw = piece.text.rstrip()
    bare = raw.lstrip()
    first = piece.first_line + raw.count("\n", 0, len(raw) - len(bare))
    count = text.count("\n") + 1
    if bare.count("\n") + 1 == count:
        return list(range(first, first + count))
    filled = [number for number, line in enumerate(re.split("\n", raw), piece.first_line) if line.strip()]
    numbers, place = [], 0
    for line in text.split("\n"):
        if line.strip():
            numbers.append(filled[min(place, len(filled) - 1)])
            place += 1
        else:
            numbers.append(numbers[-1] if numbers else piece.first_line)
    return numbers


def group_of(source: str) -> str:
    """Return the kind of text that a source is: its folder with its file ending."""
    return _group_of_file(file_of(source))


def kind_of(document: Document) -> str:
    """Return the kind of text of a document with its language."""
    return f"{group_of(document.source)} ({document.language})"


@functools.lru_cache(maxsize=1024)
def _group_of_file(file: str) -> str:
    path = PurePosixPath(unpacked(file))
    return f"{path.parent}/*{path.suffix.lower()}"


def _difference(before: str, after: str) -> tuple[str, str]:
    """Return what a short stretch of a text was and what it became, from the first difference on."""
    start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after)))
    return before[start : start + 30].partition("\n")[0], after[start : start + 20].partition("\n")[0]


def _by_rule(changes: Counter[tuple[str, str, str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for (rule, _, _), count in changes.items():
        counts[rule] += count
    return counts
