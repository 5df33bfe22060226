"""From files to normalised documents, one at a time: read, cut, normalise, and leave out what is no text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from mbegu.core.documents import Document, holds_documents
from mbegu.core.documents import read_documents as read_parquet
from mbegu.core.errors import DamageError
from mbegu.core.report import Say
from mbegu.corpus.admit import Admission, Refusal
from mbegu.corpus.cut import CutRule, Piece, RepeatedLines, cut, cut_rule
from mbegu.corpus.files import TextFile, is_kept_text
from mbegu.corpus.findings import EMPTY, NO_LETTERS, REPEATED_LINE, TOO_SHORT, UNDECODABLE, Findings
from mbegu.corpus.normalise import Normalised, normalise
from mbegu.corpus.papers import UNKNOWN
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.documents import GivenDocument
from mbegu.corpus.readers.failure import failure
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import RawText, document_id


def read_documents(
    files: Sequence[TextFile],
    language: str,
    settings: CorpusSettings,
    findings: Findings,
    say: Say,
    admission: Admission | None = None,
) -> Iterator[Document]:
    """Yield the documents of all files, in order. A file that cannot be read is recorded, and the next is read.

    Args:
        files: what to read, as ``text_files`` lists it.
        language: the language that it is taken to be in where a file does not say otherwise; picks the side of a translation memory.
        settings: how to read it, and its papers.
        findings: gets everything that is left out, and the counts.
        say: shows the progress.
        admission: puts licence, giver and consent on each by its source (those of the settings go for what it does not name), and
            refuses what may not be used; without it everything is admitted as it is.
    """
    for _, document in read_with_files(files, language, settings, findings, say, admission):
        yield document


def read_with_files(
    files: Sequence[TextFile],
    language: str,
    settings: CorpusSettings,
    findings: Findings,
    say: Say,
    admission: Admission | None = None,
) -> Iterator[tuple[TextFile, Document]]:
    """Yield the documents of all files, each with the file that it was read from. Arguments as for ``read_documents``."""
    rule = cut_rule(settings.document, sum(file.size_bytes for file in files))
    repeated = RepeatedLines() if settings.repeated_lines and settings.document == "auto" else None
    for read in read_texts(files, language, settings, findings, say, rule, repeated, admission):
        yield read.file, read.document


@dataclass(frozen=True)
class ReadText:
    """A document with the file that it stands in and the piece of text that it was made of, which knows the number of its first line."""

    document: Document
    piece: Piece
    file: TextFile


def read_texts(
    files: Sequence[TextFile],
    language: str,
    settings: CorpusSettings,
    findings: Findings,
    say: Say,
    rule: CutRule,
    repeated: RepeatedLines | None = None,
    admission: Admission | None = None,
) -> Iterator[ReadText]:
    """Yield the documents of all files as ``read_documents`` does, each with its piece.

    Args:
        rule: how texts are cut; it depends on the size of the whole corpus, of which ``files`` may be a part.
        repeated: leaves out long lines that came before; ``None`` keeps them.
    """
    total = sum(file.size_bytes for file in files)
    done = 0
    if admission:
        findings.refuses = partial(admission.hides, contributor=settings.contributor)
    for file in files:
        yield from _of_file(file, language, settings, findings, rule, repeated, admission)
        done += file.size_bytes
        say.progress(done, total, "bytes")
    for remark in admission.papers.remarks() if admission and admission.papers else ():
        say.note(remark)


def _of_file(
    file: TextFile,
    language: str,
    settings: CorpusSettings,
    findings: Findings,
    rule: CutRule,
    repeated: RepeatedLines | None,
    admission: Admission | None,
) -> Iterator[ReadText]:
    """Yield the documents of one file that are admitted, and record the others."""
    if is_kept_text(file.path) and holds_documents(file.path):
        for document in _own_documents(file, language, settings, findings):
            if admitted := _admitted(document, admission, findings, ""):
                yield ReadText(admitted, Piece(document.text, 1, False), file)
        return
    for raw in _texts_of(file, Context(settings, findings, language=language)):
        for piece in _pieces(raw, cut(raw.chunks, rule, raw.source, findings, repeated), findings):
            document, reason, detail = _document(raw, piece, language, settings, findings)
            admitted = _admitted(document, admission, findings, reason, detail)
            for line in piece.repeated:
                findings.drop(raw.source, REPEATED_LINE, "", line if admitted else "")  # of a withdrawn block no line is shown
            if admitted:
                yield ReadText(admitted, piece, file)
            elif repeated and piece.cut:
                repeated.forget(piece.text)


def _admitted(document: Document, admission: Admission | None, findings: Findings, reason: str, detail: str = "") -> Document | None:
    """Return a document with its papers, or record why it is left out: it may not be used, or for the ``reason`` that reading gives.

    What was withdrawn or may not be used any more is asked first: nothing of its text is written then.
    """
    admitted = admission.of(document) if admission else document
    if isinstance(admitted, Refusal) and not (reason and admitted.keeps_text):
        findings.drop(document.source, admitted.reason, admitted.detail, document.text if admitted.keeps_text else "")
        return None
    if reason:
        findings.drop(document.source, reason, detail, document.text)
    return admitted if isinstance(admitted, Document) and not reason else None


def _own_documents(file: TextFile, language: str, settings: CorpusSettings, findings: Findings) -> Iterator[Document]:
    """Yield the documents that Mbegu kept and a person named, with the papers and the source that they have there.

    Raises:
        DamageError: the file is damaged.
    """
    findings.formats["documents"] += 1
    for document in read_parquet(file.path):
        if None in (document.text, document.source, document.licence, document.contributor):
            raise DamageError("a document of it is not whole", file.path, "clean the text again")
        licence = settings.licence if document.licence.strip().lower() in ("", UNKNOWN) else document.licence
        yield replace(document, language=language, licence=licence, contributor=document.contributor or settings.contributor)


def _texts_of(file: TextFile, context: Context) -> Iterator[RawText]:
    """Yield the texts of one file; what stops the reading is recorded."""
    findings = context.findings
    try:
        yield from read_source(file.source(), context)
    except Exception as error:
        findings.drop(file.name, *failure(error))


def _pieces(raw: RawText, pieces: Iterator[Piece], findings: Findings) -> Iterator[Piece]:
    """Yield the pieces of a text; what stops the decoding of it, which happens here, is recorded."""
    try:
        yield from pieces
    except Exception as error:
        findings.drop(raw.source, *failure(error))


def _document(raw: RawText, piece: Piece, language: str, settings: CorpusSettings, findings: Findings) -> tuple[Document, str, str]:
    """Return the document that a piece makes, and why it is none with a detail, empty where it is one."""
    made = normalise(piece.text)
    findings.removed_controls += made.removed_controls
    findings.replaced_characters += made.replaced
    reason = _why_not(made, settings)
    findings.nfc_documents += made.nfc_changed and not reason
    source = _place(raw, piece)
    document = Document(document_id(source, made.text), made.text, raw.language or language, source, settings.licence, settings.contributor)
    return raw.papers_on(document) if isinstance(raw, GivenDocument) else document, reason, _detail(reason, made)


def _place(raw: RawText, piece: Piece) -> str:
    """Return where a document stands: ``a.txt``, ``a.txt#121`` (line), ``rows.csv#17`` (row), ``rows.csv#17:40`` (line of a row's text)."""
    line = str(piece.first_line) if piece.cut else ""
    place = ":".join(part for part in (raw.place, line) if part)
    return f"{raw.source}#{place}" if place else raw.source


def _why_not(made: Normalised, settings: CorpusSettings) -> str:
    if not made.text:
        return EMPTY
    if made.replaced > settings.max_undecodable * len(made.text):
        return UNDECODABLE
    if len(made.text.encode("utf-8")) < settings.min_document_bytes:
        return TOO_SHORT
    if not any(character.isalpha() for character in made.text):
        return NO_LETTERS
    return ""


def _detail(reason: str, made: Normalised) -> str:
    if reason != UNDECODABLE:
        return ""
    return f"{made.replaced:,} of {len(made.text):,} characters could not be decoded: name its encoding under 'encoding' in [corpus]"
