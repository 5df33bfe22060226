"""An answer is a quotation: the passage with its file, page and heading, the sentence that answers best marked in it.

Nothing here needs a model. Where one is given, it may choose sentences of the quoted passage; what that does not hold is not shown. Where
the documents do not answer, or one cannot be sure, that is said, with the person to ask. A question that meets a rule of `danger.toml` gets
the written instruction first, and no model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mbegu.serve.documents.danger import Danger, instruction
from mbegu.serve.documents.keys import keys_of
from mbegu.serve.documents.neutral import for_model, readable
from mbegu.serve.documents.phrases import Words, words_in
from mbegu.serve.documents.search import MOST_QUESTION_CHARACTERS, Hit, Search
from mbegu.serve.documents.sentences import sentence_spans
from mbegu.serve.documents.store import Passage
from mbegu.serve.documents.support import supported
from mbegu.serve.documents.sure import default_threshold, probability

QUOTED = "quoted"
NOT_SURE = "not sure"
NOTHING_FOUND = "nothing found"
LAST_RESORT = "eng"  # the language of the makers: only where neither the user's nor the community's language has a file of words
MOST_ALSO = 2
# A passage of which none of these shares of the question is held has nothing to do with it.
LEAST_SHARE = 0.05

Phrase = Callable[[str, Sequence[str]], str]  # question and passages, both without special tokens -> what a model writes


@dataclass(frozen=True)
class Quotation:
    """A passage as it is shown. ``marked`` are start and end of the sentence that answers best, in code points of ``text``."""

    file: str
    link: str
    page: int | None
    row: str
    heading: str
    text: str
    marked: tuple[int, int] | None
    passage: int


@dataclass(frozen=True)
class Answer:
    """What is shown for a question.

    ``kind`` is ``quoted``, ``not sure`` or ``nothing found``; ``message`` says so in ``language``. ``instruction`` comes before everything else where
    a danger was met. ``quotation`` answers; ``also`` are further passages to look at, no answers. ``phrased`` is what a model chose from the
    quotation (empty: no model, or nothing that it holds), and ``left_out`` is how many of its sentences were not shown.
    """

    kind: str
    language: str
    message: str
    ask: str
    danger: str
    instruction: str
    instruction_language: str
    quotation: Quotation | None
    also: tuple[Quotation, ...]
    phrased: str
    left_out: int
    probability: float
    threshold: float

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class Answers:
    """Answers questions from one index.

    Args:
        search: the opened index.
        danger: the rules that stop the model, and the person to ask.
        phrase: a model that may choose the sentences that answer; ``None``: quotations only.
        language: the community's language, for users whose own has no file of words.
    """

    def __init__(self, search: Search, danger: Danger | None = None, phrase: Phrase | None = None, language: str = "") -> None:
        self.search = search
        self.danger = danger or Danger()
        self.phrase = phrase
        self.language = language

    @property
    def threshold(self) -> float:
        """The probability from which on a passage is shown as an answer: calibrated for this index, else the default."""
        stored = self.search.store.meta("calibration")
        if stored and stored["has_meaning"] == self.search.has_meaning:
            return float(stored["threshold"])
        return default_threshold(self.search.has_meaning)

    def answer(self, question: str, language: str) -> Answer:
        """Answer a question.

        Args:
            question: any text; only its first 2,000 characters count.
            language: ISO 639-3 code of the user's language.

        Raises:
            DamageError: the index is damaged.
        """
        question = question[:MOST_QUESTION_CHARACTERS]
        met = self.danger.find(question)
        hits = self.search.find(question, 1 + MOST_ALSO)
        sure, threshold = probability(hits, self.search.has_meaning), self.threshold
        kind = NOTHING_FOUND if not hits or not _touches(hits[0], self.search.has_meaning) else QUOTED if sure >= threshold else NOT_SURE
        quotations = [quote(hit.passage, question) for hit in hits] if kind != NOTHING_FOUND else []
        phrased = self._phrased(question, quotations[:1]) if kind == QUOTED and not met else ("", 0)
        said = words_in(language) or words_in(self.language) or words_in(LAST_RESORT)
        assert said is not None
        shown, shown_in = instruction(met, language) if met else ("", "")
        return Answer(
            kind=kind,
            language=said.language,
            message=_message(kind, said),
            ask=said.ask.format(person=self.danger.person) if self.danger.person and kind != QUOTED else "",
            danger=met.name if met else "",
            instruction=shown,
            instruction_language=shown_in,
            quotation=quotations[0] if kind == QUOTED else None,
            also=tuple(quotations[1:] if kind == QUOTED else quotations),
            phrased=phrased[0],
            left_out=phrased[1],
            probability=sure,
            threshold=threshold,
        )

    def _phrased(self, question: str, quotations: Sequence[Quotation]) -> tuple[str, int]:
        if self.phrase is None:
            return "", 0
        passages = [each.text for each in quotations]
        written = self.phrase(for_model(question), [for_model(each) for each in passages])
        checked = supported(readable(written), passages)
        return checked.text, checked.left_out


def quote(passage: Passage, question: str) -> Quotation:
    """Return a passage as it is shown, with the sentence marked that holds most of the question; none where none holds any."""
    text = readable(passage.text)
    return Quotation(
        file=readable(passage.file),
        link=link_to(passage),
        page=passage.page,
        row=passage.row,
        heading=readable(passage.heading),
        text=text,
        marked=best_sentence(text, question),
        passage=passage.id,
    )


def link_to(passage: Passage) -> str:
    """Return the path, on this server, that opens a passage in its document."""
    return f"/documents/{passage.file_id}/passage/{passage.number}#passage"


def best_sentence(text: str, question: str) -> tuple[int, int] | None:
    """Return start and end of the sentence that holds most of the question.

    Keys weigh by how few sentences of the passage hold them: what all hold does not tell them apart.
    """
    spans = sentence_spans(text)
    if len(spans) == 1:
        return spans[0]
    held = [{kind: set(keys) for kind, keys in keys_of(text[start:end]).items()} for start, end in spans]
    scores = [0.0] * len(spans)
    for kind, keys in keys_of(question).items():
        for key in keys:
            holders = [place for place, by in enumerate(held) if key in by[kind]]
            for place in holders:
                scores[place] += 1 / len(holders) ** 2
    best = max(range(len(spans)), key=lambda place: (scores[place], -place), default=-1)
    return spans[best] if best >= 0 and scores[best] > 0 else None


def _touches(hit: Hit, has_meaning: bool) -> bool:
    return has_meaning or max(hit.shares.values()) >= LEAST_SHARE


def _message(kind: str, said: Words) -> str:
    return {QUOTED: said.found, NOT_SURE: said.not_sure, NOTHING_FOUND: said.nothing_found}[kind]
