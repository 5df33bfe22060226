"""Private items replaced by typed placeholders, and text that a community does not want used recognised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mbegu.corpus.private.found import Found
from mbegu.corpus.private.items import check_regions
from mbegu.corpus.private.numbers import NumberFinder, may_hold
from mbegu.corpus.private.phrases import Key, Phrases, same
from mbegu.corpus.private.reading import readings
from mbegu.corpus.private.written import find_written
from mbegu.corpus.words import without_marks

NAME = "NAME"


@dataclass(frozen=True)
class Redacted:
    """A text without its private items.

    ``found`` counts what was replaced by kind. ``places`` says where in the original, without saying what. ``is_blocked`` says that the
    text holds a blocked word or passage and must not be used; ``blocked_by`` is the entry of the list.
    """

    text: str
    found: Counter[str]
    is_blocked: bool = False
    blocked_by: str = ""
    places: tuple[Found, ...] = ()


class Redactor:
    """Replaces private items by placeholders such as ``[PHONE]``.

    Args:
        regions: countries (ISO 3166-1 alpha-2) whose telephone and identity numbers are looked for. E-mail addresses, payment cards, IBANs,
            coordinates, telephone numbers with + and addresses of computers are found without any.
        names: names of people to hide, as whole words, with the marks and capitals given.
        blocked: words and passages whose text must not be used: whole words, any capitals, with the marks given.
        ignore_marks: names count also where their marks were not typed, or typed otherwise.
        name_prefixes: what a language writes on before a name, such as ``("ለ", "የ", "በ")``.
        drop_lines: leave out the whole line instead of replacing the item.

    Raises:
        SettingsError: a region is not known; lists all of them.
    """

    def __init__(
        self,
        regions: Sequence[str],
        names: Sequence[str] = (),
        blocked: Sequence[str] = (),
        *,
        ignore_marks: bool = False,
        name_prefixes: Sequence[str] = (),
        drop_lines: bool = False,
    ) -> None:
        key: Key = without_marks if ignore_marks else same
        self._numbers = NumberFinder(check_regions(regions))
        self._names = Phrases(names, key, inside=True, prefixes=name_prefixes)
        self._blocked = Phrases(blocked, str.casefold, any_signs=True)
        self._drop_lines = drop_lines

    def redact(self, text: str) -> Redacted:
        """Return the text with placeholders, what was found, and whether the text is blocked.

        Args:
            text: NFC. A document, or a line of it: what is said of being blocked is said of all of it.
        """
        read = readings(text)
        blocked = next((each for reading in read for each in self._blocked.find(reading.text)), None) if self._blocked else None
        places = tuple(_united(Found(*reading.place(each.start, each.end), each.kind) for reading in read for each in self._find(reading.text)))
        if not places:
            return Redacted(text, Counter(), blocked is not None, blocked.phrase if blocked else "")
        made = _without_lines(text, places) if self._drop_lines else _with_placeholders(text, places)
        return Redacted(made, Counter(each.kind for each in places), blocked is not None, blocked.phrase if blocked else "", places)

    def _find(self, text: str) -> Iterator[Found]:
        if may_hold(text):
            yield from find_written(text)
            yield from self._numbers.find(text)
        if self._names:
            yield from (Found(each.start, each.end, NAME) for each in self._names.find(text))


def _united(found: Iterable[Found]) -> list[Found]:
    """Return items in the order of the text; those that overlap are one, of the kind of the one that begins first, then of the longest."""
    united: list[Found] = []
    for each in sorted(found, key=lambda item: (item.start, -item.end)):
        if united and each.start < united[-1].end:
            united[-1] = replace(united[-1], end=max(united[-1].end, each.end))
        else:
            united.append(each)
    return united


def _with_placeholders(text: str, places: Sequence[Found]) -> str:
    """Return the text with placeholders; it has as many lines as before."""
    parts, done = [], 0
    for place in places:
        parts += [text[done : place.start], f"[{place.kind}]", "\n" * text.count("\n", place.start, place.end)]
        done = place.end
    return "".join([*parts, text[done:]])


def _without_lines(text: str, places: Sequence[Found]) -> str:
    """Return the text without the lines that an item touches."""
    kept, start = [], 0
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        if not any(place.start < end and place.end > start for place in places):
            kept.append(line)
        start = end
    return "".join(kept)
