"""How likely a word is in each taught language: an interpolated n-gram model over the letters of a word.

P(letter | letters before) mixes the n-grams of all lengths by the rule of Witten and Bell (1991), with a factor a for shorter ones: after
letters that were seen c times, with t different letters following, the shorter n-grams weigh a·t / (c + a·t). All this is worked out when a
model is loaded, as rows of costs [n-grams, languages]; the cost of a word is then a sum of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.identify.counting import ORDER, PLAIN_PARTS, Counts, longer_hashes, places
from mbegu.corpus.identify.hash_table import HashTable
from mbegu.corpus.identify.packed import Packed, Rows, pack, unpack
from mbegu.corpus.identify.spelling import SCRIPT_CODES, START, Codes, Integers, Words
from mbegu.corpus.keys import Hashes, mix

SHORTER_WEIGHT = 1.0  # a above. Measured: 0.4, 0.7, 1.0 and 1.2 are alike within .005 of F1
UNSEEN_LETTER = 1 / 5000  # probability of a letter that a language was never seen with
STRANGE_WORD = 0.03  # share of words (names, loans, other languages) that are no words of the language: what one of them can cost is bounded
STRANGE_LETTER = 1 / 30  # probability of each letter of such a word: as if all letters of an alphabet were alike
OTHER_SCRIPT_COST = (
    2.5  # nats a letter, for words in a script that a language is not written in: more than its own words cost, less than strange ones
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WordCosts:
    """Costs [words, languages] in nats (negative natural logarithms of probabilities), and letters [words], the end of a word counted as one."""

    costs: Rows
    letters: Rows


@dataclass(frozen=True)
class _Order:
    """The n-grams of one length in all languages: hash of each, and rows of the n-gram without its last and without its first letter."""

    hashes: Hashes
    counts: Floats
    before: Integers
    suffix: Integers


class Likelihood:
    """The n-gram models of several languages together.

    Args:
        counts: of each language.
    """

    def __init__(self, counts: Sequence[Counts]) -> None:
        self.n_languages = len(counts)
        self.writes = np.array([[code in each.scripts for code in SCRIPT_CODES] for each in counts], dtype=bool).reshape(-1, len(SCRIPT_CODES))
        self._tables: list[HashTable] = []
        self._first_rows: list[int] = [0]  # of n-grams of each length; row 0 stands for none: the letter was never seen, or nothing before matters
        if counts:
            self._build(counts)

    def words(self, words: Words) -> WordCosts:
        """Return what each word costs in each language."""
        letters = (words.letters + 1).astype(np.float32)
        if not len(words.starts) or not self.n_languages:
            return WordCosts(np.zeros((len(letters), self.n_languages), dtype=np.float32), letters)
        place = places(words)
        rows, longest = self._find(words.codes, place)
        at = np.flatnonzero(place > 0)
        last, before = longest[at], np.minimum(longest[at - 1], ORDER - 1)
        costs = self._costs.take(rows[last, at], axis=0)
        cut = np.flatnonzero(last <= before)  # these letters are known, but not with this one after them: shorter n-grams decide
        costs[cut] += self._shorter.take(rows[before[cut], at[cut] - 1], axis=0)
        some = cut[last[cut] > 0]
        costs[some] -= self._shorter.take(rows[last[some] - 1, at[some] - 1], axis=0)
        nats = unpack(np.add.reduceat(costs, np.cumsum(words.letters + 1) - words.letters - 1, axis=0), self.n_languages)
        return WordCosts(self._bounded(nats, letters, words.script), letters)

    def _bounded(self, nats: Rows, letters: Rows, script: Integers) -> Rows:
        """Return the costs with those of strange words bounded, and those of words in another script neutral."""
        costs: Rows = np.minimum(nats, (letters * np.float32(-np.log(STRANGE_LETTER)) - np.float32(np.log(STRANGE_WORD)))[:, None])
        can = self.writes[:, script].T
        return costs if can.all() else np.where(can, costs, letters[:, None] * np.float32(OTHER_SCRIPT_COST))

    def _find(self, codes: Codes, place: Integers) -> tuple[Integers, Integers]:
        """Return the rows [ORDER + 1, n] of the n-grams of each length that end at each code point, and the longest length [n] that is known."""
        rows = np.zeros((ORDER + 1, len(codes)), dtype=np.int64)
        longest = np.zeros(len(codes), dtype=np.int64)
        hashes = first_hashes(codes)
        for order, table in enumerate(self._tables, start=1):
            if order > 1:
                hashes = longer_hashes(hashes, np.roll(codes, order - 1), order)
            at = np.flatnonzero((longest == order - 1) & (place >= order - 1))
            numbers = table.find(hashes[at])
            known = at[numbers >= 0]
            rows[order, known] = numbers[numbers >= 0] + self._first_rows[order]
            longest[known] = order
        return rows, longest

    def _build(self, counts: Sequence[Counts]) -> None:
        """Work out for each row what its last letter costs after the others, and what it costs to go from its letters to ever shorter ones."""
        above = np.full((1, self.n_languages), UNSEEN_LETTER, dtype=np.float32)  # probabilities of the n-grams one shorter
        costs, shorter = [_costs(above)], []
        passed = np.zeros((1, self.n_languages), dtype=np.float32)
        suffix = np.zeros(1, dtype=np.int64)
        for order in range(1, ORDER + 1):
            grams = self._grams_of(counts, order)
            total, kinds = _sums(grams, len(above), self.n_languages)
            weight = SHORTER_WEIGHT * kinds
            whole = np.where(total > 0, total + weight, 1)
            back = np.where(total > 0, weight / whole, 1).astype(np.float32)
            passed = passed[suffix] - np.log(back)
            shorter.append(pack(passed))
            self._tables.append(HashTable(grams.hashes))
            self._first_rows.append(1 if order == 1 else self._first_rows[-1] + len(above))
            above = (grams.counts / whole[grams.before] + back[grams.before] * above[grams.suffix]).astype(np.float32)
            costs.append(_costs(above))
            suffix = grams.suffix
        self._costs, self._shorter = np.concatenate(costs), np.concatenate(shorter)

    def _grams_of(self, counts: Sequence[Counts], order: int) -> _Order:
        """Gather the n-grams of one length; ``before`` and ``suffix`` are numbers among those that are one shorter."""
        parts = [_sub_grams(each, order) for each in counts]
        if order == 1:
            parts.append((np.full((1, ORDER), START, dtype=np.uint32), np.zeros(1)))  # never comes after anything, but other letters after it
        grams = np.concatenate([part for part, _ in parts])
        language = np.repeat(np.arange(len(parts)) % self.n_languages, [len(part) for part, _ in parts])
        hashes, first, number = np.unique(_hashes(grams, order, 0), return_index=True, return_inverse=True)
        cells = np.bincount(
            number * self.n_languages + language, weights=np.concatenate([each for _, each in parts]), minlength=len(hashes) * self.n_languages
        )
        before = suffix = np.zeros(len(hashes), dtype=np.int64)
        if order > 1:
            before = self._tables[-1].find(_hashes(grams[first], order - 1, 1)).astype(np.int64)
            suffix = self._tables[-1].find(_hashes(grams[first], order - 1, 0)).astype(np.int64)
        return _Order(hashes, cells.reshape(-1, self.n_languages).astype(np.float64), before, suffix)


def _costs(probabilities: Rows) -> Packed:
    return pack(-np.log(np.maximum(probabilities, np.float32(1e-12))))


def first_hashes(codes: Codes) -> Hashes:
    """Return the hashes of n-grams of one letter."""
    hashes: Hashes = mix(codes.astype(np.uint64) + np.uint64(ORDER))
    return hashes


def _hashes(grams: Codes, order: int, skipped: int) -> Hashes:
    """Return the hashes of the ``order`` letters of each n-gram [n, ORDER] that end ``skipped`` letters before its end."""
    hashes = first_hashes(grams[:, ORDER - 1 - skipped])
    for length in range(2, order + 1):
        hashes = longer_hashes(hashes, grams[:, ORDER - length - skipped], length)
    return hashes


def _sub_grams(counts: Counts, order: int) -> tuple[Codes, Floats]:
    """Return the n-grams that have at least ``order`` letters, and how often each was seen."""
    long_enough = counts.grams[:, ORDER - order] > 0
    return counts.grams[long_enough], counts.counts[long_enough] / PLAIN_PARTS


def _sums(grams: _Order, n_before: int, n_languages: int) -> tuple[Floats, Floats]:
    """Return for each of the n-grams one shorter [n_before, languages] how often letters came after it, and how many different ones."""
    total, kinds = np.zeros((n_before, n_languages)), np.zeros((n_before, n_languages))
    for language in range(n_languages):
        seen = grams.counts[:, language]
        total[:, language] = np.bincount(grams.before, weights=seen, minlength=n_before)
        kinds[:, language] = np.bincount(grams.before, weights=seen > 0, minlength=n_before)
    return total, kinds
