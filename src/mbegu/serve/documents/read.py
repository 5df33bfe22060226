"""The documents of a folder: which files there are, and the text of each in parts with their pages. The files are only ever read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mbegu.core.errors import InputError
from mbegu.core.steps import Project
from mbegu.corpus.files import TextFile, text_files
from mbegu.corpus.findings import EMPTY, UNDECODABLE, UNSUPPORTED, Findings, ReadError
from mbegu.corpus.normalise import normalise
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.failure import failure
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import RawText
from mbegu.serve.documents.passages import Part

# Endings of the formats that are documents for people: the corpus reads more (archives, Parquet, JSON lines).
FORMATS = (*(".pdf", ".docx", ".odt", ".html", ".htm", ".xhtml", ".md", ".markdown", ".txt", ".text", ".epub", ".csv", ".tsv"),)
PAGE_BREAK = "\f"  # between the pages of a PDF, and in plain text that was made from one


def list_documents(folder: Path, findings: Findings) -> list[TextFile]:
    """List the documents below a folder, sorted by name; a single file is a folder of one.

    A file whose real path lies outside the folder is left out, be it a link itself or behind a link to another folder: whoever may put
    files into the folder may not have the server quote others.

    Args:
        folder: where they are.
        findings: gets what is left out and why.

    Raises:
        InputError: the folder does not exist, or holds no document.
    """
    if not folder.exists():
        raise InputError("the folder of documents is not there", folder, "check the path")
    settings = _settings(folder)
    found = []
    for file in text_files(settings, Project(folder / ".mbegu"), findings):
        if Path(file.name).suffix.lower() in FORMATS:
            found.append(file)
        else:
            findings.drop(file.name, UNSUPPORTED, f"documents end in {' '.join(FORMATS)}")
    if not found:
        raise InputError("the folder holds no documents", folder, f"put files there that end in {' '.join(FORMATS)}")
    return found


def read_parts(file: TextFile, findings: Findings) -> list[Part]:
    """Return the text of a document, normalised, in parts with their pages or rows.

    Raises:
        ReadError: it cannot be read, or holds no text.
    """
    parts: list[Part] = []
    try:
        for raw in read_source(file.source(), Context(_settings(file.path.parent), findings)):
            parts += _parts_of(raw)
    except Exception as error:
        raise ReadError(*failure(error)) from error
    if not any(part.text for part in parts):
        raise ReadError(EMPTY, "it holds no text")
    return parts


def _parts_of(raw: RawText) -> Sequence[Part]:
    text = "".join(raw.chunks)
    pages = text.split(PAGE_BREAK)
    has_pages = len(pages) > 1 or raw.source.lower().endswith(".pdf")
    parts = []
    for number, page in enumerate(pages, 1):
        made = normalise(page)
        if made.replaced > _MOST_UNDECODABLE * max(1, len(made.text)):
            raise ReadError(UNDECODABLE, "too many characters could not be decoded: save it as UTF-8")
        parts.append(Part(made.text, number if has_pages else None, raw.place))
    return parts


_MOST_UNDECODABLE = 0.1  # as for training text, max_undecodable in [corpus]


def _settings(folder: Path) -> CorpusSettings:
    """How documents are read: all of them, papers such as a licence too, for they answer questions as well."""
    return CorpusSettings(text=(str(folder.absolute()),), leave_out=())
