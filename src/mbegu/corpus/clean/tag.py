"""Languages of lines and documents: each line is named, a document gets its shares, a mixed one its spans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mbegu.corpus.identify.library import with_collective

UNKNOWN = "und"
SURE = 0.9  # probability from which on a line counts as being in the language named
MOST_LINES_LOOKED_INTO = 20  # of a document, for changes of language within a line: it takes 20 times as long as naming the line
MIXED_SHARE = 0.1  # of a text in a second language, from which on it is mixed


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


def meta_of(lines: Sequence[str], guesses: Sequence[Any], shares: dict[str, float], identifier: Any) -> dict[str, str]:
    """Return what a document's meta says of its languages.

    Args:
        lines: of the document as it is kept.
        guesses: what the identifier said of each.
        shares: of its languages.
        identifier: asked for the parts of lines it was not sure of, where the document mixes languages.
    """
    meta = {"languages": _compact(shares)}
    if sum(share >= MIXED_SHARE for share in shares.values()) > 1:
        meta["spans"] = _compact(
            [[start, end, language, round(probability, 3)] for start, end, language, probability in _spans(lines, guesses, identifier)]
        )
    return meta


def _spans(lines: Sequence[str], guesses: Sequence[Any], identifier: Any) -> list[tuple[int, int, str, float]]:
    """Return the spans of a document, in code points of its text: lines and parts of lines, neighbours in one language joined."""
    found: list[tuple[int, int, str, float]] = []
    base, looked_into = 0, 0
    for line, guess in zip(lines, guesses, strict=True):
        parts = [(0, len(line), guess.language, guess.probability)]
        if (guess.language == UNKNOWN or guess.probability < SURE) and looked_into < MOST_LINES_LOOKED_INTO:
            parts = identifier.spans(line, guess)
            looked_into += 1
        for start, end, language, probability in parts if line.strip() else []:
            if found and found[-1][2] == language:
                found[-1] = (found[-1][0], base + end, language, max(found[-1][3], probability))
            else:
                found.append((base + start, base + end, language, probability))
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
    return sum(span.end - span.start for span in spans if is_one_of(span.language, wanted)) / max(1, total)


def is_one_of(language: str, wanted: Sequence[str]) -> bool:
    """Whether a language is wanted, by its code or by that of the macrolanguage above it (``swa`` for ``swh``)."""
    return any(not with_collective(language).isdisjoint(with_collective(other)) for other in wanted)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
