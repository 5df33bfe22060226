"""Whether the documents hold what a model wrote. A sentence that they do not hold is not shown.

Shares of common words or runs of characters cannot see that a "not" was left out or that "but not to children" was cut off, in any language;
either can cost a life. So the rule is strict: a sentence must be a whole sentence of one passage, word for word and mark for mark, with the
same numbers; signs and capitals may differ. The model chooses sentences and puts them in order. It adds nothing and takes nothing away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mbegu.serve.documents.keys import numbers, words
from mbegu.serve.documents.sentences import sentences

MOST_CHARACTERS = 8_000  # of what a model wrote; the rest is not looked at and not shown


@dataclass(frozen=True)
class Supported:
    """What is left of a model's text: (sentence, number of the passage that holds it), and how many sentences were left out."""

    sentences: tuple[tuple[str, int], ...]
    left_out: int

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(sentence for sentence, _ in self.sentences)


def supported(text: str, passages: Sequence[str]) -> Supported:
    """Keep the sentences of a text that one of the passages holds.

    Args:
        text: what a model wrote.
        passages: what it was given.

    Returns:
        The sentences, each as its passage writes it.
    """
    known = {_form(sentence): (sentence, place) for place, passage in reversed(list(enumerate(passages))) for sentence in sentences(passage)}
    written = [sentence for sentence in sentences(text[:MOST_CHARACTERS]) if words(sentence)]
    kept = dict.fromkeys(known[_form(sentence)] for sentence in written if _form(sentence) in known)
    return Supported(tuple(kept), sum(_form(sentence) not in known for sentence in written))


def _form(sentence: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what must agree: the words with their marks, and the numbers with the signs inside them."""
    return tuple(words(sentence)), tuple(numbers(sentence))
