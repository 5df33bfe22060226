"""Whether the documents hold what a model wrote. A sentence that they do not hold is not shown.

Shares of common words cannot see that a "not" was left out, in any language. So the rule is strict: a sentence must be made of whole clauses
of one passage, word for word and mark for mark; words of the question may stand between them; every number must be the passage's.
The model chooses, shortens by clauses and puts in order. It adds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mbegu.serve.documents.keys import numbers, words
from mbegu.serve.documents.sentences import clauses, sentences

MOST_CHARACTERS = 8_000  # of what a model wrote; the rest is not looked at and not shown


@dataclass(frozen=True)
class Supported:
    """What is left of a model's text: the sentences that stand in a passage, each with that passage's place, and how many were left out."""

    sentences: tuple[tuple[str, int], ...]
    left_out: int

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(sentence for sentence, _ in self.sentences)


def supported(text: str, passages: Sequence[str], question: str) -> Supported:
    """Keep the sentences of a text that one of the passages holds.

    Args:
        text: what a model wrote.
        passages: what it was given; the place in this sequence is returned with each sentence.
        question: its words may be repeated between clauses.
    """
    kept, left_out = [], 0
    asked = frozenset(words(question)) - frozenset(numbers(question))
    taken = [_clauses_of(passage) for passage in passages]
    for sentence in sentences(text[:MOST_CHARACTERS]):
        place = next((i for i, parts in enumerate(taken) if _is_held(sentence, parts, numbers(passages[i]), asked)), None)
        if place is None:
            left_out += bool(words(sentence))
        else:
            kept.append((sentence, place))
    return Supported(tuple(kept), left_out)


def _clauses_of(passage: str) -> dict[str, list[tuple[str, ...]]]:
    """Return the clauses of a passage as words, by their first word, longest first; whole sentences count as clauses too."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for sentence in sentences(passage):
        for part in (sentence, *clauses(sentence)):
            sequence = tuple(words(part))
            if sequence:
                found.setdefault(sequence[0], set()).add(sequence)
    return {first: sorted(each, key=len, reverse=True) for first, each in found.items()}


def _is_held(sentence: str, parts: dict[str, list[tuple[str, ...]]], known_numbers: Collection[str], asked: Collection[str]) -> bool:
    sequence = words(sentence)
    if any(number not in known_numbers for number in numbers(sentence)):
        return False
    place, held = 0, 0
    while place < len(sequence):
        clause = next((each for each in parts.get(sequence[place], ()) if tuple(sequence[place : place + len(each)]) == each), None)
        if clause is not None:
            place += len(clause)
            held += len(clause)
        elif sequence[place] in asked:
            place += 1
        else:
            return False
    return held > 0
