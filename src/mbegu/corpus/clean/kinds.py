"""Pairs of letters by kind of text (a folder with a file ending, a language), for the filter of keyboard noise.

A line of a language that is rare in the whole looks like noise beside the others. So a line is judged a second time, by its own kind of text.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.corpus.clean.work import Work
from mbegu.corpus.filters import noise
from mbegu.corpus.filters.batch import Batch, Limit, Mask, make_batch
from mbegu.corpus.keys import Hashes, mix

SAMPLE_LINES = 300  # of a kind of text in a part, chosen by their hash
SAMPLE_CHARACTERS = 300  # of such a line
KINDS_AT_ONCE = 32
MODELS_HELD = 16
BINS = 2 * noise.BINS  # pairs, then letters

Sums = npt.NDArray[np.int64]


class Tally:
    """Counts the pairs of letters of each kind of text in a part, and takes a sample of its lines."""

    def __init__(self) -> None:
        self._counts: dict[str, list[tuple[npt.NDArray[np.uint32], Sums]]] = defaultdict(list)
        self._sample: dict[str, list[tuple[int, str]]] = defaultdict(list)

    def add(self, batch: Batch, kinds: Sequence[str], keys: Hashes) -> tuple[Sums, Sums]:
        """Count a batch.

        Args:
            batch: the lines.
            kinds: of the documents [documents].
            keys: of the lines [lines]; 0 where there is nothing to learn from.

        Returns:
            The counts of pairs and of letters of all kinds together.
        """
        numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
        of_line = np.array([numbers[kind] for kind in kinds], dtype=np.int64)[batch.owner]
        total = [np.zeros(noise.BINS, np.int64), np.zeros(noise.BINS, np.int64)]
        names = list(numbers)
        for first in range(0, len(names), KINDS_AT_ONCE):
            here = names[first : first + KINDS_AT_ONCE]
            pairs, letters = noise.pair_counts(batch, of_line - first, len(here))
            total[0] += pairs.sum(axis=0)
            total[1] += letters.sum(axis=0)
            for number, name in enumerate(here):
                counts = np.concatenate([pairs[number], letters[number]])
                bins = np.flatnonzero(counts)
                self._counts[name].append((bins.astype(np.uint32), counts[bins]))
        self._take_sample(batch, names, of_line, keys)
        return total[0], total[1]

    def write(self, work: Work, number: int) -> dict[str, list[Any]]:
        """Write the counts of a part; return for each kind where its counts end and its sample of lines."""
        bins, counts, facts, end = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)], {}, 0
        for name in sorted(self._counts):
            own_bins, own_counts = _summed(self._counts.pop(name))
            bins.append(own_bins)
            counts.append(own_counts)
            end += len(own_bins)
            facts[name] = [end, [line for _, line in sorted(self._sample[name])[:SAMPLE_LINES]]]
        work.write(number, "kind_bins", np.concatenate(bins))
        work.write(number, "kind_counts", np.concatenate(counts))
        return facts

    def _take_sample(self, batch: Batch, names: list[str], of_line: Sums, keys: Hashes) -> None:
        order = mix(keys)
        long = np.flatnonzero((batch.letters >= noise.MIN_PAIRS + 5) & (keys != 0))
        long = long[np.lexsort((order[long], of_line[long]))]
        for number, name in enumerate(names):
            start, end = np.searchsorted(of_line[long], [number, number + 1])
            sample = self._sample[name]
            sample += [(int(order[i]), batch.lines[i][:SAMPLE_CHARACTERS]) for i in long[start : min(end, start + SAMPLE_LINES)].tolist()]
            if len(sample) > 4 * SAMPLE_LINES:
                self._sample[name] = sorted(sample)[:SAMPLE_LINES]


@dataclass(frozen=True)
class Kind:
    """One kind of text in the whole: its limit for noise, and where its counts lie."""

    limit: Limit
    start: int = 0
    end: int = 0


def choose(work: Work, facts: Sequence[Mapping[str, Any]]) -> dict[str, Kind]:
    """Return the limit of each kind of text from the ``kinds`` of all parts, and write the counts of those that have one."""
    places: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    samples: dict[str, list[str]] = defaultdict(list)
    for part, fact in enumerate(facts):
        start = 0
        for name, (end, sample) in fact["kinds"].items():
            places[name].append((part, start, end))
            samples[name] += sample
            start = end
    found: dict[str, Kind] = {}
    all_bins, all_counts, done = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)], 0
    for name in sorted(places):
        if len(samples[name]) < noise.MIN_LINES:
            found[name] = Kind(noise.choose_own(np.ones(len(samples[name]))))
            continue
        bins, counts = _summed(_read(work, part, start, end) for part, start, end in places[name])
        limit = noise.choose_own(_model(bins, counts).line_surprises(make_batch(samples[name])))
        if limit.value is None:
            found[name] = Kind(limit)
            continue
        found[name] = Kind(limit, done, done + len(bins))
        done += len(bins)
        all_bins.append(bins)
        all_counts.append(counts)
    work.write(None, "kind_bins", np.concatenate(all_bins))
    work.write(None, "kind_counts", np.concatenate(all_counts))
    return found


class OwnModels:
    """Judges lines by their own kind of text."""

    def __init__(self, work: Work, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._model = functools.lru_cache(MODELS_HELD)(lambda start, end: _model(*_read(work, None, start, end)))

    def are_noise(self, lines: Sequence[str], kinds: Sequence[str]) -> Mask:
        """Return which lines [lines] are noise beside the others of their kind; none where a kind has no limit."""
        found = np.zeros(len(lines), dtype=bool)
        for name in dict.fromkeys(kinds):
            kind = self._kinds[name]
            if kind.limit.value is not None:
                here = [i for i, own in enumerate(kinds) if own == name]
                bits = self._model(kind.start, kind.end).line_surprises(make_batch([lines[i] for i in here]))
                found[here] = bits > kind.limit.value
        return found


def _read(work: Work, part: int | None, start: int, end: int) -> tuple[npt.NDArray[np.uint32], Sums]:
    return work.read(part, "kind_bins", np.uint32)[start:end], work.read(part, "kind_counts", np.int64)[start:end]


def _summed(counts: Iterable[tuple[npt.NDArray[np.uint32], Sums]]) -> tuple[npt.NDArray[np.uint32], Sums]:
    dense = np.zeros(BINS, dtype=np.int64)
    for bins, own in counts:
        dense[bins] += own
    filled = np.flatnonzero(dense)
    return filled.astype(np.uint32), dense[filled]


def _model(bins: npt.NDArray[np.uint32], counts: Sums) -> noise.Model:
    dense = np.zeros(BINS, dtype=np.int64)
    dense[bins] = counts
    return noise.Model.of(dense[: noise.BINS], dense[noise.BINS :])
