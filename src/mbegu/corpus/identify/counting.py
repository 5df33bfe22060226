"""Counts of character n-grams: all that is kept of the text that taught a language.

An n-gram here is a letter with up to four that stand before it in its word. Counts of all shorter n-grams follow from these.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.identify.spelling import SCRIPT_CODES, Codes, Integers, Words, spell
from mbegu.corpus.keys import Hashes, mix

ORDER = 5  # longest n-gram. Measured on 22 languages: 4 is worse for close ones (.93 against .96), 6 no better, with a larger model
PLAIN_PARTS = 4  # counts are in quarters: a word typed without its marks counts a quarter beside the word as it is written
LEAST_SCRIPT_SHARE = 0.05  # of a language's words, for its script to be one that the language is written in
# Letters that many keyboards lack, and what people type for them. Marks that sit on a letter are simply left out.
_PLAIN_LETTERS = str.maketrans("ɛɔɗɓƙƴŋıəɖƒɣʋ", "eodbkyniedfgv")
_PART_OF_LETTER = (0, 7, 9)  # Unicode's combining classes of what is no mark that one leaves out: dots of Indic letters and the virama
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd; 2**64 divided by the golden ratio


@dataclass(frozen=True)
class Counts:
    """N-grams with their counts.

    ``grams`` [n, ORDER]: code points, the letter that the n-gram ends with last; 0 before the beginning of a shorter one. Sorted.
    ``counts`` [n]: in quarters. ``scripts``: codes of the scripts that its words are written in.
    """

    grams: Codes
    counts: Codes
    scripts: tuple[str, ...]


def count_grams(lines: Sequence[str]) -> Counts:
    """Count the n-grams of a language's lines, and with a quarter of the weight those of the same lines typed without marks."""
    words = spell(lines)
    plain = spell([typed_plainly(line) for line in lines])
    grams, counts = _distinct(
        np.concatenate([word_grams(words), word_grams(plain)]),
        np.concatenate([_weights(words, PLAIN_PARTS - 1), _weights(plain, 1)]),
    )
    return Counts(grams, counts, _scripts_of(words))


def add_counts(first: Counts, second: Counts) -> Counts:
    """Return the counts of two texts together."""
    grams, counts = _distinct(np.concatenate([first.grams, second.grams]), np.concatenate([first.counts, second.counts]))
    return Counts(grams, counts, tuple(sorted({*first.scripts, *second.scripts})))


def typed_plainly(line: str) -> str:
    """Return a line as it is typed on a keyboard that lacks the language's marks and hooked letters."""
    bare = "".join(each for each in unicodedata.normalize("NFD", line) if unicodedata.combining(each) in _PART_OF_LETTER)
    return unicodedata.normalize("NFC", bare).translate(_PLAIN_LETTERS)


def word_grams(words: Words) -> Codes:
    """Return the longest n-gram [n, ORDER] that ends at each letter and each end of a word."""
    place = places(words)
    columns = [np.where(place >= back, np.roll(words.codes, back), np.uint32(0)) for back in reversed(range(ORDER))]
    return np.stack(columns, axis=1)[place > 0]


def places(words: Words) -> Integers:
    """Return the place of each code point in its word: 0 for the mark before it."""
    lengths = words.letters + 2
    return np.arange(len(words.codes)) - np.repeat(words.starts, lengths)


def longer_hashes(shorter: Hashes, codes: Codes, order: int) -> Hashes:
    """Return the hashes of n-grams from those of the n-grams one shorter and the code points that stand before these."""
    hashes: Hashes = mix(shorter * _MULTIPLIER + codes.astype(np.uint64) + np.uint64(order))
    return hashes


def _weights(words: Words, quarters: int) -> Codes:
    return np.full(int((words.letters + 1).sum()), quarters, dtype=np.uint32)


def _distinct(grams: Codes, counts: Codes) -> tuple[Codes, Codes]:
    if not len(grams):
        return grams, counts
    order = np.lexsort(grams.T[::-1])
    ordered = grams[order]
    new = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    return ordered[new], np.add.reduceat(counts[order], np.flatnonzero(new)).astype(np.uint32)


def _scripts_of(words: Words) -> tuple[str, ...]:
    shares: npt.NDArray[np.float64] = np.bincount(words.script, minlength=len(SCRIPT_CODES)) / max(1, len(words.script))
    return tuple(sorted(SCRIPT_CODES[number] for number in np.flatnonzero(shares >= LEAST_SCRIPT_SHARE)))
