"""What may be done with some documents and whom to credit, in one table: for the command, the corpus step, the label and the release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mbegu.core.documents import Document
from mbegu.core.report import plain
from mbegu.corpus.licences.changes import UNCHANGED, Changes
from mbegu.corpus.licences.credits import attribution, credits_of
from mbegu.corpus.licences.known import Licence
from mbegu.corpus.licences.solve import Verdict, solve

TERMS = "terms.json"  # in the folder of the corpus step


@dataclass(frozen=True)
class Terms:
    """The verdict on a mix, bytes by licence, the credits in plain text and in Markdown, and when consents end: documents by last day."""

    verdict: Verdict
    amounts: Mapping[str, int]
    credits: Mapping[str, str]
    consent_until: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**self.verdict.as_json(), "amounts": dict(self.amounts), "credits": dict(self.credits), "consent_until": dict(self.consent_until)}

    def text(self) -> str:
        """Return verdict and ends of consents as lines for people."""
        return "\n".join([self.verdict.text(), *consent_lines(self.consent_until)])


def terms_of(documents: Iterable[Document], custom: Mapping[str, Licence] | None = None, changes: Changes = UNCHANGED) -> Terms:
    """Say what may be done with documents, and whom to credit.

    Args:
        documents: with their papers, as the corpus step writes them.
        custom: licences whose terms were declared, by name.
        changes: what was changed in the texts on purpose.
    """
    until: dict[str, int] = {}

    def noted() -> Iterable[Document]:
        for document in documents:
            day = document.meta.get("consent_until", "")
            if day:
                until[day] = until.get(day, 0) + 1
            yield document

    found = credits_of(noted())
    amounts: dict[str, int] = {}
    for each in found:
        amounts[each.licence] = amounts.get(each.licence, 0) + each.bytes
    texts = {form: attribution(found, form == "markdown", custom, changes) for form in ("plain", "markdown")}
    return Terms(solve(amounts, custom), amounts, texts, dict(sorted(until.items())))


def consent_lines(until: Mapping[str, int]) -> list[str]:
    """Return in words until when consents are given, the first to end first; empty where all are without end."""
    told = sorted((plain(day), count) for day, count in until.items())
    return [f"Consent for {count:,} documents is given until {day}: after that day they must not be used." for day, count in told]
