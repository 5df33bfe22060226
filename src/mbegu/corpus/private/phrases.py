"""Words and passages of a list, found as whole words: names to be hidden, and what a community does not want used."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mbegu.corpus.scripts import script_of
from mbegu.corpus.words import is_mark, word_regex

Key = Callable[[str], str]
_WITHOUT_SPACES = {"Khmr", "Thai", "Laoo", "Mymr", "Tibt", "Hani", "Hira", "Kana"}
_FEWEST_SPELLINGS = 3  # letters of a name that may begin inside a word


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
    """

    def __init__(self, phrases: Iterable[str], key: Key = same, inside: bool = False, prefixes: Sequence[str] = ()) -> None:
        self._key = key
        self._inside = inside
        self._prefixes = tuple(sorted(prefixes, key=len, reverse=True))
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._unspaced: list[str] = []
        for phrase in dict.fromkeys(unicodedata.normalize("NFC", each).strip() for each in phrases):
            words = tuple(key(word) for word in word_regex().findall(phrase))
            if not words:
                continue
            if script_of(next((each for each in phrase if each.isalpha()), "a")) in _WITHOUT_SPACES:
                self._unspaced.append(phrase)
            else:
                self._by_first.setdefault(words[0], []).append((words, phrase))
        for rows in self._by_first.values():
            rows.sort(key=lambda row: len(row[0]), reverse=True)

    def __bool__(self) -> bool:
        return bool(self._by_first or self._unspaced)

    def find(self, text: str) -> Iterator[PhraseAt]:
        """Yield every place where a phrase stands, the longest phrase at each place."""
        yield from self._in_unspaced(text)
        if not self._by_first or not self._may_hold(text):
            return
        words = list(word_regex().finditer(text))
        done = 0
        for number, word in enumerate(words):
            if word.start() < done:
                continue
            for start in self._starts(word[0]):
                found = self._at(text, words, number, start)
                if found:
                    yield found
                    done = found.end
                    break

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
        for keys, phrase in self._by_first.get(self._key(first[0][start:]), []):
            row = words[number : number + len(keys)]
            if len(row) < len(keys) or any(self._key(word[0]) != key for word, key in zip(row[1:], keys[1:], strict=True)):
                continue
            if all(_only_space_or_sign(text[left.end() : right.start()]) for left, right in pairwise(row)):
                return PhraseAt(first.start() + start, row[-1].end(), phrase)
        return None

    def _in_unspaced(self, text: str) -> Iterator[PhraseAt]:
        """Yield phrases of scripts that put no space between words: as they stand, not in the middle of a letter with its marks."""
        for phrase in self._unspaced:
            place = text.find(phrase)
            while place >= 0:
                end = place + len(phrase)
                if not is_mark(text[end : end + 1] or " "):
                    yield PhraseAt(place, end, phrase)
                place = text.find(phrase, end)


def _only_space_or_sign(between: str) -> bool:
    """Whether what stands between two words of a phrase may stand there: spaces, a line end, a hyphen, an apostrophe, a point."""
    return len(between) <= 3 and all(each.isspace() or each in "-'’ʼ.,፡" for each in between)
