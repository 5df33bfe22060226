"""Text as numbers: one 64-bit hash a word, of its bare letters, so that spelling with other capitals, punctuation or marks gives the same.

Bare letters: lower case, without the marks that a writer may leave out, hooked and open letters as a plain keyboard types them (``ɗ`` as
``d``). A word ends at everything that is no letter, digit or mark, so ``da-da`` is two words, as in text that was tokenised. In scripts
without blanks between words every letter with its marks is looked for as a word of its own, and counts as a third of one.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from mbegu.corpus.keys import Hashes
from mbegu.corpus.scripts import UNSPACED_CLASS

_PIECES = re.compile(r"[^\W_]+")
_FIRST_UNSPACED = re.compile(f"[{UNSPACED_CLASS}]")
LETTERS_A_WORD = 3  # in these scripts: the Burmese of NTREX-128 has 3.1 for each word of its English
# Combining classes (Unicode) of marks without which a word is another word: vowel signs, nukta, kana voicing, virama, and the vowel signs
# of Telugu, Thai, Lao and Tibetan that have a class of their own.
_NEEDED = (0, 7, 8, 9, 84, 91, 103, 118, 129, 130, 132)
_SELECTORS = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f]")  # of class 0, but nothing that one sees
# Letters that Unicode does not decompose, as they are typed where the keyboard has no others.
_PLAIN = str.maketrans("ɓɗɖƙƴɛɔŋɲɣƒʋɩʊǝəıđħłø", "bddkyeonngfviueeidhlo")
MOST_REMEMBERED = 500_000
LINE_END = "\x00"  # between lines; no text that was normalised holds it
LINE_MARK = 0
_MASK = (1 << 64) - 1


@functools.cache
def _marks() -> tuple[frozenset[str], str]:
    """Return the combining marks of all scripts that a writer may leave out, and the inside of a character class of the others."""
    marks = [chr(code) for code in range(0x300, 0x20000) if unicodedata.category(chr(code))[0] == "M"]
    needed = [mark for mark in marks if unicodedata.combining(mark) in _NEEDED and not _SELECTORS.match(mark)]
    return frozenset(marks).difference(needed), "".join(needed)


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of what takes more than letters to be a word, and of a word: in scripts without blanks one letter with its marks."""
    _, needed = _marks()
    word = re.compile(rf"(?=[{UNSPACED_CLASS}])[^\W_][{needed}]*|(?:(?![{UNSPACED_CLASS}])[^\W_][{needed}]*)+")
    return re.compile(f"[{UNSPACED_CLASS}{needed}]"), word


def bare_words(text: str) -> list[str]:
    """Return the words of a text as bare letters."""
    if text.isascii():
        return _PIECES.findall(text.lower())
    left_out, _ = _marks()
    plain = "".join([each for each in unicodedata.normalize("NFD", text).lower() if each not in left_out]).translate(_PLAIN)
    special, word = _patterns()
    return (word if special.search(plain) else _PIECES).findall(plain)


def size_in_words(words: Iterable[str]) -> int:
    """Return how many words bare words are, where ``LETTERS_A_WORD`` letters of a script without blanks between words are one."""
    return sum(1 if _FIRST_UNSPACED.match(word) else LETTERS_A_WORD for word in words) // LETTERS_A_WORD


class WordHashes(dict[str, tuple[int, ...]]):
    """Remembers, for each piece of text between blanks, the hashes of its words: text is hashed as fast as it is divided at blanks.

    The hashes are Python's own of this process: never to be written to a file.
    """

    def __init__(self) -> None:
        super().__init__({LINE_END: (LINE_MARK,)})

    def __missing__(self, token: str) -> tuple[int, ...]:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
            self[LINE_END] = (LINE_MARK,)
        hashes = tuple([hash(word) & _MASK for word in bare_words(token)])
        self[token] = hashes
        return hashes

    def of_lines(self, lines: Sequence[str]) -> tuple[Hashes, npt.NDArray[np.int64]]:
        """Return the hashes [words] of the words of all lines, in order, and the places [lines + 1] where lines begin."""
        import pyarrow as pa
        import pyarrow.compute as pc

        text = f" {LINE_END} ".join([*lines, ""]).encode("utf-8", "replace")
        pieces = pc.utf8_split_whitespace(pa.array([text], type=pa.large_string())).flatten().dictionary_encode()
        row = self._of_pieces(pieces.dictionary.to_pylist(), pieces.indices.to_numpy())
        marks = np.flatnonzero(row == np.uint64(LINE_MARK))
        starts = np.concatenate([[0], marks - np.arange(len(marks))]).astype(np.int64)
        return np.delete(row, marks), starts

    def _of_pieces(self, pieces: Sequence[str], order: npt.NDArray[np.int32]) -> Hashes:
        """Return the hashes of the words of pieces: ``pieces`` are the different ones, ``order`` [all pieces] says which stands where."""
        words = [self[piece] for piece in pieces]
        sizes = np.array([len(each) for each in words], dtype=np.int64)
        flat = np.array([each for word in words for each in word], dtype=np.uint64)
        counts = sizes[order]
        begins = (np.cumsum(sizes) - sizes)[order]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        row: Hashes = flat[np.repeat(begins, counts) + within]
        return row


def window_hashes(words: Hashes, width: int) -> Hashes:
    """Return one hash for each run of ``width`` words, in order: [words] to [words - width + 1]; empty where there are fewer."""
    count = len(words) - width + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint64)
    total = np.zeros(count, dtype=np.uint64)
    for offset in range(width):
        total = total * np.uint64(0x9E3779B97F4A7C15) + words[offset : offset + count]
    total ^= total >> np.uint64(29)
    return total


class Lookup:
    """Finds which of many hashes are in a table, most of them by one look at a table of bits.

    Args:
        hashes: the table; repeats are allowed.
    """

    def __init__(self, hashes: Hashes) -> None:
        self.order = np.argsort(hashes, kind="stable")
        self.sorted = hashes[self.order]
        self._bits = max(16, min(26, len(hashes).bit_length() + 5))
        self._shift = np.uint64(64 - self._bits)
        self._seen = np.zeros(1 << self._bits, dtype=bool)
        self._seen[self._slots(hashes)] = True

    def _slots(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        return ((hashes * np.uint64(0xD6E8FEB86659FD93)) >> self._shift).astype(np.int64)

    def pairs(self, hashes: Hashes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the places in ``hashes`` that are in the table, and beside each the place in the table; every pair of equal ones."""
        maybe = np.flatnonzero(self._seen[self._slots(hashes)]) if len(self.sorted) else np.zeros(0, dtype=np.int64)
        values = hashes[maybe]
        low = np.searchsorted(self.sorted, values, side="left")
        counts = np.searchsorted(self.sorted, values, side="right") - low
        places = np.repeat(maybe, counts)
        within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
        return places, self.order[np.repeat(low, counts) + within]
