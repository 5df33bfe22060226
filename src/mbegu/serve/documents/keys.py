"""What a text is found by: its words as written, its words without marks, and runs of characters inside them.

Nothing here knows any language. Words are runs of letters, marks and figures; a script without spaces gives long runs, which are found by
their runs of characters. The same holds for languages that put much into one word (Swahili, Zulu, Amharic), so no stemmer is needed.
"""

from __future__ import annotations

import unicodedata

KEYS_VERSION = 1  # another number: every index is made anew

# Canonical combining classes that are part of the letter and not a mark upon it: nukta (7) and virama (9). Class 0 are vowel signs.
_KEPT_CLASSES = (0, 7, 9)
# Letters that keyboards often lack and people write without their hook, bar or tail. Only for the search that overlooks marks.
_PLAIN = str.maketrans({"ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ŋ": "n", "ɛ": "e", "ɔ": "o", "ɖ": "d", "ƒ": "f", "ɣ": "g", "ʋ": "v", "ı": "i"})
# Alphabets with capitals spell sounds singly: four letters say about as much as three signs of the other scripts.
GRAM_LENGTH_CASED = 4
GRAM_LENGTH = 3


class _WordTable(dict[int, "int | str | None"]):
    """Maps characters of words to themselves, joiners and other format characters to nothing, all others to a space."""

    def __missing__(self, code: int) -> int | str | None:
        kind = unicodedata.category(chr(code))
        # Unassigned: a letter of a script that is younger than this Python.
        kept: int | str | None = code if kind[0] in "LMN" or kind in ("Co", "Cn") else None if kind == "Cf" else " "
        self[code] = kept
        return kept


_WORD_TABLE = _WordTable()


def words(text: str) -> list[str]:
    """Return the words of a text in order, in small letters, with all their marks, in NFC."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).translate(_WORD_TABLE).split()


def without_marks(text: str) -> str:
    """Return a text without tone marks, harakat and the like; signs that are letters by themselves stay.

    Vowel signs of Khmer, Devanagari and other scripts have combining class 0 and stay: without them nothing of the word is left.
    """
    if text.isascii():
        return text
    bare = "".join(each for each in unicodedata.normalize("NFD", text) if unicodedata.combining(each) in _KEPT_CLASSES)
    return unicodedata.normalize("NFC", bare).translate(_PLAIN)


def letters(word: str) -> list[tuple[str, frozenset[str]]]:
    """Return the letters of a word, each without its marks and with the set of them (a hooked letter's hook counts as one)."""
    found: list[tuple[str, frozenset[str]]] = []
    for each in unicodedata.normalize("NFD", word):
        if unicodedata.combining(each) in _KEPT_CLASSES or not found:
            plain = each.translate(_PLAIN)
            found.append((plain, frozenset() if plain == each else frozenset((each,))))
        else:
            found[-1] = (found[-1][0], found[-1][1] | {each})
    return found


def grams(bare_words: list[str]) -> list[str]:
    """Return the distinct runs of characters of words without marks, with ``_`` at both ends of a word, in order of appearance.

    Four characters in scripts that have capitals, three in others; a shorter word is one run.
    """
    found: dict[str, None] = {}
    for word in dict.fromkeys(bare_words):
        framed = f"_{word}_"
        length = GRAM_LENGTH_CASED if word[0].islower() and word[0].upper() != word[0] else GRAM_LENGTH
        for start in range(max(1, len(framed) - length + 1)):
            found[framed[start : start + length]] = None
    return list(found)


def keys_of(text: str) -> dict[str, list[str]]:
    """Return what a text is found by: distinct ``exact`` words, ``bare`` words and ``grams``."""
    exact = list(dict.fromkeys(words(text)))
    bare = [word for word in dict.fromkeys(without_marks(word) for word in exact) if word]  # a mark that stands alone leaves nothing
    return {"exact": exact, "bare": bare, "grams": grams(bare)}


def numbers(text: str) -> list[str]:
    """Return the numbers of a text in order, figures of every script as 0 to 9, signs between figures kept: ``2,5``, ``10/12``.

    Fractions and raised figures count as written, so that ½ and 1/2 differ.
    """
    plain = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    found, current = [], ""
    for place, each in enumerate(plain):
        inside = each.isdigit() or each.isnumeric()
        joins = bool(current) and each in ".,/:-٫٬" and plain[place + 1 : place + 2].isnumeric()
        if inside or joins:
            current += each
        elif current:
            found.append(current)
            current = ""
    return [*found, current] if current else found
