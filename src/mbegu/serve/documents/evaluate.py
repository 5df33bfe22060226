"""How good the answers are on a list of questions, beside plain search and embeddings alone; and the calibration of the threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core.errors import InputError
from mbegu.evaluate.intervals import Interval, wilson
from mbegu.serve.documents.answer import Answers
from mbegu.serve.documents.library import Documents
from mbegu.serve.documents.plain import PlainSearch
from mbegu.serve.documents.questions import Question, read_questions
from mbegu.serve.documents.search import Search, Weights
from mbegu.serve.documents.store import Passage, Store
from mbegu.serve.documents.sure import FEWEST, GOAL, default_threshold, probability, threshold_for

FOUND_AT = (1, 3)


@dataclass(frozen=True)
class Share:
    """A share: ``count`` of ``n``, with its Wilson interval (95 %)."""

    count: int
    n: int

    @property
    def interval(self) -> Interval:
        """The interval; without bounds where ``n`` is 0."""
        return wilson(self.count, self.n)

    def as_json(self) -> dict[str, Any]:
        """Return plain values; ``value`` is ``null`` where there was nothing to count."""
        low, high = self.interval.low, self.interval.high
        return {"value": self.count / self.n if self.n else None, "count": self.count, "n": self.n, "interval": None if low is None else [low, high]}

    def __str__(self) -> str:
        if not self.n:
            return "not measured"
        return f"{self.count / self.n:.2f} ({self.interval.low:.2f} to {self.interval.high:.2f}, n {self.n})"


@dataclass(frozen=True)
class Result:
    """What was measured on one list of questions.

    ``hits`` is, by way of searching and n, the share of answerable questions with a right passage among the first n. ``citation_precision`` is the
    share of shown answers whose passage is a right one; answers shown to unanswerable questions count as wrong in ``citation_precision_of_all``.
    ``answered`` is the share of answerable questions that got an answer at all. Refusal counts "not sure" and "nothing found".
    """

    questions: int
    unanswerable: int
    has_meaning: bool
    threshold: float
    is_calibrated: bool
    hits: dict[str, dict[int, Share]]
    answered: Share
    citation_precision: Share
    citation_precision_of_all: Share
    refusal_precision: Share
    refusal_recall: Share
    by_language: dict[str, dict[str, Share]]

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "questions": self.questions,
            "unanswerable": self.unanswerable,
            "has_meaning": self.has_meaning,
            "threshold": self.threshold,
            "is_calibrated": self.is_calibrated,
            "hits": {way: {f"at_{n}": share.as_json() for n, share in by.items()} for way, by in self.hits.items()},
            **{name: getattr(self, name).as_json() for name in _SHARES},
            "by_language": {code: {name: share.as_json() for name, share in by.items()} for code, by in self.by_language.items()},
        }

    def rows(self) -> list[tuple[str, str]]:
        """Return (what, value with its interval) for a table."""
        found = [(f"right passage among the first {n}, {way}", str(share)) for way, by in self.hits.items() for n, share in by.items()]
        return found + [(_SHARES[name], str(getattr(self, name))) for name in _SHARES]


_SHARES = {
    "answered": "answerable questions that were answered",
    "citation_precision": "citation precision: shown answers to them that quote a right passage",
    "citation_precision_of_all": "the same over all questions (unanswerable ones that were answered are wrong)",
    "refusal_precision": "refusal precision: refused questions that were unanswerable",
    "refusal_recall": "refusal recall: unanswerable questions that were refused",
}
OURS, PLAIN, MEANING = "this search", "plain FTS5", "embeddings alone"


def evaluate(documents: Documents, questions_path: Path) -> Result:
    """Judge the answers from documents on a list of questions.

    Raises:
        InputError: the list has problems (all at once), or is empty.
    """
    return evaluate_questions(documents.answers(), read_questions(questions_path, documents.store.files()))


def evaluate_questions(answers: Answers, questions: Sequence[Question]) -> Result:
    """Judge the answers on questions that are already checked; see ``evaluate``."""
    if not questions:
        raise InputError("there are no questions to judge by", fix="write at least one row")
    search, threshold = answers.search, answers.threshold
    ways = _ways(search)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for question in questions:
        hits = search.find(question.text, max(FOUND_AT))
        is_shown = probability(hits, search.has_meaning) >= threshold
        is_right = bool(hits) and question.is_answered_by(hits[0].passage)
        found = {OURS: [hit.passage for hit in hits], **{way: find(question.text) for way, find in ways.items() if question.is_answerable}}
        for code in ("", question.language):
            _count(counts, code, question, is_shown, is_right)
            for way, passages in found.items():
                for n in FOUND_AT:
                    counts[code, f"{way} {n}"] += any(question.is_answered_by(each) for each in passages[:n])
    return Result(
        questions=len(questions),
        unanswerable=counts["", "unanswerable"],
        has_meaning=search.has_meaning,
        threshold=threshold,
        is_calibrated=search.store.meta("calibration") is not None,
        hits={way: {n: Share(counts["", f"{way} {n}"], counts["", "answerable"]) for n in FOUND_AT} for way in (OURS, *ways)},
        **_rates(counts, ""),
        by_language={code: _of_language(counts, code, (OURS, *ways)) for code in sorted({each.language for each in questions})},
    )


def calibrate(search: Search, questions: Sequence[Question], goal: float = GOAL) -> dict[str, Any]:
    """Find the threshold for an index from the user's questions and store it with the index.

    Each answerable question is asked a second time with all passages of its documents taken away: it is then an unanswerable one of the kind that
    people will really ask. So a list without a single unanswerable question will do.

    Args:
        search: the open index.
        questions: at least 20 answerable ones.
        goal: see ``threshold_for``.

    Returns:
        What was stored: the threshold and what it was found from.

    Raises:
        InputError: there are too few questions.
    """
    answerable = [question for question in questions if question.is_answerable]
    if len(answerable) < FEWEST:
        raise InputError(f"{len(answerable)} answerable questions are too few to calibrate by", fix=f"write at least {FEWEST} with their documents")
    outcomes, none = [], []
    for question in answerable:
        hits = search.find(question.text, max(FOUND_AT))
        outcomes.append((probability(hits, search.has_meaning), bool(hits) and question.is_answered_by(hits[0].passage)))
        none.append(probability(search.find(question.text, max(FOUND_AT), _passages_of(search.store, question.files)), search.has_meaning))
    for question in questions:
        if not question.is_answerable:
            none.append(probability(search.find(question.text, max(FOUND_AT)), search.has_meaning))
    threshold = threshold_for(outcomes, none, goal, usual=default_threshold(search.has_meaning))
    shown = [right for value, right in outcomes if value >= threshold]
    calibration = {
        "threshold": threshold,
        "has_meaning": search.has_meaning,
        "goal": goal,
        "answerable": len(outcomes),
        "unanswerable": len(none),
        "answered": len(shown),
        "right": sum(shown),
        "refused": sum(value < threshold for value in none),
    }
    search.store.set_meta("calibration", calibration)
    return calibration


def _ways(search: Search) -> dict[str, Callable[[str], list[Passage]]]:
    """Return the ways of searching that ours is compared with, by name; those that cannot be had here are left out."""
    store, most = search.store, max(FOUND_AT)
    plain = PlainSearch(passage for number, _, _ in store.files().values() for passage in store.passages_of(number))
    ways: dict[str, Callable[[str], list[Passage]]] = {
        PLAIN: lambda question: store.passages(plain.find(question, most)),
    }
    if search.has_meaning:
        alone = search.with_weights(Weights(exact=0, bare=0, grams=0, meaning=1))
        ways[MEANING] = lambda question: [hit.passage for hit in alone.find(question, most)]
    return ways


def _passages_of(store: Store, files: Collection[str]) -> set[int]:
    known = store.files()
    return {passage.id for name in files for passage in store.passages_of(known[name][0])}


def _count(counts: dict[tuple[str, str], int], code: str, question: Question, is_shown: bool, is_right: bool) -> None:
    kind = "answerable" if question.is_answerable else "unanswerable"
    counts[code, kind] += 1
    counts[code, f"{kind} {'shown' if is_shown else 'refused'}"] += 1
    counts[code, "right"] += question.is_answerable and is_shown and is_right


def _rates(counts: dict[tuple[str, str], int], code: str) -> dict[str, Share]:
    shown, wrongly = counts[code, "answerable shown"], counts[code, "unanswerable shown"]
    refused = counts[code, "unanswerable refused"]
    return {
        "answered": Share(shown, counts[code, "answerable"]),
        "citation_precision": Share(counts[code, "right"], shown),
        "citation_precision_of_all": Share(counts[code, "right"], shown + wrongly),
        "refusal_precision": Share(refused, refused + counts[code, "answerable refused"]),
        "refusal_recall": Share(refused, counts[code, "unanswerable"]),
    }


def _of_language(counts: dict[tuple[str, str], int], code: str, ways: Collection[str]) -> dict[str, Share]:
    hits = {f"{way}, first {n}": Share(counts[code, f"{way} {n}"], counts[code, "answerable"]) for way in ways for n in FOUND_AT}
    return {**hits, **_rates(counts, code)}
