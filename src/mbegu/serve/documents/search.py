"""Find the passages that a question is about: by words as written, words without marks, runs of characters, and meaning; fused.

Every word and run of characters weighs as much as it is rare in these documents (inverse document frequency), so no list of common words is
needed in any language. What a passage holds of a question is a share between 0 and 1, which also says how sure one can be.
"""

from __future__ import annotations

import copy
import math
import threading
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from mbegu.serve.documents.embed import Embedder
from mbegu.serve.documents.keys import keys_of
from mbegu.serve.documents.store import KINDS, Passage, Store

MOST_QUESTION_CHARACTERS = 2_000
# Rare keys are looked up first until so many places have been read: bounds the time of a question whatever the size of the index.
MOST_PLACES = 30_000


@dataclass(frozen=True)
class Weights:
    """How much each way of finding counts. A word as written counts again as word without marks and by its runs: exact comes first.

    ``exact``, ``bare``, ``grams`` weigh shares of 0 to 1; ``meaning`` weighs standard deviations of the embedding's cosine above its mean over
    all passages. Defaults: tuned on the tuning half of bench/answers.py.
    """

    exact: float = 1.0
    bare: float = 1.0
    grams: float = 4.0
    meaning: float = 0.4


@dataclass(frozen=True)
class Hit:
    """A passage found: its fused ``score``, the share of the question that it holds by each way, and its ``meaning`` (0 without embeddings)."""

    passage: Passage
    score: float
    shares: dict[str, float]
    meaning: float


class Search:
    """Searches one index.

    Args:
        store: the open index.
        embedder: the model of its embeddings; ``None``, or one that has not embedded every passage: words and runs of characters only.
        weights: how the ways are fused.
    """

    def __init__(self, store: Store, embedder: Embedder | None, weights: Weights | None = None) -> None:
        self.store = store
        self.weights = weights or Weights()
        self.passages = store.count()
        self._lock = threading.Lock()
        self._embedder, self._ids, self._matrix = _vectors(store, embedder, self.passages)

    def with_weights(self, weights: Weights) -> Search:
        """Return a search of the same index that fuses otherwise; it shares everything else."""
        other = copy.copy(self)
        other.weights = weights
        return other

    @property
    def has_meaning(self) -> bool:
        """Whether embeddings take part."""
        return self._embedder is not None

    def find(self, question: str, n: int, without: Collection[int] = ()) -> list[Hit]:
        """Return the best passages, best first.

        Args:
            question: any text; only its first 2,000 characters count.
            n: how many passages at most.
            without: ids of passages that are not to be found, as if they were not there.
        """
        by_words = any((self.weights.exact, self.weights.bare, self.weights.grams))
        return self._fused(self.shares(question) if by_words else {}, self.meaning(question), n, frozenset(without))

    def shares(self, question: str) -> dict[int, dict[str, float]]:
        """Return for each passage that holds anything of the question which share of it, by each way."""
        found: dict[int, dict[str, float]] = defaultdict(dict)
        for kind, keys in keys_of(question[:MOST_QUESTION_CHARACTERS]).items():
            for passage, share in self._held(kind, keys).items():
                found[passage][kind] = share
        return found

    def meaning(self, question: str) -> dict[int, float]:
        """Return for the passages nearest in meaning how far, in standard deviations, they are nearer than the mean of all passages."""
        if self._embedder is None:
            return {}
        import numpy as np

        with self._lock:  # the embedder's own working memory is shared
            asked = np.asarray(self._embedder.question(question[:MOST_QUESTION_CHARACTERS]), dtype=np.float32)
        cosines = self._matrix @ asked
        values = (cosines - cosines.mean()) / max(float(cosines.std()), 1e-6)
        return {int(each): float(value) for each, value in zip(self._ids, values, strict=True)}

    def _held(self, kind: str, keys: Sequence[str]) -> dict[int, float]:
        counts = self.store.occurrences(kind, keys)
        rarity = {key: math.log(1 + (self.passages + 0.5) / (counts.get(key, 0) + 0.5)) for key in keys}
        whole, places = 0.0, 0
        held: dict[int, float] = defaultdict(float)
        for key in sorted(keys, key=lambda each: counts.get(each, 0)):
            places += counts.get(key, 0)
            if places > MOST_PLACES:
                break
            whole += rarity[key]
            if key in counts:
                for passage in self.store.holding(kind, key):
                    held[passage] += rarity[key]
        return {passage: value / whole for passage, value in held.items()}

    def _fused(self, shares: dict[int, dict[str, float]], meaning: dict[int, float], n: int, without: frozenset[int]) -> list[Hit]:
        weights = self.weights
        scores = {
            passage: weights.exact * by.get("exact", 0) + weights.bare * by.get("bare", 0) + weights.grams * by.get("grams", 0)
            for passage, by in shares.items()
        }
        for passage, value in meaning.items():
            scores[passage] = scores.get(passage, 0.0) + weights.meaning * value
        best = sorted((each for each in scores if each not in without), key=lambda each: (-scores[each], each))[:n]
        none: dict[str, float] = {}
        return [
            Hit(passage, scores[passage.id], {kind: shares.get(passage.id, none).get(kind, 0.0) for kind in KINDS}, meaning.get(passage.id, 0.0))
            for passage in self.store.passages(best)
        ]


def _vectors(store: Store, embedder: Embedder | None, passages: int) -> tuple[Embedder | None, Any, Any]:
    """Return the embedder with ids [n] and float32 vectors [n, dimensions]; all ``None`` unless every passage is embedded."""
    rows = store.vectors(embedder.name) if embedder else []
    if not rows or len(rows) != passages:
        return None, None, None
    import numpy as np

    matrix = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f2").reshape(len(rows), -1).astype(np.float32)
    return embedder, np.array([passage for passage, _ in rows]), matrix
