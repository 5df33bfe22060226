"""Which letters a corpus uses, and which of them are so rare that they may be slips of the keyboard or come from another language."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mbegu.corpus.scripts import script_counts, script_of

# A letter that is less than one in this many letters is rare. At five letters a word and 300 words a page, that is one in 60 pages.
RARE_ONE_IN = 100_000
# The alphabet that is shown is made of what occurs at least this often.
SHOWN_ONE_IN = 2_000
MOST_SHOWN = 120
MOST_RARE = 60
_LETTERS = ("Lu", "Ll", "Lt", "Lo", "Lm")


@dataclass(frozen=True)
class Rare:
    """A rare letter, how often it occurs, a word with it where the sample has one, and whether it is of another script than most letters."""

    letter: str
    count: int
    word: str
    is_foreign: bool


@dataclass(frozen=True)
class Letters:
    """Shares of scripts, the letters (with their marks) that are common, lower case, with their share, and the rare ones."""

    scripts: dict[str, float]
    common: list[tuple[str, float]]
    rare: list[Rare]
    rare_total: int


def letters_of(characters: Mapping[str, int], words: Iterable[tuple[str, int]]) -> Letters:
    """Look at the letters.

    Args:
        characters: how often each character occurs in the whole corpus.
        words: lower-case words of the sample with their counts.
    """
    counts = script_counts(characters)
    scripts = {code: count / counts.total() for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}
    folded: Counter[str] = Counter()
    for character, count in characters.items():
        if unicodedata.category(character) in _LETTERS:
            folded[_lower(character)] += count
    total = max(1, folded.total())
    rare = sorted((each for each in folded.items() if each[1] * RARE_ONE_IN < total), key=lambda item: (item[1], item[0]))
    clusters, examples = _clusters(words, {letter for letter, _ in rare})
    of_clusters = max(1, clusters.total())
    common = [(cluster, count / of_clusters) for cluster, count in clusters.most_common(MOST_SHOWN) if count * SHOWN_ONE_IN >= of_clusters]
    main = next(iter(scripts), "")
    listed = [Rare(letter, count, examples.get(letter, ""), script_of(letter) != main) for letter, count in rare[:MOST_RARE]]
    return Letters(scripts, common, listed, len(rare))


def _lower(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 else letter


@functools.cache
def _cluster_pattern() -> re.Pattern[str]:
    """Return the pattern of a letter with the marks on it."""
    marks = [chr(code) for code in range(0x300, 0x20000) if unicodedata.category(chr(code))[0] == "M"]
    marks = [each for each in marks if ord(each) <= sys.maxunicode]
    ranges: list[list[int]] = []
    for mark in marks:
        if ranges and ord(mark) == ranges[-1][1] + 1:
            ranges[-1][1] += 1
        else:
            ranges.append([ord(mark), ord(mark)])
    listed = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(f"[^\\W\\d_][{listed}]*")


def _clusters(words: Iterable[tuple[str, int]], rare: set[str]) -> tuple[Counter[str], dict[str, str]]:
    clusters: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for word, count in words:
        for cluster in _cluster_pattern().findall(word):
            clusters[cluster] += count
            if cluster[0] in rare:
                examples.setdefault(cluster[0], word)
    return clusters, examples
