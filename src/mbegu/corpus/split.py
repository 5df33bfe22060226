"""Which documents are held out: by document, in an order that only the seed and the texts decide, not the names of files or their order.

Documents of one group of similar ones stay together. A document of which more than a fifth stands elsewhere in the corpus word
for word is not held out while there are others: a model would be judged by what it has read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.core.documents import Document
from mbegu.core.errors import InputError
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import file_of

MAX_SHARED_SHARE = 0.2
SMALL_CORPUS_SHARE = 0.1
# A group that fills more of the held-out text than this would decide the score alone.
MAX_GROUP_SHARE = 0.5


@dataclass(frozen=True)
class Split:
    """Whether each document is held out [documents], and how many documents were passed over because they stand elsewhere too."""

    heldout: npt.NDArray[np.bool_]
    target_bytes: int
    passed_over: int
    forced: bool


def heldout_target(total_bytes: int, settings: CorpusSettings) -> int:
    """Return how many bytes to hold out: the share, within its least and most, and no more than a tenth of a small corpus."""
    share = max(settings.heldout_share, SMALL_CORPUS_SHARE)
    least = min(settings.heldout_min_bytes, int(share * total_bytes))
    return min(settings.heldout_max_bytes, max(int(settings.heldout_share * total_bytes), least))


def split(
    keys: Sequence[str],
    sizes_bytes: Sequence[int],
    groups: npt.NDArray[np.int64],
    shared_share: npt.NDArray[np.float64],
    settings: CorpusSettings,
) -> Split:
    """Choose the documents to hold out.

    Args:
        keys: what tells the texts apart and follows from them alone, such as a hash of each [documents].
        sizes_bytes: UTF-8 sizes [documents].
        groups: the group of each document [documents]; a group is never divided.
        shared_share: share of each document [documents] that stands elsewhere word for word.
        settings: seed and amounts.

    Returns:
        The split; both sides have at least one document.

    Raises:
        InputError: there are not two groups to divide.
    """
    members: dict[int, list[int]] = {}
    for number, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(number)
    if len(members) < 2:
        if settings.divide_by != "document":
            fix = f'set divide_by = "document" in [corpus], or give text of more than one {settings.divide_by}'
            raise InputError(f"all text is of one {settings.divide_by}, which is never divided: nothing can be held out", fix=fix)
        cuts = ', or set document = "auto" in [corpus], so that a large file counts as several documents' if settings.document != "auto" else ""
        raise InputError(
            f"the text is {len(keys)} document{'s' * (len(keys) != 1)}, all alike: nothing can be held out to judge the model by",
            fix=f"give more texts{cuts}",
        )
    target = heldout_target(sum(sizes_bytes), settings)
    order = sorted(members, key=lambda group: hashlib.sha256(f"{settings.seed}:{min(keys[i] for i in members[group])}".encode()).digest())
    group_bytes = {group: sum(sizes_bytes[i] for i in members[group]) for group in order}
    largest = max(MAX_GROUP_SHARE * target, _median(list(group_bytes.values())))
    fits = [group for group in order if group_bytes[group] <= largest]
    fits = fits or [min(order, key=lambda group: group_bytes[group])]
    clean = [group for group in fits if max(shared_share[i] for i in members[group]) <= MAX_SHARED_SHARE]
    chosen, passed_over = _take(fits, set(clean), group_bytes, target)
    forced = sum(group_bytes[group] for group in chosen) < target / 2
    if forced:
        chosen, passed_over = _take(fits, set(fits), group_bytes, target)
    if len(chosen) == len(order):
        chosen.pop()
    heldout = np.zeros(len(keys), dtype=bool)
    heldout[[i for group in chosen for i in members[group]]] = True
    return Split(heldout, target, passed_over, forced)


def undivided_unit(document: Document, divide_by: str) -> str:
    """Return the name of what a document must not be divided from: its file, folder or giver; empty when nothing was asked for."""
    path = file_of(document.source)
    units = {"document": "", "file": path, "folder": path.rpartition("/")[0] or path, "contributor": document.contributor}
    return units[divide_by]


def joined_groups(groups: npt.NDArray[np.int64], units: Sequence[str]) -> npt.NDArray[np.int64]:
    """Join groups that share a unit, also over others.

    Args:
        groups: the group of each document [documents].
        units: the file, folder or giver of each document [documents]; empty: none.

    Returns:
        The group of each document [documents], numbered by the first group in it.
    """
    parent = {group: group for group in groups.tolist()}
    first: dict[str, int] = {}
    for group, unit in zip(groups.tolist(), units, strict=True):
        if unit:
            a, b = _root(parent, group), _root(parent, first.setdefault(unit, group))
            parent[max(a, b)] = min(a, b)
    return np.array([_root(parent, group) for group in groups.tolist()], dtype=np.int64)


def _root(parent: dict[int, int], group: int) -> int:
    while parent[group] != group:
        parent[group] = parent[parent[group]]
        group = parent[group]
    return group


def _take(order: list[int], allowed: set[int], group_bytes: dict[int, int], target: int) -> tuple[list[int], int]:
    """Take allowed groups in order until ``target`` bytes are reached; also return how many were passed over on the way."""
    chosen: list[int] = []
    taken = passed_over = 0
    for group in order:
        if chosen and taken >= target:
            break
        if group in allowed:
            chosen.append(group)
            taken += group_bytes[group]
        else:
            passed_over += 1
    return chosen, passed_over


def _median(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]
