"""Pictures of text (.png, .jpg, .tif): scans and photographs of pages."""

from __future__ import annotations

from collections.abc import Iterator

from mbegu.corpus.findings import DAMAGED, EMPTY, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.ocr import recognise
from mbegu.corpus.source import RawText, Source

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the text of the picture.

    Raises:
        ReadError: it is no picture, holds no text, or Tesseract or its data for the language is not installed.
    """
    data = source.read_all(context.settings.max_file_bytes)
    if not data.startswith(_MAGIC):
        raise ReadError(DAMAGED, "the name says a picture, but it is none")
    text = recognise(data, source.name, context)
    if not text:
        raise ReadError(EMPTY, "no text was recognised in the picture")
    context.findings.note(source.name, "its text was recognised from a picture: check it, mistakes are likely")
    yield RawText(source.name, "", [text])
