"""Languages of lines and documents: each line is named, a document gets its shares, a mixed one its spans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mbegu.corpus.identify.identifier import Guess
from mbegu.corpus.identify.library import with_collective

UNKNOWN = "und"
SURE = 0.9  # probability from which on a line counts as being in the language named
SHORT_CHARACTERS = 60  # lines up to here are remembered
MOST_REMEMBERED = 50_000
MIXED_SHARE = 0.1  # of a text in a second language, from which on it is mixed
NOT_ASKED = Guess(UNKNOWN, 0.0)


class LineLanguages:
    """Names the languages of lines, and remembers what was said of short ones, which come again and again.

    Args:
        identifier: what names them.
    """

    def __init__(self, identifier: Any) -> None:
        self._identifier = identifier
        self._known: dict[str, Any] = {}

    def some(self, lines: Sequence[str], wanted: Sequence[int]) -> list[Any]:
        """Return what the identifier says of lines.

        Args:
            lines: NFC.
            wanted: the numbers of the lines to be named.

        Returns:
            A guess for each line [lines]; those that are not wanted are unknown.
        """
        known = self._known
        new = [line for line in dict.fromkeys(lines[number] for number in wanted) if line not in known]
        said = dict(zip(new, self._identifier.lines(new), strict=True))
        guesses: list[Any] = [NOT_ASKED] * len(lines)
        for number in wanted:
            line = lines[number]
            guesses[number] = said[line] if line in said else known[line]
        if len(known) > MOST_REMEMBERED:
            known.clear()
        known.update((line, guess) for line, guess in said.items() if len(line) <= SHORT_CHARACTERS)
        return guesses


def shares_of(languages: Sequence[str], letters: Sequence[int]) -> dict[str, float]:
    """Return the share of the letters in each language, largest first.

    Args:
        languages: of the lines.
        letters: of the lines.
    """
    counts: Counter[str] = Counter()
    for language, count in zip(languages, letters, strict=True):
        counts[language] += count
    total = max(1, counts.total())
    return {language: round(count / total, 4) for language, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count}


def meta_of(lines: Sequence[str], guesses: Sequence[Any], shares: dict[str, float]) -> dict[str, str]:
    """Return what a document's meta says of its languages; where it mixes them, also which lines are in which.

    Args:
        lines: of the document as it is kept.
        guesses: what the identifier said of each.
        shares: of its languages.
    """
    meta = {"languages": _compact(shares)}
    if sum(share >= MIXED_SHARE for share in shares.values()) > 1:
        meta["spans"] = _compact([[start, end, language, round(probability, 3)] for start, end, language, probability in _spans(lines, guesses)])
    return meta


def _spans(lines: Sequence[str], guesses: Sequence[Any]) -> list[tuple[int, int, str, float]]:
    """Return the spans of a document, in code points of its text: whole lines, neighbours in one language joined.

    Changes within a line are not looked for: it takes ten times as long as naming the line. A line that mixes languages is unknown as a whole.
    """
    found: list[tuple[int, int, str, float]] = []
    base, last = 0, ""
    for line, (language, probability) in zip(lines, guesses, strict=True):
        if line and not line.isspace():
            start, before = base, 0.0
            if language == last:
                start, _, _, before = found.pop()
            found.append((start, base + len(line), language, max(before, probability)))
            last = language
        base += len(line) + 1
    return found


def wrong_lines(lines: Sequence[str], guesses: Sequence[Any], wanted: Sequence[str], least_probability: float, identifier: Any) -> list[bool]:
    """Return which lines are surely in a language that is not wanted; what is unknown, or mixed with one that is, is not.

    Args:
        lines: NFC.
        guesses: what the identifier said of each.
        wanted: languages.
        least_probability: from which on a guess is sure.
        identifier: asked once more about the parts of a line before it is called wrong.
    """
    return [
        guess.language != UNKNOWN
        and guess.probability >= least_probability
        and not is_one_of(guess.language, wanted)
        and wanted_share(line, guess, wanted, identifier) < MIXED_SHARE
        for line, guess in zip(lines, guesses, strict=True)
    ]


def wanted_share(line: str, guess: Any, wanted: Sequence[str], identifier: Any) -> float:
    """Return the share of a line's words, by their characters, that are in a language that is wanted."""
    _, spans = identifier.marked(line, guess)
    total = sum(span.end - span.start for span in spans)
    return float(sum(span.end - span.start for span in spans if is_one_of(span.language, wanted)) / max(1, total))


def is_one_of(language: str, wanted: Sequence[str]) -> bool:
    """Whether a language is wanted, by its code or by that of the macrolanguage above it (``swa`` for ``swh``)."""
    return any(not with_collective(language).isdisjoint(with_collective(other)) for other in wanted)


_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
