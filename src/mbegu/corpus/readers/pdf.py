"""PDF, by pypdf: the text layer page by page; lines end where the page's lines end. Pages that are pictures go through Tesseract."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mbegu.corpus.findings import DAMAGED, EMPTY, PROTECTED, UNSUPPORTED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.failure import NOT_OF_THE_FILE
from mbegu.corpus.readers.ocr import recognise
from mbegu.corpus.readers.pdf_image import scanned_page
from mbegu.corpus.source import RawText, Source

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_RAISED = (MemoryError, *NOT_OF_THE_FILE)
# Programs draw lines from the left in any script. pypdf turns the letters of scripts that run from the right round again, but leaves the Latin
# stop that ends such a line, drawn first, in front of it (seen with pypdf 7.1). Hebrew, Arabic, Syriac, Thaana and N'Ko letters.
_STRAY_STOP = re.compile("^([.:!]+)([\u0590-\u07ff\u08a0-\u08ff\ufb1d-\ufdff\ufe70-\ufefc][^\n]*)$", re.MULTILINE)


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the document as one text, a line with a page break (form feed) between pages.

    Raises:
        ReadError: it is damaged, protected by a password, or holds no text.
    """
    with source.seekable(context.settings.max_file_bytes) as stream, _quiet_pypdf():
        try:
            pages = _pages(stream, source, context)
        except (ReadError, *_RAISED):
            raise
        except Exception as error:  # pypdf raises many kinds on damaged files, also ValueError, KeyError, RecursionError
            raise ReadError(DAMAGED, f"not a sound PDF: {type(error).__name__}: {error}") from error
    if not any(page.strip() for page in pages):
        raise ReadError(EMPTY, "it holds no text, and no scanned page that could be taken out and recognised")
    yield RawText(source.name, "", ("\n\f\n".join(pages),))  # page breaks: whoever cites needs them, normalising makes them blank lines


def _pages(stream: object, source: Source, context: Context) -> list[str]:
    pages = _opened(stream).pages
    texts: list[str] = []
    failed: set[int] = set()
    for number, page in enumerate(pages, 1):
        try:
            texts.append(_STRAY_STOP.sub(r"\2\1", page.extract_text().replace("\f", "\n")))
        except _RAISED:
            raise
        except Exception:  # one broken page must not cost the book, nor the numbers of those behind it
            failed.add(number)
            texts.append("")
    scanned = _recognise_scans(pages, texts, failed, source, context)
    if scanned:
        context.findings.note(source.name, f"{scanned} of {len(texts)} pages are scans: their text was recognised or is listed; check it")
    if failed:
        context.findings.note(source.name, f"{len(failed)} of {len(texts)} pages could not be read")
    return texts


def _opened(stream: object) -> PdfReader:
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(stream, strict=False)  # type: ignore[arg-type]
    if reader.is_encrypted:
        try:
            opened = reader.decrypt("") != PasswordType.NOT_DECRYPTED
        except _RAISED:
            raise
        except Exception:  # AES needs a library that is not installed; the file is protected either way
            opened = False
        if not opened:
            raise ReadError(PROTECTED, "save it without a password")
    return reader


def _recognise_scans(pages: Sequence[PageObject], texts: list[str], failed: set[int], source: Source, context: Context) -> int:
    """Put the text of scanned pages in its place; those that cannot be recognised are listed, if any page of the book holds text.

    Args:
        pages: all pages.
        texts: their text; that of scanned pages, empty so far, is filled in.
        failed: numbers of the pages that could not be read; those whose picture is broken are added.
        source: the book.
        context: settings and findings.

    Returns:
        How many pages are scans.

    Raises:
        ReadError: no page holds text, and a scanned one cannot be recognised.
    """
    scanned = 0
    refused: dict[int, ReadError] = {}
    for number, page in enumerate(pages, 1):
        if texts[number - 1].strip() or number in failed:
            continue
        try:
            image = scanned_page(page)
        except _RAISED:
            raise
        except Exception:  # as for the text of a page
            failed.add(number)
            continue
        if image is None:
            continue
        scanned += 1
        try:
            texts[number - 1] = recognise(image, f"{source.name}-{number:04}{_ending(image)}", context)
        except ReadError as error:
            refused[number] = error
            if error.reason == UNSUPPORTED and not any(text.strip() for text in texts):
                raise  # it is so for every page: nothing to look for
    if refused and not any(text.strip() for text in texts):
        raise refused[min(refused)]
    for number, refusal in refused.items():
        context.findings.drop(f"{source.name}#page {number}", refusal.reason, refusal.detail)
    return scanned


def _ending(image: bytes) -> str:
    return ".png" if image[:4] == b"\x89PNG" else ".jpg" if image[:2] == b"\xff\xd8" else ".tif" if image[:2] == b"II" else ".jp2"


@contextlib.contextmanager
def _quiet_pypdf() -> Iterator[None]:
    """Keep pypdf's remarks on sloppy files off the terminal."""
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
