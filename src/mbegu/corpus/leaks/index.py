"""Many test items, made ready to be looked for in a stream of text all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mbegu.corpus.keys import Hashes, mix
from mbegu.corpus.leaks.items import Item
from mbegu.corpus.leaks.words import LINE_END, Lookup, WordHashes, bare_words, size_in_words, window_hashes

# Figures of ours, chosen on the planted sentences and the real cases that bench/leaks.py measures.
RUN_WORDS = 5  # a run of so many words is what copies are found by
LEAST_WORDS = 5  # an item of fewer words is no leak inside a longer line
COMMON_RUN_ITEMS = 50  # a run that stands in more items than this tells nothing
PART_LEAST_WORDS = 10  # a part of an item is looked for only in items of so many words
PART_SHARE = 0.5  # of its runs must stand in a row
REORDERED_LEAST_WORDS = 6
REORDERED_LEAST_DISTINCT = 5
ANCHORS = 3  # rarest words of an item that re-ordered copies are found by
ANCHOR_MOST_SHARE = 0.001  # a word that is more frequent than this in the text is no anchor
ANCHOR_LEAST_LIMIT = 50  # in a small sample every word is frequent

Places = npt.NDArray[np.int64]


class ItemIndex:
    """Test items as hashes of words, runs and bags of words.

    ``words`` are the hashes of each item's words; ``lengths`` [items] their number. ``sizes`` [items] are what counts as the number of words,
    also in scripts without blanks between them.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        row, starts = WordHashes().of_lines([item.text.replace(LINE_END, " ").replace("\n", " ") for item in items])
        self.words = np.split(row, starts[1:-1]) if len(items) else []
        self.lengths = np.array([len(words) for words in self.words], dtype=np.int64)
        said = [bare_words(item.text) for item in items]
        self.sizes = np.array([size_in_words(words) for words in said], dtype=np.int64)
        self._distinct_sizes = [size_in_words(set(words)) for words in said]
        self.distinct = [dict.fromkeys(words.tolist()) for words in self.words]  # in the order of the text
        self.bags = Lookup(np.array([bag_hash(words) for words in self.words], dtype=np.uint64))
        self._index_runs()
        self.anchors: Lookup | None = None
        self._anchor_items: Places = np.zeros(0, dtype=np.int64)

    def _index_runs(self) -> None:
        """Put runs of words with their items and their places in them into one table; ``runs_of`` [items] counts those of each.

        Runs that many items have in common are left out, but for the rarest of each item.
        """
        runs = [window_hashes(words if size >= LEAST_WORDS else words[:0], RUN_WORDS) for words, size in zip(self.words, self.sizes, strict=True)]
        sizes = np.array([len(each) for each in runs], dtype=np.int64)
        every = np.concatenate([np.zeros(0, dtype=np.uint64), *runs])
        owners = np.repeat(np.arange(len(runs)), sizes)
        offsets = np.arange(len(every)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        _, inverse, counts = np.unique(every, return_inverse=True, return_counts=True)
        kept = counts[inverse] <= COMMON_RUN_ITEMS
        kept[_first_of_each(np.lexsort((counts[inverse], owners)), sizes)] = True
        self.runs = Lookup(every[kept])
        self.run_items, self.run_offsets = owners[kept], offsets[kept]
        self.runs_of = np.bincount(self.run_items, minlength=len(runs))

    def choose_anchors(self, sample: Hashes) -> None:
        """Choose for each item the words that are rarest in the text, judged by a sample of its words, and in the test."""
        values, counts = np.unique(sample, return_counts=True)
        in_text = dict(zip(values.tolist(), counts.tolist(), strict=True))
        in_test: Counter[int] = Counter(word for distinct in self.distinct for word in distinct)
        most = max(ANCHOR_LEAST_LIMIT, ANCHOR_MOST_SHARE * len(sample))
        chosen: list[int] = []
        owners: list[int] = []
        for number, distinct in enumerate(self.distinct):
            if self.sizes[number] < REORDERED_LEAST_WORDS or self._distinct_sizes[number] < REORDERED_LEAST_DISTINCT:
                continue
            rare = [word for word in distinct if in_text.get(word, 0) <= most]
            rare = sorted(rare, key=lambda word: in_text.get(word, 0) + in_test[word])[:ANCHORS]
            chosen += rare
            owners += [number] * len(rare)
        self.anchors = Lookup(np.array(chosen, dtype=np.uint64))
        self._anchor_items = np.array(owners, dtype=np.int64)

    def anchor_hits(self, words: Hashes) -> tuple[Places, Places]:
        """Return the places of anchors in the text, and the item of each, sorted by item and place."""
        if self.anchors is None:
            raise ValueError("anchors are chosen first")
        places, entries = self.anchors.pairs(words)
        items = self._anchor_items[entries]
        order = np.lexsort((places, items))
        return places[order], items[order]


def _first_of_each(order: Places, sizes: Places) -> Places:
    """Return the first of each group in a row of groups, of ``sizes`` [groups]; an empty group has none."""
    first: Places = order[(np.cumsum(sizes) - sizes)[sizes > 0]]
    return first


def bag_hash(words: Hashes) -> np.uint64:
    """Return a hash of words that does not depend on their order; 0 of none."""
    return np.uint64(mix(words).sum(dtype=np.uint64))
