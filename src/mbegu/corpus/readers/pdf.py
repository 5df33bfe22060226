"""PDF, by pypdf: the text layer page by page. Scans hold no text; lines end where the page's lines end."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from mbegu.corpus.findings import DAMAGED, EMPTY, PROTECTED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source


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
        raise ReadError(EMPTY, "it holds no text, perhaps scanned pages: recognise the text with an OCR program first")
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
    texts, failed = [], 0
    for page in reader.pages:
        try:
            texts.append(page.extract_text().replace("\f", "\n"))
        except Exception:  # one broken page must not cost the book, nor the numbers of those behind it
            failed += 1
            texts.append("")
    if failed:
        context.findings.note(source.name, f"{failed} of {len(texts)} pages could not be read")
    return texts


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
