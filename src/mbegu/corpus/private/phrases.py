"""Words and passages of a list, found as whole words: names to be hidden, and what a community does not want used."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mbegu.corpus.private.reading import INVISIBLE, without_spaces
from mbegu.corpus.scripts import is_unspaced
from mbegu.corpus.words import is_mark, word_regex

Key = Callable[[str], str]
_FEWEST_SPELLINGS = 3  # letters of a name that may begin inside a word
_MOST_SPACES, _MOST_SIGNS = 3, 8  # characters between two words of a phrase


@dataclass(frozen=True)
class _Row:
    """A phrase of several words: what is compared of each, and what the list has between them."""

    keys: tuple[str, ...]
    between: tuple[str, ...]
    phrase: str


@dataclass(frozen=True)
class PhraseAt:
    """A phrase of the list as it was given, and where it stands in the text."""

    start: int
    end: int
    phrase: str


def same(word: str) -> str:
    """Return the word: compared as it is written."""
    return word


class Phrases:
    """A list of words and passages, ready to be found.

    Args:
        phrases: each one or more words, in NFC.
        key: what two words must have in common to count as the same: ``same``, ``str.casefold``, ``without_marks``.
        inside: whether a phrase with a capital may begin inside a word after a small letter, as in isiZulu *kuThandi*.
        prefixes: what may be written on before a phrase, such as the Amharic prepositions.
        any_signs: whether the words of a phrase may have any signs between them, as lines of a song do.
    """

    def __init__(self, phrases: Iterable[str], key: Key = same, inside: bool = False, prefixes: Sequence[str] = (), any_signs: bool = False) -> None:
        self._key = key
        self._inside = inside
        self._prefixes = tuple(sorted(prefixes, key=len, reverse=True))
        self._any_signs = any_signs
        self._by_first: dict[str, list[_Row]] = {}
        self._unspaced: list[tuple[str, str]] = []
        for phrase in dict.fromkeys(unicodedata.normalize("NFC", each).strip() for each in phrases):
            self._add(phrase)
        for rows in self._by_first.values():
            rows.sort(key=lambda row: len(row.keys), reverse=True)

    def _add(self, phrase: str) -> None:
        seen = INVISIBLE.sub("", phrase)
        words = list(word_regex().finditer(seen))
        if not words:
            return
        if is_unspaced(next(filter(str.isalpha, seen), "")):
            self._unspaced.append((without_spaces(seen).text, phrase))
            return
        row = _Row(tuple(self._key(word[0]) for word in words), tuple(_between(seen, words)), phrase)
        self._by_first.setdefault(row.keys[0], []).append(row)

    def __bool__(self) -> bool:
        return bool(self._by_first or self._unspaced)

    def find(self, text: str) -> Iterator[PhraseAt]:
        """Yield every place where a phrase stands, the longest at each place: none that lies in the one before, but those that reach beyond it."""
        yield from self._in_unspaced(text)
        if not self._by_first or not self._may_hold(text):
            return
        words = list(word_regex().finditer(text))
        done = 0
        for number, word in enumerate(words):
            for start in self._starts(word[0]):
                found = self._at(text, words, number, start)
                if found and found.end > done:
                    yield found
                    done = found.end

    def _may_hold(self, text: str) -> bool:
        """Whether any word of the text begins a phrase: one pass that makes no matches."""
        words = set(word_regex().findall(text))
        if self._inside or self._prefixes:
            words |= {word[start:] for word in words for start in self._starts(word)}
        return not self._by_first.keys().isdisjoint(map(self._key, words))

    def _starts(self, word: str) -> Iterator[int]:
        """Yield where in a word a phrase may begin."""
        yield 0
        if self._inside and word.lower() != word:
            for place in range(1, len(word) - _FEWEST_SPELLINGS + 1):
                if word[place].isupper() and word[place - 1].islower():
                    yield place
        for prefix in self._prefixes:
            if word.startswith(prefix) and len(word) > len(prefix):
                yield len(prefix)

    def _at(self, text: str, words: list[re.Match[str]], number: int, start: int) -> PhraseAt | None:
        first = words[number]
        for row in self._by_first.get(self._key(first[0][start:]), []):
            here = words[number : number + len(row.keys)]
            if len(here) < len(row.keys) or any(self._key(word[0]) != key for word, key in zip(here[1:], row.keys[1:], strict=True)):
                continue
            if all(self._may_stand(between, own) for between, own in zip(_between(text, here), row.between, strict=True)):
                return PhraseAt(first.start() + start, here[-1].end(), row.phrase)
        return None

    def _may_stand(self, between: str, own: str) -> bool:
        """Whether this may stand between two words of a phrase for which the list has ``own`` there; there are no letters in it."""
        return between == own or (self._any_signs and len(between) <= _MOST_SIGNS) or _only_space_or_sign(between)

    def _in_unspaced(self, text: str) -> Iterator[PhraseAt]:
        """Yield phrases of scripts that put no space between words: whatever space there is, not in the middle of a letter with its marks."""
        if not self._unspaced:
            return
        reading = without_spaces(text)
        for sought, phrase in self._unspaced:
            place = reading.text.find(sought)
            while place >= 0:
                start, end = reading.place(place, place + len(sought))
                if not is_mark(text[end : end + 1] or " "):
                    yield PhraseAt(start, end, phrase)
                place = reading.text.find(sought, place + 1)


def _between(text: str, words: Sequence[re.Match[str]]) -> Iterator[str]:
    """Yield what stands between each two neighbours of some words of a text."""
    return (text[left.end() : right.start()] for left, right in pairwise(words))


def _only_space_or_sign(between: str) -> bool:
    """Whether what stands between two words of a phrase may stand there: spaces, even without width, a line end, a hyphen, an apostrophe, a point."""
    return len(between) <= _MOST_SPACES and all(each.isspace() or each in "-'’ʼ.,፡\u200b\ufeff" for each in between)
