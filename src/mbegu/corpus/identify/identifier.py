"""The identifier: taught languages first, then scripts that write one language only, then the kept library, else unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mbegu.core.errors import InputError, MissingDependencyError
from mbegu.corpus.identify.by_script import ONE_LANGUAGE, SCRIPT_CERTAINTY
from mbegu.corpus.identify.deciding import NOT_TAUGHT, Decisions, decide
from mbegu.corpus.identify.library import Library, with_collective
from mbegu.corpus.identify.likelihood import Likelihood
from mbegu.corpus.identify.model_file import Model, line_key, line_size, read_model
from mbegu.corpus.identify.scoring import LONGEST_LINE, Scorer, Scores
from mbegu.corpus.identify.spelling import MIXED, SCRIPT_CODES, only_scripts
from mbegu.corpus.identify.switching import Stretch, stretches

UNKNOWN = "und"  # ISO 639-3: undetermined
_SCRIPT_LANGUAGES = [ONE_LANGUAGE.get(code, "") for code in SCRIPT_CODES]


class Guess(NamedTuple):
    """The language of a text, ISO 639-3 or ``und``, and the probability that this is right."""

    language: str
    probability: float


class Span(NamedTuple):
    """A part of a text, from code point ``start`` to before ``end``, in one language."""

    start: int
    end: int
    language: str
    probability: float


class Identifier:
    """Names the languages of lines.

    Args:
        model: the taught languages and the overruled lines.
        with_library: whether to ask the kept library about what was not taught, if it is installed.
    """

    def __init__(self, model: Model, with_library: bool = True) -> None:
        self.codes = sorted(model.languages)
        self.library: Library | None = None
        if with_library:
            try:
                self.library = Library()
            except MissingDependencyError:
                self.library = None
        taught = [model.languages[code] for code in self.codes]
        self._likelihood = Likelihood([each.counts for each in taught])
        self._typical = np.array([each.typical_cost for each in taught], dtype=np.float32)
        self._scorer = Scorer(self._likelihood)
        self._overruled = model.overruled
        self._overruled_sizes = {size for _, size in model.overruled.values()}
        self._taught_names = frozenset(name for code in self.codes for name in with_collective(code))

    @classmethod
    def load(cls, model: Path | None = None, with_library: bool = True) -> Identifier:
        """Return the identifier of a model file; without one, what works without teaching: scripts and the kept library.

        Raises:
            InputError: there is no such file.
            DamageError: the file is damaged.
        """
        if model is None:
            return cls(Model(), with_library)
        if not model.is_file():
            raise InputError("there is no such model of languages", model, "teach a language first: mbegu identify teach CODE FILE")
        return cls(read_model(model), with_library)

    def lines(self, texts: Sequence[str]) -> list[Guess]:
        """Return the language of each text; give many at a time, it is quicker.

        Args:
            texts: lines of NFC text. Of one longer than 200,000 characters the beginning decides.
        """
        if not len(texts):
            return []
        if self.codes:
            scores, decided = self.decisions(texts)
            names = [*self.codes, UNKNOWN]  # NOT_TAUGHT is the last one
            guesses = list(map(Guess, map(names.__getitem__, decided.language.tolist()), decided.probability.tolist()))
            rest = np.flatnonzero(decided.language == NOT_TAUGHT).tolist()
            for at, script in zip(rest, scores.script[rest].tolist(), strict=True):
                guesses[at] = self._untaught(texts[at], script, guesses[at])
        else:  # there is nothing to score; only the script has to be known
            unknown = Guess(UNKNOWN, 1.0)
            guesses = [self._untaught(text, script, unknown) for text, script in zip(texts, self._scripts_of(texts), strict=True)]
        if self._overruled:
            for at, text in enumerate(texts):
                guesses[at] = self._unless_overruled(text, guesses[at])
        return guesses

    def decisions(self, texts: Sequence[str]) -> tuple[Scores, Decisions]:
        """Return the scores of lines and what the taught languages alone make of them; languages are numbers in ``codes``."""
        scores = self._scorer.lines(texts)
        return scores, decide(scores, self._typical, self._likelihood.writes)

    def spans(self, text: str, whole: Guess | None = None) -> list[Span]:
        """Return the parts of a line that are each in one language, in order, words only; one part where the line does not mix languages.

        Args:
            text: a line of NFC text.
            whole: what ``lines`` said of it, if that is known already.
        """
        whole = whole or self.lines([text])[0]
        found = stretches(text[:LONGEST_LINE], self._scorer, self._typical, self._likelihood.writes) if not self._is_overruled(text) else []
        spans = _merged([self._span(text, each) for each in found]) if len(found) > 1 else []
        if len(spans) < 2:
            bare = text.strip()
            start = text.find(bare)
            return [Span(start, start + len(bare), whole.language, whole.probability)] if bare else []
        return spans

    def marked(self, text: str, whole: Guess) -> tuple[Guess, list[Span]]:
        """Return the language of a line and its spans.

        A line that is unknown as a whole because it mixes languages gets the one that most of it is in, with that part's probability times its share.

        Args:
            text: a line of NFC text.
            whole: what ``lines`` said of it.
        """
        spans = self.spans(text, whole)
        named = [span for span in spans if span.language != UNKNOWN]
        if whole.language != UNKNOWN or not named:
            return whole, spans
        total = sum(span.end - span.start for span in spans)
        shares = Counter[str]()
        for span in named:
            shares[span.language] += span.end - span.start
        language, size = shares.most_common(1)[0]
        return Guess(language, max(span.probability for span in named if span.language == language) * size / total), spans

    def _span(self, text: str, found: Stretch) -> Span:
        part = text[found.start : found.end]
        if found.language != NOT_TAUGHT:
            return Span(found.start, found.end, self.codes[found.language], found.probability)
        guess = self._untaught(part, found.script, Guess(UNKNOWN, found.probability))
        return Span(found.start, found.end, *guess)

    def _scripts_of(self, texts: Sequence[str]) -> list[int]:
        """Return the script of most letters of each text; those that mix scripts are scored to count them."""
        scripts = only_scripts(texts)
        mixed = np.flatnonzero(scripts == MIXED).tolist()
        if mixed:
            scripts[mixed] = self._scorer.lines([texts[at] for at in mixed]).script
        numbers: list[int] = scripts.tolist()
        return numbers

    def _untaught(self, text: str, script: int, unknown: Guess) -> Guess:
        """Return what can be said of a text that is in none of the taught languages."""
        by_script = _SCRIPT_LANGUAGES[script]
        if by_script:
            return Guess(by_script, SCRIPT_CERTAINTY) if by_script not in self._taught_names else unknown
        found = self.library.language_of(text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE]) if self.library and script else None
        return Guess._make(found) if found and found[0] not in self._taught_names else unknown

    def _is_overruled(self, text: str) -> bool:
        return bool(self._overruled) and line_size(text) in self._overruled_sizes and line_key(text) in self._overruled

    def _unless_overruled(self, text: str, guess: Guess) -> Guess:
        return Guess(self._overruled[line_key(text)][0], 1.0) if self._is_overruled(text) else guess


def _merged(spans: list[Span]) -> list[Span]:
    """Join neighbours of one language."""
    merged: list[Span] = []
    for span in spans:
        if merged and merged[-1].language == span.language:
            before = merged[-1]
            merged[-1] = Span(before.start, span.end, span.language, max(before.probability, span.probability))
        else:
            merged.append(span)
    return merged
