"""How consistently marks are written: accents, tone marks, dots below, vowel signs that may be left out.

A word is bare when it is written without marks though the same letters are, in the whole sample, written with marks more often. The
share of bare words is a lower bound of what is left out: a word that nobody marks is not seen.
"""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

# Combining classes (Unicode) of marks that a word cannot do without: nukta, kana voicing, virama.
_NEEDED = (0, 7, 8, 9)


@dataclass(frozen=True)
class Marks:
    """Running words of one group, the share of them with a mark, the share left bare among those that are mostly marked, and examples.

    ``examples`` are pairs of a bare word and its usual form, the most frequent first. ``bare_share`` is ``None`` without such words.
    """

    words: int
    marked_share: float
    bare_share: float | None
    examples: tuple[tuple[str, str], ...]


@functools.lru_cache(maxsize=1 << 18)
def bare(word: str) -> str:
    """Return a word without the marks that a writer may leave out."""
    if word.isascii():
        return word
    kept = "".join(each for each in unicodedata.normalize("NFD", word) if unicodedata.combining(each) in _NEEDED)
    return unicodedata.normalize("NFC", kept)


def measure_marks(vocabularies: Mapping[str, Counter[str]], shown: int = 5) -> dict[str, Marks]:
    """Measure each group against all of them.

    Args:
        vocabularies: how often each word occurs, by group.
        shown: most examples of a group.
    """
    everywhere: Counter[str] = Counter()
    for counts in vocabularies.values():
        everywhere.update(counts)
    usual: dict[str, str] = {}
    marked: Counter[str] = Counter()
    for word, count in sorted(everywhere.items(), key=lambda item: (-item[1], item[0])):
        form = bare(word)
        if form != word:
            usual.setdefault(form, word)
            marked[form] += count
    mostly_marked = {form for form, count in marked.items() if count > everywhere[form]}
    return {name: _of_group(counts, usual, mostly_marked, shown) for name, counts in vocabularies.items()}


def _of_group(counts: Counter[str], usual: Mapping[str, str], mostly_marked: set[str], shown: int) -> Marks:
    running = with_marks = expected = 0
    left_bare: list[tuple[int, str]] = []
    for word, count in counts.items():
        running += count
        form = bare(word)
        with_marks += count if form != word else 0
        if form in mostly_marked:
            expected += count
            if form == word:
                left_bare.append((count, word))
    left_bare.sort(key=lambda item: (-item[0], item[1]))
    examples = tuple((word, usual[word]) for _, word in left_bare[:shown])
    bare_share = sum(count for count, _ in left_bare) / expected if expected else None
    return Marks(running, with_marks / max(1, running), bare_share, examples)
