"""Which letters a corpus uses, and which of them are so rare that they may be slips of the keyboard or come from another language."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mbegu.corpus.scripts import UNKNOWN, script_counts, script_of

# A letter that is less than one in this many letters is rare. At five letters a word and 300 words a page, that is one in 60 pages.
RARE_ONE_IN = 100_000
# Enough for the Ethiopic letters of one language.
MOST_SHOWN = 400
MOST_RARE = 40
_LETTERS = ("Lu", "Ll", "Lt", "Lo", "Lm")


@dataclass(frozen=True)
class Rare:
    """A rare letter, how often it occurs, a word with it where the sample has one, and its script where that is not the word's own."""

    letter: str
    count: int
    word: str
    odd_script: str


@dataclass(frozen=True)
class Letters:
    """Shares of scripts, the letters that are not rare, and the rare ones.

    ``common`` are those of the main script with their marks, in lower case, with their share among these; ``other_common`` those of
    other scripts, by script, the most frequent first. ``rare`` are those of the main script, and those of others that stand in words
    of the main script. ``rare_of_others`` are the rare letters of other scripts, by script.
    """

    scripts: dict[str, float]
    common: list[tuple[str, float]]
    other_common: dict[str, list[str]]
    rare: list[Rare]
    rare_total: int
    rare_of_others: dict[str, list[str]]


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
    main = next(iter(scripts), "")
    least = clusters.total() / RARE_ONE_IN
    common, other_common = _by_script([(cluster, count) for cluster, count in clusters.most_common() if count >= least], main)
    listed: list[Rare] = []
    others: dict[str, list[str]] = {}
    for letter, count in rare:
        word, script = examples.get(letter, ""), script_of(letter)
        if script in (main, UNKNOWN) or _is_mixed(word, letter, main):
            listed.append(Rare(letter, count, word, script if script not in (main, UNKNOWN) else ""))
        else:
            others.setdefault(script, []).append(letter)
    listed.sort(key=lambda each: (not each.odd_script, each.count, each.letter))
    return Letters(scripts, common, other_common, listed[:MOST_RARE], len(listed), others)


def _by_script(clusters: list[tuple[str, int]], main: str) -> tuple[list[tuple[str, float]], dict[str, list[str]]]:
    """Divide letters into those of the main script, with their shares, and those of others; letters of many scripts go with the main one."""
    of_main: list[tuple[str, int]] = []
    others: dict[str, list[str]] = {}
    for cluster, count in clusters:
        script = script_of(cluster[0])
        if script in (main, UNKNOWN):
            of_main.append((cluster, count))
        else:
            others.setdefault(script, []).append(cluster)
    total = max(1, sum(count for _, count in of_main))
    return [(cluster, count / total) for cluster, count in of_main[:MOST_SHOWN]], others


def _is_mixed(word: str, letter: str, main: str) -> bool:
    """Whether a word has letters of the main script beside this one."""
    return any(script_of(each) == main for each in word if each != letter and unicodedata.category(each) in _LETTERS)


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
