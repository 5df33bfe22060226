"""The second pass over one part: drop lines and documents with their reasons, tag languages, write what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.core.documents import Document, write_documents
from mbegu.corpus.clean import passages, tag
from mbegu.corpus.clean.compare import NONE, Compared, Names
from mbegu.corpus.clean.drops import Drops
from mbegu.corpus.clean.kinds import OwnModels
from mbegu.corpus.clean.measure import group_of, kind_of
from mbegu.corpus.clean.passages import Cut, RepeatedSpans, find_passages
from mbegu.corpus.clean.reasons import NOTHING_LEFT, OTHER_LANGUAGE
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.clean.stages import make_identifier
from mbegu.corpus.clean.tables import Kept, ReadBatch, read_batches
from mbegu.corpus.clean.work import Work
from mbegu.corpus.filters import boilerplate, lists, noise, repetition, structure, stubs, suspects, titles
from mbegu.corpus.filters.batch import Batch, Limit, Mask, make_batch, spans_of
from mbegu.corpus.findings import EXACT, NEAR, excerpt
from mbegu.ledger.memory import peak_memory_bytes

FILES = ("kept.parquet", "dropped.parquet")
PAIRS_PER_PART = 60


@dataclass(frozen=True)
class DecideTask:
    """What one process is given."""

    number: int
    settings: CleanSettings
    work: str
    kept: Kept
    compared: Compared


def decide_part(task: DecideTask) -> dict[str, Any]:
    """Do the second pass over one part and return its facts; what is kept and dropped lies in the working folder afterwards."""
    return _Decision(task).run()


class _Decision:
    def __init__(self, task: DecideTask) -> None:
        self._task = task
        self._settings = task.settings
        self._work = work = Work(Path(task.work))
        self._offset = task.compared.offsets[task.number]
        own = slice(self._offset, task.compared.offsets[task.number + 1])
        self._exact, self._near = (work.read(None, name, np.int64)[own] for name in ("exact_of", "near_of"))
        self._likeness = work.read(None, "likeness", np.float32)[own]
        self._hits = work.read(None, "hits", np.uint32)[own]
        self._line_hashes, self._line_first = work.read(None, "line_hashes", np.uint64), work.read(None, "line_first", np.int64)
        self._line_count = work.read(None, "line_count", np.uint32)
        self._spans = RepeatedSpans(work.read(None, "span_hashes", np.uint64), work.read(None, "span_first", np.int64))
        self._noise = noise.Model.of(work.read(None, "pairs", np.int64), work.read(None, "letters", np.int64))
        self._own = OwnModels(work, task.compared.kinds)
        self._drops = Drops()
        self._identifier = make_identifier(task.settings)
        self._languages_of = tag.LineLanguages(self._identifier)
        self._languages: Counter[str] = Counter()
        self._duplicates: Counter[str] = Counter()
        self._suspects: Counter[str] = Counter()
        self._pairs: list[dict[str, Any]] = []
        self._pair_kinds: Counter[str] = Counter()
        self._names = Names(work)
        self._kept_bytes = 0

    def run(self) -> dict[str, Any]:
        number = self._task.number
        with self._drops.into(self._work.path(number, "dropped.parquet")):
            count = write_documents(self._work.path(number, "kept.parquet"), self._documents(), "lz4")
        facts = {
            "documents_kept": count,
            "bytes_kept": self._kept_bytes,
            "dropped": self._drops.counts,
            "languages": self._languages,
            "duplicates": self._duplicates,
            "suspects": self._suspects,
            "pairs": self._pairs,
            "peak_memory_bytes": peak_memory_bytes() or 0,
        }
        return self._work.finish(number, "decide", FILES, facts)

    def _documents(self) -> Iterator[Document]:
        before = 0
        for read in read_batches(self._work.path(self._task.number, "docs.parquet")):
            numbers = np.arange(len(read.documents)) + before
            before += len(read.documents)
            alive = [i for i in range(len(read.documents)) if not self._is_copy(read.documents[i], int(numbers[i]))]
            if alive:
                yield from self._batch(read, alive, numbers[alive])

    def _is_copy(self, document: Document, number: int) -> bool:
        """Whether a document is a copy; record it."""
        for kind, reason, of in (("exact", EXACT, self._exact), ("near", NEAR, self._near)):
            first = int(of[number])
            if first == NONE:
                continue
            if self._leaves(reason) or self._task.kept.has(document.source, 0, reason):
                return False
            likeness = 1.0 if kind == "exact" else float(self._likeness[number])
            name = self._names[first]
            self._drops.add(
                document.source, 0, reason, f"same as {name}" if kind == "exact" else f"{100 * likeness:.0f} % like {name}", document.text
            )
            self._pair(kind, first, document.source, likeness, document.text)
            return True
        return False

    def _batch(self, read: ReadBatch, alive: list[int], numbers: npt.NDArray[np.int64]) -> Iterator[Document]:
        documents = [read.documents[i] for i in alive]
        batch = make_batch([document.text for document in documents])
        bounds = np.searchsorted(batch.owner, np.arange(batch.documents + 1)).tolist()
        places = [number for i in alive for number in read.line_numbers[i]]
        kept = np.ones(len(batch.lines), dtype=bool)
        guesses = self._lines(batch, documents, numbers, places, kept)
        out_documents = self._stubs(batch, documents, kept, read.letters_in[alive], read.repeated[alive])
        signs = suspects.find_suspects(batch)
        letters, blank = batch.letters.tolist(), batch.is_blank.tolist()
        spans = [(i, bounds[i], bounds[i + 1]) for i in range(len(documents)) if i not in out_documents]
        left = {i: _without_gaps(blank, np.flatnonzero(kept[first:end]) + first) for i, first, end in spans}
        cuts = self._passages(batch, left, numbers)
        for i, all_left in left.items():
            document, here = documents[i], all_left
            lines, own_places = [batch.lines[line] for line in here], [places[line] for line in here]
            if i in cuts:
                lines, own_places, still = self._without_passages(document, lines, own_places, cuts[i])
                here = [here[line] for line in still]
            first = next((number for number, line in enumerate(lines) if line.strip()), 0)
            last = next((number for number in reversed(range(len(lines))) if lines[number].strip()), -1) + 1
            lines, own_places, here = lines[first:last], own_places[first:last], here[first:last]
            if not any(character.isalpha() for line in lines for character in line):
                self._drops.add(document.source, 0, NOTHING_LEFT, "no line of it was kept", "")
                continue
            own_guesses = [guesses[line] for line in here]
            shares = tag.shares_of([guess.language for guess in own_guesses], [letters[line] for line in here])
            meta = tag.meta_of(lines, own_guesses, shares) if shares else {}
            yield self._finished(document, "\n".join(lines), own_places, shares, signs[i], meta)

    def _lines(
        self,
        batch: Batch,
        documents: list[Document],
        numbers: npt.NDArray[np.int64],
        places: list[int],
        kept: Mask,
    ) -> list[Any]:
        """Mark the lines that are dropped in ``kept`` [lines] and record them, one filter after another.

        Returns:
            The languages of the lines [lines], as far as they were still there when they were asked for.
        """
        limits = self._task.compared.limits
        keys = boilerplate.line_keys(batch)
        count, first = self._line_table(keys)
        least = limits[boilerplate.NAME].value or 0
        common = ~boilerplate.is_long(keys) & (count >= least)

        def drop(found: Mask, reason: str, detail: Any = lambda line: "") -> Mask:
            out = np.zeros(len(kept), dtype=bool)
            for line in np.flatnonzero(found & kept & ~batch.is_blank).tolist() if not self._leaves(reason) else []:
                source = documents[int(batch.owner[line])].source
                if not self._task.kept.has(source, places[line], reason):
                    out[line] = True
                    self._drops.add(source, places[line], reason, detail(line), batch.lines[line])
            kept[out] = False
            return out

        drop(common, boilerplate.NAME, lambda line: f"stands in {int(count[line]):,} documents")
        found = boilerplate.find_repeated(batch, keys, numbers + self._offset, first)
        for line in np.flatnonzero(drop(found, boilerplate.REPEATED, lambda line: self._where(int(first[line])))).tolist():
            self._duplicates["line"] += 1
            self._pair("line", int(first[line]), documents[int(batch.owner[line])].source, 1.0, batch.lines[line])
        compared = self._task.compared
        is_paragraphs = _is_on(compared.titles, documents)[batch.owner]
        runs = lists.find_runs(batch, ~kept)
        if is_paragraphs.any():
            runs |= lists.find_wide_runs(batch, ~kept) & is_paragraphs
        drop(runs & _is_on(compared.groups, documents)[batch.owner] | lists.find_labels(batch, ~kept), lists.NAME)
        if is_paragraphs.any():
            ended = np.array([compared.titles[group_of(document.source)].value or 0 for document in documents])[batch.owner]
            drop(titles.find_titles(batch, ~kept, ended) & is_paragraphs, titles.NAME)
        drop(noise.find_one_letter(batch), noise.NAME, lambda line: "one letter over and over")
        guesses = self._languages_of.some(batch.lines, np.flatnonzero(kept & ~batch.is_blank).tolist())
        limit = limits[noise.NAME].value
        if limit is not None:
            bits = self._noise.line_surprises(batch)
            drop(
                self._noise_of_its_kind(batch, documents, guesses, bits > limit),
                noise.NAME,
                lambda line: f"{bits[line]:.1f} bits a letter, the limit is {limit:.1f}",
            )
        if self._settings.keep_languages:
            wrong = np.array(tag.wrong_lines(batch.lines, guesses, self._settings.keep_languages, tag.SURE, self._identifier))
            drop(wrong, OTHER_LANGUAGE, lambda line: f"{guesses[line].language}, {100 * guesses[line].probability:.0f} % sure")
        drop(structure.find_empty_headings(batch, kept), structure.HEADING)
        return guesses

    def _noise_of_its_kind(self, batch: Batch, documents: list[Document], guesses: list[Any], noisy: Mask) -> Mask:
        """Return which of the lines that are noise in the whole are so beside their own kind of text too, and in no language that was taught."""
        lines = [line for line in np.flatnonzero(noisy).tolist() if not self._is_taught(guesses, line)]
        own = self._own.are_noise([batch.lines[line] for line in lines], [kind_of(documents[int(batch.owner[line])]) for line in lines])
        found = np.zeros(len(noisy), dtype=bool)
        found[np.array(lines, dtype=np.int64)[own]] = True
        return found

    def _is_taught(self, guesses: list[Any], line: int) -> bool:
        return guesses[line].language in self._identifier.codes and guesses[line].probability >= tag.SURE

    def _stubs(
        self, batch: Batch, documents: list[Document], kept: Mask, letters_in: npt.NDArray[np.int64], repeated: npt.NDArray[np.float64]
    ) -> set[int]:
        """Return the documents of the batch that are dropped as a whole, and record them."""
        bounds = np.searchsorted(batch.owner, np.arange(batch.documents + 1)).tolist()
        limit = self._task.compared.limits[repetition.NAME].value or 1.0
        shares = self._repeated_shares(batch, kept, repeated, limit)
        found: list[tuple[str, Mask, Callable[[int], str]]] = [
            (stubs.NAME, stubs.find_stubs(batch, kept, letters_in), lambda i: ""),
            (repetition.NAME, shares > limit, lambda i: f"{100 * shares[i]:.0f} %"),
        ]
        out: set[int] = set()
        for reason, mask, detail in found:
            for i in np.flatnonzero(mask).tolist() if not self._leaves(reason) else []:
                if i not in out and not self._task.kept.has(documents[i].source, 0, reason):
                    out.add(i)
                    text = "\n".join(batch.lines[line] for line in range(bounds[i], bounds[i + 1]) if kept[line])
                    self._drops.add(documents[i].source, 0, reason, detail(i), text)
        return out

    def _repeated_shares(self, batch: Batch, kept: Mask, repeated: npt.NDArray[np.float64], limit: float) -> npt.NDArray[np.float64]:
        """Return the repeated share of each document; where it is above the limit, that of the lines that are kept."""
        shares = repeated.copy()
        for i in np.flatnonzero(shares > limit).tolist():
            lines = [batch.lines[line] for line in np.flatnonzero(kept & (batch.owner == i)).tolist()]
            shares[i] = repetition.repeated_shares(spans_of(make_batch(["\n".join(lines)]), (repetition.SPAN_LETTERS,))[0])[0]
        return shares

    def _line_table(self, keys: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return in how many documents each line stands, as far as it is repeated, and the first of them or -1."""
        if not len(self._line_hashes):
            return np.zeros(len(keys), np.int64), np.full(len(keys), NONE, np.int64)
        at = np.minimum(np.searchsorted(self._line_hashes, keys), len(self._line_hashes) - 1)
        known = (self._line_hashes[at] == keys) & (keys != 0)
        return np.where(known, self._line_count[at], 0).astype(np.int64), np.where(known, self._line_first[at], NONE)

    def _passages(self, batch: Batch, left: Mapping[int, list[int]], numbers: npt.NDArray[np.int64]) -> dict[int, list[Cut]]:
        """Return what is to be cut out of documents because it came before.

        Args:
            batch: the lines.
            left: the lines that are left of each document that is.
            numbers: of the documents in the part [documents].
        """
        if self._leaves(passages.NAME):
            return {}
        asked = [i for i in left if self._hits[numbers[i]] >= passages.MIN_HITS]
        texts = ["\n".join(batch.lines[line] for line in left[i]) for i in asked]
        found = find_passages(texts, [int(numbers[i]) + self._offset for i in asked], self._spans, self._settings.passage_letters)
        return {i: cuts for i, cuts in zip(asked, found, strict=True) if cuts}

    def _without_passages(self, document: Document, lines: list[str], places: list[int], cuts: list[Cut]) -> tuple[list[str], list[int], list[int]]:
        """Return the lines of a document without passages that came before, their places, and which they were; record what is cut out."""
        left = list(lines)
        for cut in cuts:
            if self._task.kept.has(document.source, places[cut.line], passages.NAME):
                continue
            left[cut.line] = cut.left
            self._drops.add(document.source, places[cut.line], passages.NAME, self._where(cut.first), cut.cut)
            self._duplicates["passage"] += 1
            self._pair("passage", cut.first, document.source, 1.0, cut.cut)
        still = [i for i in range(len(lines)) if left[i] or not lines[i]]
        return [left[i] for i in still], [places[i] for i in still], still

    def _finished(
        self, document: Document, text: str, places: list[int], shares: dict[str, float], signs: list[str], languages: dict[str, str]
    ) -> Document:
        """Return the document as it is kept, with what is known about it."""
        meta = document.meta | languages
        size = len(text.encode("utf-8"))
        if shares:
            for language, share in shares.items():
                self._languages[language] += round(size * share)
        if signs:
            meta["suspect"] = ", ".join(signs)
            self._suspects.update(signs)
        meta["lines"] = _ranges(places)
        self._kept_bytes += size
        return replace(document, text=text, meta=meta)

    def _leaves(self, reason: str) -> bool:
        return reason in self._settings.leave_in or reason in self._task.kept.reasons

    def _where(self, first: int) -> str:
        return f"also in {self._names[first]}" if first != NONE else "also in this document"

    def _pair(self, kind: str, first: int, second: str, similarity: float, text: str) -> None:
        if kind in ("exact", "near"):
            self._duplicates[kind] += 1
        if self._pair_kinds[kind] < PAIRS_PER_PART // 4:
            self._pair_kinds[kind] += 1
            self._pairs.append(
                {
                    "kind": kind,
                    "first": self._names[first] if first != NONE else second,
                    "second": second,
                    "similarity": round(similarity, 3),
                    "excerpt": excerpt(text),
                }
            )


def _is_on(groups: Mapping[str, Limit], documents: list[Document]) -> Mask:
    """Return for which documents a filter is on that has a limit for each kind of text."""
    return np.array([groups[group_of(document.source)].value is not None for document in documents], dtype=bool)


def _without_gaps(blank: list[bool], lines: npt.NDArray[np.int64]) -> list[int]:
    """Return the numbers of lines without blank ones that follow another blank one; ``blank`` [lines] tells which those are."""
    kept = lines.tolist()
    return [line for before, line in zip([-1, *kept], kept, strict=False) if not (blank[line] and before >= 0 and blank[before])]


def _ranges(places: list[int]) -> str:
    """Return numbers of lines as ranges: ``1-4,7``."""
    if len(places) > 1 and places == list(range(places[0], places[0] + len(places))):
        return f"{places[0]}-{places[-1]}"
    parts: list[list[int]] = []
    for place in places:
        if parts and place in (parts[-1][1], parts[-1][1] + 1):
            parts[-1][1] = place
        else:
            parts.append([place, place])
    return ",".join(f"{first}-{last}" if last != first else str(first) for first, last in parts)
