"""How consistently marks (tone, vowel points) are written: per source, and which words occur both with and without them."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mbegu.corpus.words import word_regex

# Marks with a combining class of 10 and more are points and accents, which can be left out. Vowel signs, viramas and nuktas of Indic scripts
# and of Khmer have lower ones: nobody leaves them out. Source: Unicode Character Database, Canonical_Combining_Class.
_FIRST_CLASS = 10
MOST_WORDS = 50


@dataclass(frozen=True)
class MixedWord:
    """A word that occurs with and without marks: without, with, and its most frequent marked form."""

    bare: str
    bare_count: int
    marked: str
    marked_count: int


@dataclass(frozen=True)
class SourceMarks:
    """How marks are written in a source.

    ``letters`` and ``marked_letters``, ``words`` and ``marked_words`` are counts. ``mixed`` lists up to 50 words that occur both ways, most frequent
    first; ``mixed_words`` is the number of running words that are one of those, ``unmarked_in_mixed`` of those without marks.
    """

    source: str
    letters: int
    marked_letters: int
    words: int
    marked_words: int
    mixed_words: int
    unmarked_in_mixed: int
    mixed: tuple[MixedWord, ...]

    @property
    def marked_share(self) -> float:
        """Share of letters with a mark; 0 without letters."""
        return self.marked_letters / self.letters if self.letters else 0.0

    @property
    def marked_word_share(self) -> float:
        """Share of words with a mark; 0 without words."""
        return self.marked_words / self.words if self.words else 0.0

    @property
    def mixed_share(self) -> float:
        """Share of words that are spelled in two ways; 0 without words."""
        return self.mixed_words / self.words if self.words else 0.0


def mark_consistency(texts: Iterable[tuple[str, str]]) -> list[SourceMarks]:
    """Count marks per source.

    Args:
        texts: (source, text) pairs in any order; the text is NFC. Each is read once; what is held are the different words of each source.

    Returns:
        One entry a source, in the order of their first texts.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for source, text in texts:
        counts[source].update(text.lower().split())
    return [_measure(source, _words(pieces)) for source, pieces in counts.items()]


def _words(pieces: Counter[str]) -> Counter[str]:
    """Return the words in pieces between spaces: punctuation is taken off once for each different piece, not for each piece."""
    words: Counter[str] = Counter()
    for piece, count in pieces.items():
        if piece.isalnum():
            words[piece] += count
        else:
            for word in word_regex().findall(piece):
                words[word] += count
    return words


def _measure(source: str, words: Counter[str]) -> SourceMarks:
    letters = marked_letters = total = marked_words = 0
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for word, count in words.items():
        own, marked, bare = _letters(word)
        if not own:
            continue
        total += count
        letters += own * count
        marked_letters += marked * count
        marked_words += count if marked else 0
        forms[bare][word] += count
    mixed = [found for bare, spelled in forms.items() if len(spelled) > 1 and (found := _mixed(bare, spelled))]
    mixed.sort(key=lambda each: (-min(each.bare_count, each.marked_count), each.bare))
    running = sum(each.bare_count + each.marked_count for each in mixed)
    return SourceMarks(
        source, letters, marked_letters, total, marked_words, running, sum(each.bare_count for each in mixed), tuple(mixed[:MOST_WORDS])
    )


def _mixed(bare: str, spelled: Counter[str]) -> MixedWord | None:
    """Return a word that occurs with and without marks; ``None`` where it has only several marked forms."""
    bare_count = spelled.get(bare, 0)
    marked = Counter({word: count for word, count in spelled.items() if word != bare})
    if not bare_count or not marked:
        return None
    return MixedWord(bare, bare_count, marked.most_common(1)[0][0], marked.total() if hasattr(marked, "total") else sum(marked.values()))


def _letters(word: str) -> tuple[int, int, str]:
    """Return the letters of a word, how many carry a mark, and the word without such marks."""
    if word.isascii():
        return sum(map(str.isalpha, word)), 0, word
    letters = marked = 0
    kept: list[str] = []
    has_mark = False
    for each in unicodedata.normalize("NFD", word):
        if unicodedata.combining(each) >= _FIRST_CLASS:
            marked += not has_mark and letters > 0
            has_mark = True
            continue
        has_mark = has_mark and unicodedata.combining(each) > 0
        letters += each.isalpha()
        kept.append(each)
    return letters, marked, unicodedata.normalize("NFC", "".join(kept))
