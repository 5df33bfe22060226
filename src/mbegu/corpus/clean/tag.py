"""Languages of lines and documents: each line is named, a document gets its shares, a mixed one its spans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

UNKNOWN = "und"
MIXED_SHARE = 0.1  # of a document's letters in a second language, from which on its spans are written down


def shares_of(languages: Sequence[str], letters: Sequence[int]) -> dict[str, float]:
    """Return the share of the letters in each language, largest first.

    Args:
        languages: of the lines.
        letters: of the lines.
    """
    counts: Counter[str] = Counter()
    for language, count in zip(languages, letters, strict=True):
        counts[language] += count
    total = max(1, counts.total())
    return {language: round(count / total, 4) for language, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count}


def meta_of(text: str, shares: dict[str, float], identifier: Any) -> dict[str, str]:
    """Return what a document's meta says of its languages."""
    meta = {"languages": _compact(shares)}
    if sum(share >= MIXED_SHARE for share in shares.values()) > 1:
        spans = identifier.spans(text)
        meta["spans"] = _compact([[span.start, span.end, span.language, round(span.probability, 3)] for span in spans])
    return meta


def wrong_lines(guesses: Sequence[Any], wanted: Sequence[str], least_probability: float) -> list[bool]:
    """Return which lines are surely in a language that is not wanted; what is unknown is not surely anything."""
    return [guess.language not in (*wanted, UNKNOWN) and guess.probability >= least_probability for guess in guesses]


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
