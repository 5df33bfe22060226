"""The look at the whole between the passes: exact and near duplicates, repeated lines and passages, and every filter's threshold.

The hashes of all parts are gone through a range at a time, so memory does not grow with the number of lines; for each document
about 30 bytes are held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.core import durable
from mbegu.corpus.clean import kinds
from mbegu.corpus.clean.kinds import Kind
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.clean.work import Work
from mbegu.corpus.dedup import BAND_VALUES, VALUES, same_pairs
from mbegu.corpus.filters import boilerplate, lists, noise, repetition, titles
from mbegu.corpus.filters.batch import Limit, Mask, make_batch
from mbegu.corpus.keys import Hashes

ROWS_AT_ONCE = 1_000_000
PAIRS_AT_ONCE = 200_000
BANDS = VALUES // BAND_VALUES
LOW_BYTE_AGREES = 1 / 256  # by chance, of values of which only the lowest byte is kept (b-bit MinHash, Li and Koenig 2010)
NONE = -1

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """What the second pass needs, as names of arrays in the working folder, and the limits of the filters."""

    offsets: list[int]
    limits: dict[str, Limit]
    groups: dict[str, Limit]
    counts: dict[str, int]
    kinds: dict[str, Kind]
    titles: dict[str, Limit]


def compare(work: Work, facts: Sequence[Mapping[str, Any]], settings: CleanSettings) -> Compared:
    """Compare all parts.

    Args:
        work: where the arrays of the first pass lie; the results are written there too.
        facts: of each part, from the first pass.
        settings: thresholds that a person chose.
    """
    offsets = np.concatenate([[0], np.cumsum([fact["documents"] for fact in facts])]).astype(np.int64)
    total = int(offsets[-1])
    exact = _exact(work, offsets)
    near, likeness = _near(work, offsets, exact, settings.near_duplicate)
    alive = (exact == NONE) & (near == NONE)
    limits = _limits(work, facts, int(alive.sum()))
    lasting = alive & ~_repeat_themselves(work, len(facts), limits[repetition.NAME], settings)
    lines = _repeated_lines(work, offsets, alive, lasting, int(limits[boilerplate.NAME].value or 0))
    hits, spans = _repeated_spans(work, offsets, lasting)
    for name, array in (("exact_of", exact), ("near_of", near), ("likeness", likeness), ("hits", hits)):
        work.write(None, name, array)
    _write_names(work, len(facts))
    groups: dict[str, Numbers] = {}
    for fact in facts:
        for name, found in fact["groups"].items():
            groups[name] = groups.get(name, np.zeros(len(found), np.int64)) + np.array(found)
    counts = {"documents": total, "exact": int((exact != NONE).sum()), "near": int((near != NONE).sum()), "lines": lines, "spans": spans}
    return Compared(
        offsets.tolist(),
        limits,
        {name: _list_limit(*found.tolist()) for name, found in groups.items()},
        counts,
        kinds.choose(work, facts),
        {name: titles.choose(*found.tolist()[2:]) for name, found in groups.items()},
    )


def _list_limit(letters: int, in_runs: int, long: int, long_without_end: int, *_: int) -> Limit:
    return lists.choose(in_runs, letters, long, long_without_end)


class Names:
    """The sources of all documents, by their numbers."""

    def __init__(self, work: Work) -> None:
        self._text, self._ends = work.read(None, "names", np.uint8), work.read(None, "name_ends", np.int64)

    def __getitem__(self, number: int) -> str:
        start = int(self._ends[number - 1]) if number else 0
        return bytes(self._text[start : int(self._ends[number])]).decode("utf-8")


def _write_names(work: Work, parts: int) -> None:
    import pyarrow.parquet as pq

    sizes = [np.zeros(0, np.int64)]
    with durable.replace_file(work.path(None, "names")) as file:
        for part in range(parts):
            names = [name.encode("utf-8") for name in pq.read_table(work.path(part, "docs.parquet"), columns=["source"]).column(0).to_pylist()]
            file.write(b"".join(names))
            sizes.append(np.array([len(name) for name in names], dtype=np.int64))
    work.write(None, "name_ends", np.cumsum(np.concatenate(sizes)))


def _limits(work: Work, facts: Sequence[Mapping[str, Any]], documents: int) -> dict[str, Limit]:
    """Return the limits that hold for the whole corpus."""
    pairs = sum((work.read(i, "pairs", np.int64) for i in range(len(facts))), np.zeros(noise.BINS, np.int64))
    letters = sum((work.read(i, "letters", np.int64) for i in range(len(facts))), np.zeros(noise.BINS, np.int64))
    work.write(None, "pairs", pairs)
    work.write(None, "letters", letters)
    sample = make_batch([line for fact in facts for line in fact["sample"]])
    lines = noise.Model.of(pairs, letters).line_surprises(sample)
    repeats = np.sum([fact["repeats"] for fact in facts], axis=0) if facts else np.zeros(repetition.BINS + 1, np.int64)
    return {boilerplate.NAME: boilerplate.choose(documents), noise.NAME: noise.choose(lines), repetition.NAME: repetition.choose(repeats)}


def _exact(work: Work, offsets: Numbers) -> Numbers:
    """Return for each document the first with the same letters, or -1."""
    earlier = np.full(int(offsets[-1]), NONE, dtype=np.int64)
    for found in _ranges(work, offsets, "exact"):
        hashes, documents = _ordered(*found)
        starts, firsts = _firsts(hashes)
        earlier[documents[~starts]] = documents[firsts][~starts]
    return earlier


def _near(work: Work, offsets: Numbers, exact: Numbers, threshold: float) -> tuple[Numbers, npt.NDArray[np.float32]]:
    """Return for each document an earlier one that is at least ``threshold`` similar and kept, or -1, and the similarity.

    Bands are gone through one after another; a document that is found is not looked at again.
    """
    total = int(offsets[-1])
    near, likeness = np.full(total, NONE, dtype=np.int64), np.zeros(total, dtype=np.float32)
    if threshold >= 1:
        return near, likeness
    signed = [work.read(i, "signed", np.uint8, VALUES) for i in range(len(offsets) - 1)]
    for band in range(BANDS):
        for all_hashes, all_documents in _ranges(work, offsets, "bands", band):
            open_ones = (exact[all_documents] == NONE) & (near[all_documents] == NONE)
            hashes, documents = all_hashes[open_ones], all_documents[open_ones]
            pairs = documents[same_pairs(hashes)] if len(hashes) else np.zeros((0, 2), dtype=np.int64)
            pairs = np.unique(np.sort(pairs, axis=1), axis=0)
            similar = _similarity(signed, offsets, pairs)
            good = similar >= threshold
            _take(pairs[good], similar[good], near, likeness)
    return near, likeness


def _take(pairs: Numbers, similar: npt.NDArray[np.float64], near: Numbers, likeness: npt.NDArray[np.float32]) -> None:
    """Mark the second of each pair as a copy of the first, unless one of them is marked already."""
    order = np.lexsort((pairs[:, 0], pairs[:, 1]))
    for first, second, share in zip(pairs[order, 0].tolist(), pairs[order, 1].tolist(), similar[order].tolist(), strict=True):
        if near[first] == NONE and near[second] == NONE:
            near[second], likeness[second] = first, share


def _similarity(signed: Sequence[npt.NDArray[np.uint8]], offsets: Numbers, pairs: Numbers) -> npt.NDArray[np.float64]:
    """Return the estimated Jaccard similarity of each pair [pairs] from the lowest bytes of their signatures."""
    shares = [np.zeros(0)]
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        part = pairs[start : start + PAIRS_AT_ONCE]
        equal = (_rows(signed, offsets, part[:, 0]) == _rows(signed, offsets, part[:, 1])).mean(axis=1)
        shares.append(np.maximum(0.0, (equal - LOW_BYTE_AGREES) / (1 - LOW_BYTE_AGREES)))
    return np.concatenate(shares)


def _rows(signed: Sequence[npt.NDArray[np.uint8]], offsets: Numbers, numbers: Numbers) -> npt.NDArray[np.uint8]:
    """Return the signatures of documents [numbers, 120] from the files of their parts."""
    parts = np.searchsorted(offsets, numbers, side="right") - 1
    rows = np.zeros((len(numbers), VALUES), dtype=np.uint8)
    for part in np.unique(parts).tolist():
        here = parts == part
        rows[here] = signed[part][numbers[here] - offsets[part]]
    return rows


def _repeat_themselves(work: Work, parts: int, limit: Limit, settings: CleanSettings) -> Mask:
    """Return which documents repeat themselves so much that the second pass drops them: what stands there and once more must not go there too."""
    import pyarrow.parquet as pq

    shares = [np.zeros(0)]
    for part in range(parts):
        shares.append(pq.read_table(work.path(part, "docs.parquet"), columns=["repeated"]).column(0).to_numpy())
    found: Mask = np.concatenate(shares) > (limit.value or 1.0)
    return found & (repetition.NAME not in settings.leave_in)


def _repeated_lines(work: Work, offsets: Numbers, alive: Mask, lasting: Mask, least_documents: int) -> int:
    """Write the lines that stand in several documents: ``line_hashes``, sorted, ``line_first`` and ``line_count``.

    Args:
        work: where to write them.
        offsets: the number of the first document of each part, and the number of all.
        alive: the documents that are no copies [documents]; they are counted.
        lasting: those of them that may be the first with a line [documents]; -1 is written where none is.
        least_documents: in how many documents a short line must stand.

    Returns:
        How many lines were written.
    """
    written = 0
    with (
        durable.replace_file(work.path(None, "line_hashes")) as hash_file,
        durable.replace_file(work.path(None, "line_first")) as first_file,
        durable.replace_file(work.path(None, "line_count")) as count_file,
    ):
        for hashes, first, count in _counted(work, offsets, alive, lasting):
            wanted = ((count >= 2) & boilerplate.is_long(hashes)) | (count >= least_documents)
            hash_file.write(hashes[wanted].tobytes())
            first_file.write(first[wanted].tobytes())
            count_file.write(count[wanted].tobytes())
            written += int(wanted.sum())
    return written


def _repeated_spans(work: Work, offsets: Numbers, lasting: Mask) -> tuple[npt.NDArray[np.uint32], int]:
    """Write the sampled spans that stand in several of the documents that last: ``span_hashes``, sorted, and ``span_first``.

    Returns:
        For each document how many of its spans stand in an earlier one [documents], and the number of such spans.
    """
    hits = np.zeros(int(offsets[-1]), dtype=np.uint32)
    written = 0
    with durable.replace_file(work.path(None, "span_hashes")) as hash_file, durable.replace_file(work.path(None, "span_first")) as first_file:
        for found in _ranges(work, offsets, "spans", documents_name="span_documents"):
            live = lasting[found[1]]
            hashes, documents = _ordered(found[0][live], found[1][live])
            starts, firsts = _firsts(hashes)
            np.add.at(hits, documents[~starts], np.uint32(1))
            again = np.zeros(len(hashes), dtype=bool)
            again[firsts[~starts]] = True
            hash_file.write(hashes[again].tobytes())
            first_file.write(documents[again].tobytes())
            written += int(again.sum())
    return hits, written


def _counted(work: Work, offsets: Numbers, alive: Mask, lasting: Mask) -> Iterator[tuple[Hashes, Numbers, npt.NDArray[np.uint32]]]:
    """Yield, range by range, each line of the documents that are alive, the first that lasts or -1, and how many are alive."""
    total = len(alive)
    for found in _ranges(work, offsets, "lines", documents_name="line_documents"):
        live = alive[found[1]]
        hashes, documents = _ordered(found[0][live], found[1][live])
        places = np.flatnonzero(_firsts(hashes)[0])
        first = np.minimum.reduceat(np.where(lasting[documents], documents, total), places) if len(places) else documents
        yield hashes[places], np.where(first < total, first, NONE), np.diff(np.append(places, len(hashes))).astype(np.uint32)


def _ordered(hashes: Hashes, documents: Numbers) -> tuple[Hashes, Numbers]:
    """Return hashes in order, with the document of each. Equal hashes stay as they are given: in the order of their documents."""
    order = np.argsort(hashes, kind="stable")
    return hashes[order], documents[order]


def _firsts(ordered: Hashes) -> tuple[npt.NDArray[np.bool_], Numbers]:
    """Return which of sorted hashes begin a stretch of equal ones, and the place where the stretch of each begins."""
    starts = np.ones(len(ordered), dtype=bool)
    starts[1:] = ordered[1:] != ordered[:-1]
    return starts, np.maximum.accumulate(np.where(starts, np.arange(len(ordered)), 0))


def _ranges(work: Work, offsets: Numbers, name: str, band: int = 0, documents_name: str = "") -> Iterator[tuple[Hashes, Numbers]]:
    """Yield the hashes of all parts with the number of each one's document, one range of hashes after another.

    Args:
        work: where they lie.
        offsets: the number of the first document of each part, and the number of all.
        name: of the files of hashes; sorted where ``documents_name`` is given.
        band: which row of a file of bands.
        documents_name: of the files with the document of each hash; without one there is one hash a document.
    """
    parts = range(len(offsets) - 1)
    rows = sum(len(_hashes_of(work, offsets, part, name, band, documents_name)) for part in parts)
    count = max(1, -(-rows // ROWS_AT_ONCE))
    bounds = [(i << 64) // count for i in range(count)]
    for low, high in zip(bounds, [*bounds[1:], 1 << 64], strict=True):
        found_hashes, found_documents = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        for part in parts:
            hashes = _hashes_of(work, offsets, part, name, band, documents_name)  # mapped anew: what is mapped and was read counts as memory
            if documents_name:
                begin = np.searchsorted(hashes, np.uint64(low))
                end = len(hashes) if high == 1 << 64 else np.searchsorted(hashes, np.uint64(high))
                found_hashes.append(np.array(hashes[begin:end]))
                found_documents.append(work.read(part, documents_name, np.uint32)[begin:end].astype(np.int64) + offsets[part])
            else:
                here = np.flatnonzero((hashes >= np.uint64(low)) & (hashes <= np.uint64(high - 1)))
                found_hashes.append(np.array(hashes[here]))
                found_documents.append(here + offsets[part])
        yield np.concatenate(found_hashes), np.concatenate(found_documents)


def _hashes_of(work: Work, offsets: Numbers, part: int, name: str, band: int, documents_name: str) -> Hashes:
    """Return the hashes of a part, as a view of their file: all of them where each has a document named, else one a document."""
    hashes = work.read(part, name, np.uint64)
    count = int(offsets[part + 1] - offsets[part])
    return hashes if documents_name else hashes[band * count : (band + 1) * count]
