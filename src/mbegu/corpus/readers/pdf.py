"""PDF, by pypdf: the text layer page by page; lines end where the page's lines end. Pages that are pictures go through Tesseract."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator

from mbegu.corpus.findings import DAMAGED, EMPTY, PROTECTED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.ocr import recognise
from mbegu.corpus.readers.pdf_image import scanned_page
from mbegu.corpus.source import RawText, Source

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
        except ReadError:
            raise
        except Exception as error:  # pypdf raises many kinds on damaged files, also ValueError, KeyError, RecursionError
            raise ReadError(DAMAGED, f"not a sound PDF: {type(error).__name__}: {error}") from error
    if not any(page.strip() for page in pages):
        raise ReadError(EMPTY, "it holds no text, and no scanned page that could be taken out and recognised")
    yield RawText(source.name, "", ("\n\f\n".join(pages),))  # page breaks: whoever cites needs them, normalising makes them blank lines


def _pages(stream: object, source: Source, context: Context) -> list[str]:
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(stream, strict=False)  # type: ignore[arg-type]
    if reader.is_encrypted:
        try:
            opened = reader.decrypt("") != PasswordType.NOT_DECRYPTED
        except Exception:  # AES needs a library that is not installed; the file is protected either way
            opened = False
        if not opened:
            raise ReadError(PROTECTED, "save it without a password")
    texts: list[str] = []
    failed = scanned = 0
    for number, page in enumerate(reader.pages, 1):
        try:
            text = _STRAY_STOP.sub(r"\2\1", page.extract_text().replace("\f", "\n"))
            image = None if text.strip() else scanned_page(page)
        except Exception:  # one broken page must not cost the book, nor the numbers of those behind it
            failed += 1
            texts.append("")
            continue
        if image is not None:
            scanned += 1
            text = _recognised(image, number, source, context, has_text=any(text.strip() for text in texts))
        texts.append(text)
    if scanned:
        context.findings.note(source.name, f"{scanned} of {len(texts)} pages are scans: their text was recognised or is listed; check it")
    if failed:
        context.findings.note(source.name, f"{failed} of {len(texts)} pages could not be read")
    return texts


def _recognised(image: bytes, number: int, source: Source, context: Context, *, has_text: bool) -> str:
    """Return the text of a scanned page; where it cannot be recognised it is listed, if other pages of the book hold text."""
    try:
        return recognise(image, f"{source.name}-{number:04}{_ending(image)}", context)
    except ReadError as error:
        if not has_text:
            raise
        context.findings.drop(f"{source.name}#page {number}", error.reason, error.detail)
        return ""


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
