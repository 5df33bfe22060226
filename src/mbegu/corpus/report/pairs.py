"""Pairs of duplicates with both texts side by side: what was kept is looked up among the documents, what was left out among the drops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mbegu.corpus.report.masked import masked_excerpt

WHOLE = ("exact", "near")
SHOWN_PAIRS = 12
PAIR_CHARACTERS = 300


@dataclass(frozen=True)
class Pair:
    """Two places with similar text, their similarity (0 to 1), and how each begins; empty where it was not found again."""

    kind: str
    first: str
    second: str
    similarity: float
    first_text: str = ""
    second_text: str = ""


class Lookup:
    """Remembers how the texts at some places begin, while all texts stream past.

    Args:
        wanted: the places, as the pairs name them: source, source with line, or identifier.
    """

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = frozenset(wanted)
        self.found: dict[str, str] = {}

    def see(self, text: str, *places: str) -> None:
        """Keep the text if one of its places is wanted; the first text of a place counts."""
        for place in places:
            if place in self._wanted:
                self.found.setdefault(place, masked_excerpt(text, PAIR_CHARACTERS))


def read_pairs(values: Iterable[Any]) -> list[Pair]:
    """Return the pairs of clean.json that are worth a look: those least alike first, since they show where the limit is; at most 12."""
    pairs = [
        Pair(str(each.get("kind", "")), str(each.get("first", "")), str(each.get("second", "")), _share(each.get("similarity")), *_excerpts(each))
        for each in values
        if isinstance(each, Mapping)
    ]
    return sorted(pairs, key=lambda pair: (pair.kind == "exact", pair.similarity, pair.first, pair.second))[:SHOWN_PAIRS]


def with_texts(pairs: Iterable[Pair], kept: Mapping[str, str], dropped: Mapping[str, str]) -> list[Pair]:
    """Return the pairs of whole documents with both texts, where they were found; of passages and lines the pair itself tells the text."""
    full = []
    for pair in pairs:
        if pair.kind not in WHOLE:
            full.append(pair)
            continue
        first = kept.get(pair.first, "") or dropped.get(pair.first, "") or pair.first_text
        second = dropped.get(pair.second, "") or kept.get(pair.second, "") or pair.second_text
        full.append(Pair(pair.kind, pair.first, pair.second, pair.similarity, first, second))
    return full


def _excerpts(value: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text that the pair itself carries: the passage that both share, or that of the second."""
    text = masked_excerpt(str(value.get("excerpt", "")), PAIR_CHARACTERS)
    return (text if value.get("kind") in ("exact", "passage", "line") else "", text)


def _share(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1 else 1.0
