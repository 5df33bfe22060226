"""Whether a document may be used: what was withdrawn, whose consent has run out, or what has no licence where one is required, is refused."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from mbegu.core.documents import Document
from mbegu.corpus.findings import NO_LICENCE, WITHDRAWN
from mbegu.corpus.papers import SOURCES_FILE, UNKNOWN, Papers, consent_ended
from mbegu.corpus.source import document_id
from mbegu.corpus.withdrawn import Withdrawn

CONSENT_ENDED = "consent ended on "  # with the date


@dataclass(frozen=True)
class Refusal:
    """Why a document may not be used; ``keeps_text``: whether it may still be shown among what was dropped."""

    reason: str
    detail: str = ""
    keeps_text: bool = False


@dataclass(frozen=True)
class Admission:
    """Puts papers on documents, and refuses those that may not be used.

    ``day`` is the day that it is, by which consents run out; without it nobody asks whether they have.
    """

    papers: Papers | None = None
    withdrawn: Withdrawn | None = None
    require_licence: bool = False
    day: datetime.date | None = None

    def of(self, document: Document) -> Document | Refusal:
        """Return the document with its papers, or why it may not be used."""
        if self.papers:
            document = self.papers.of(document.source).on(document)
        return self._refusal(document) or document

    def hides(self, source: str, text: str = "", contributor: str = "") -> bool:
        """Whether nothing may be written of what was left out, as far as its place, its papers and its text tell.

        Args:
            source: a file or a place in one.
            text: what would be written of it.
            contributor: who gave it where the papers name nobody.
        """
        left_out = Document(document_id(source, text), text, "", source, contributor=contributor)
        refusal = self._refusal(self.papers.find(source).on(left_out) if self.papers else left_out)
        return refusal is not None and not refusal.keeps_text

    def _refusal(self, document: Document) -> Refusal | None:
        if self.withdrawn and self.withdrawn.refuses(document):
            return Refusal(WITHDRAWN)  # not even how it begins is kept
        until = document.meta.get("consent_until", "")
        if self.day and consent_ended(until, self.day):
            return Refusal(f"{CONSENT_ENDED}{until}")
        if self.require_licence and document.licence.strip().lower() in ("", UNKNOWN):
            return Refusal(NO_LICENCE, f"name its licence in {SOURCES_FILE}, or do not require one", keeps_text=True)
        return None


def ended_consents(dropped: Mapping[str, object]) -> list[str]:
    """Return the reasons of a table of what was dropped that say that a consent has ended."""
    return sorted(reason for reason in dropped if reason.startswith(CONSENT_ENDED))
