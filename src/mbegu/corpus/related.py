"""Text of a related language, which the model reads beside its own: read as the project's text is, kept apart from it, never held out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core.documents import RELATED, Document, in_batches, read_documents, write_documents
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.core.units import format_bytes, format_count
from mbegu.corpus.admit import Admission, ended_consents
from mbegu.corpus.describe import Profile, make_report
from mbegu.corpus.files import text_files, text_roots
from mbegu.corpus.findings import EXACT, HELD_OUT, Findings
from mbegu.corpus.keys import digest, letters_and_marks, line_key, skeleton
from mbegu.corpus.leaks.find import without_ranges
from mbegu.corpus.overlap import BATCH_CHARACTERS, LEAST_LETTERS, SpanIndex, share_of_bytes
from mbegu.corpus.papers import Papers
from mbegu.corpus.read import read_documents as read_files
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.withdrawn import Withdrawn
from mbegu.ledger.clock import today

OWN_SIDES = ("train", "heldout")


@dataclass(frozen=True)
class RelatedText:
    """What was read of the related language: ``facts`` for the label, and all that was left out."""

    facts: dict[str, Any]
    findings: Findings


def grow_related(settings: CorpusSettings, place: Project, out: Path, say: Say) -> RelatedText:
    """Read the text of the related language into ``related.parquet``, without what the project's own text has.

    Documents that are copies of one that came before, in either text, are left out; of the others each line that stands in the held-out
    documents or has 50 letters in a row with them in common (of a long line the sentence): a model is not judged by what it has read.

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
    own_text = _own_text(out)
    write_documents(out / f"{RELATED}.parquet", _counted(_unseen(read, own_text, findings), profile))
    if not profile.documents:
        fix = "put text there, or leave 'related' out of [corpus]"
        raise InputError("there is no text of the related language that is not in the project's own", ", ".join(settings.related), fix)
    report = make_report(profile, findings, {}, settings.related_language, [])
    left_out = {reason: entry["count"] for reason, entry in report["dropped"].items()}
    told = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
    overlap = share_of_bytes(own_text.spans.shared_share(read_documents(out / f"{RELATED}.parquet")), own_text.sizes_bytes)
    say.note(
        f"to be read beside the project's own text: {format_count(profile.documents)} documents, {format_bytes(profile.bytes)}"
        + (f"; left out: {told}" if told else "")
        + f"; {100 * overlap:.1f} % of the held-out text also stands there"
    )
    for reason in ended_consents(findings.dropped):
        say.warn(f"{findings.dropped[reason]:,} documents of the related language are not used: {reason}")
    shared = {name: report[name] for name in ("language", "documents", "bytes", "scripts", "licences", "sources", "contributors")}
    return RelatedText({**shared, "dropped": left_out, "overlap_share": overlap}, findings)


def _counted(documents: Iterable[Document], profile: Profile) -> Iterator[Document]:
    for document in documents:
        profile.add(document)
        yield document


def _unseen(documents: Iterable[Document], own: _OwnText, findings: Findings) -> Iterator[Document]:
    """Yield what is no copy of an earlier document of either text, without what stands in the held-out documents."""
    for batch in in_batches(_without_copies(documents, own.first_with, findings), BATCH_CHARACTERS):
        rests = [_without_lines(document.text, own.lines) for document in batch]
        with_spans = own.spans.texts_with_spans([rest.text for rest in rests])
        for number, document in enumerate(batch):
            rest = _without_spans(rests[number], own.spans) if number in with_spans else rests[number]
            if rest.taken:
                findings.drop(document.source, HELD_OUT, f"{len(rest.taken):,} lines or parts of lines", "\n".join(rest.taken))
            if any(character.isalpha() for character in rest.text):
                yield dataclasses.replace(document, text=rest.text)


def _without_copies(documents: Iterable[Document], first_with: dict[bytes, str], findings: Findings) -> Iterator[Document]:
    for document in documents:
        key = digest(letters_and_marks(document.text))
        if key in first_with:
            findings.drop(document.source, EXACT, f"same as {first_with[key]}", document.text)
        else:
            first_with[key] = document.source
            yield document


@dataclass(frozen=True)
class _OwnText:
    """The source of each of the project's own documents by what tells copies; lines and spans of those that are held out, and their sizes."""

    first_with: dict[bytes, str]
    lines: set[int]
    spans: SpanIndex
    sizes_bytes: list[int]


def _own_text(out: Path) -> _OwnText:
    heldout = [document.text for document in read_documents(out / "heldout.parquet")]
    first_with = {
        digest(letters_and_marks(document.text)): document.source for side in OWN_SIDES for document in read_documents(out / f"{side}.parquet")
    }
    lines = {key for text in heldout for line in text.split("\n") if (key := line_key(line, LEAST_LETTERS)) is not None}
    return _OwnText(first_with, lines, SpanIndex(heldout), [len(text.encode()) for text in heldout])


@dataclass(frozen=True)
class _Rest:
    """What is left of a text, and what was taken out of it."""

    text: str
    taken: list[str]


def _without_lines(text: str, lines: set[int]) -> _Rest:
    """Take the lines out of a text that are held out as they are."""
    every = text.split("\n")
    gone = [line_key(line, LEAST_LETTERS) in lines for line in every]
    if not any(gone):
        return _Rest(text, [])
    kept, taken = ([line for line, is_gone in zip(every, gone, strict=True) if is_gone is which] for which in (False, True))
    return _Rest("\n".join(kept).strip(), taken)


def _without_spans(rest: _Rest, spans: SpanIndex) -> _Rest:
    """Take the lines out, or the sentences of long ones, in which spans of the held-out text stand.

    What is left is looked at again: where something was taken out, its neighbours now stand together.
    """
    text, taken = rest.text, list(rest.taken)
    while stretches := spans.letters_in(text):
        text, pieces = without_ranges(text, stretches, lambda token: len(skeleton(token)))
        taken += [piece.text for piece in pieces]
    return _Rest(text, taken)
