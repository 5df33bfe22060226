"""Text of a related language, which the model reads beside its own: read as the project's text is, kept apart from it, never held out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core.documents import RELATED, Document, read_documents, write_documents
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.core.units import format_bytes, format_count
from mbegu.corpus.admit import Admission, ended_consents
from mbegu.corpus.describe import Profile, make_report
from mbegu.corpus.files import text_files, text_roots
from mbegu.corpus.findings import EXACT, HELD_OUT, Findings
from mbegu.corpus.keys import digest, letters_and_marks, line_key
from mbegu.corpus.papers import Papers
from mbegu.corpus.read import read_documents as read_files
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.withdrawn import Withdrawn
from mbegu.ledger.clock import today

OWN_SIDES = ("train", "heldout")
SEEN_LETTERS = 20  # shorter lines, such as dates and titles, stand in many texts


@dataclass(frozen=True)
class RelatedText:
    """What was read of the related language: ``facts`` for the label, and all that was left out."""

    facts: dict[str, Any]
    findings: Findings


def grow_related(settings: CorpusSettings, place: Project, out: Path, say: Say) -> RelatedText:
    """Read the text of the related language into ``related.parquet``, without what the project's own text has.

    Documents that are copies of one that came before, in either text, are left out; of the others the lines that stand in the
    held-out documents: a model is not judged by what it has read.

    Args:
        settings: the [corpus] table, with ``related``.
        place: the project.
        out: the step's folder, with the project's own documents.
        say: speaks to the user.

    Raises:
        InputError: a path is not there, or there is no text.
        SettingsError: a sources.toml is wrong.
    """
    own = settings.of_related()
    findings = Findings()
    papers = Papers.read_all(text_roots(own, place))
    admission = Admission(papers, Withdrawn.read(place.root), settings.require_licence, today())
    files = text_files(own, place, findings)
    say.note(f"reading {len(files):,} files of {settings.related_language}, {format_bytes(sum(file.size_bytes for file in files))}")
    profile = Profile()
    read = read_files(files, settings.related_language, own, findings, say, admission)
    write_documents(out / f"{RELATED}.parquet", _counted(_unseen(read, out, findings), profile))
    if not profile.documents:
        fix = "put text there, or leave 'related' out of [corpus]"
        raise InputError("there is no text of the related language that is not in the project's own", ", ".join(settings.related), fix)
    report = make_report(profile, findings, {}, settings.related_language, [])
    left_out = {reason: entry["count"] for reason, entry in report["dropped"].items()}
    told = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
    say.note(
        f"to be read beside the project's own text: {format_count(profile.documents)} documents, {format_bytes(profile.bytes)}"
        + (f"; left out: {told}" if told else "")
    )
    for reason in ended_consents(findings.dropped):
        say.warn(f"{findings.dropped[reason]:,} documents of the related language are not used: {reason}")
    shared = {name: report[name] for name in ("language", "documents", "bytes", "scripts", "licences", "sources", "contributors")}
    return RelatedText({**shared, "dropped": left_out}, findings)


def _counted(documents: Iterable[Document], profile: Profile) -> Iterator[Document]:
    for document in documents:
        profile.add(document)
        yield document


def _unseen(documents: Iterable[Document], out: Path, findings: Findings) -> Iterator[Document]:
    """Yield what is no copy of an earlier document of either text, without the lines that stand in the held-out documents."""
    first_with, heldout = _own_text(out)
    for document in documents:
        key = digest(letters_and_marks(document.text))
        if key in first_with:
            findings.drop(document.source, EXACT, f"same as {first_with[key]}", document.text)
            continue
        first_with[key] = document.source
        rest = _without(heldout, document, findings)
        if rest.text:
            yield rest


def _own_text(out: Path) -> tuple[dict[bytes, str], set[int]]:
    """Return the source of each of the project's own documents by what tells copies, and the lines of those that are held out."""
    first_with: dict[bytes, str] = {}
    heldout: set[int] = set()
    for side in OWN_SIDES:
        for document in read_documents(out / f"{side}.parquet"):
            first_with[digest(letters_and_marks(document.text))] = document.source
            if side == "heldout":
                heldout.update(key for line in document.text.split("\n") if (key := line_key(line, SEEN_LETTERS)) is not None)
    return first_with, heldout


def _without(heldout: set[int], document: Document, findings: Findings) -> Document:
    """Return the document without the lines that are held out, and record these."""
    lines = document.text.split("\n")
    gone = [line_key(line, SEEN_LETTERS) in heldout for line in lines]
    if not any(gone):
        return document
    parts = ["\n".join(line for line, is_gone in zip(lines, gone, strict=True) if is_gone is which) for which in (True, False)]
    findings.drop(document.source, HELD_OUT, f"{sum(gone):,} lines", parts[0])
    return dataclasses.replace(document, text=parts[1].strip())
