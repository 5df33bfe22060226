"""One file a format: bytes in, texts out. The table says which ending is read by which; readers are loaded when needed.

To add a format, write a module here with ``read(source, context)`` and name its endings in the table.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Protocol, cast

from mbegu.corpus.findings import UNSUPPORTED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.sniff import format_by_content
from mbegu.corpus.source import RawText, Source

READERS = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "delimited",
    ".tsv": "delimited",
    ".tab": "delimited",
    ".parquet": "parquet",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".docx": "docx",
    ".odt": "odt",
    ".epub": "epub",
    ".pdf": "pdf",
    ".zip": "archive",
    ".bz2": "compressed",
    ".gz": "compressed",
    ".xz": "compressed",
    ".json": "json",
    ".xml": "xml",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".stm": "stm",
    ".textgrid": "textgrid",
    ".eaf": "eaf",
    ".tmx": "tmx",
    ".po": "po",
    ".conll": "conll",
    ".conllu": "conll",
    ".zim": "zim",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".tif": "image",
    ".tiff": "image",
}


class Reader(Protocol):
    """What a module of a format offers."""

    def read(self, source: Source, context: Context) -> Iterator[RawText]:
        """Yield the texts of a source. Raises ``ReadError`` when it cannot be read."""
        ...


def read_source(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the texts of one source by the reader for its ending, or for its content where formats share an ending.

    A source with another ending or none is read as plain text when its content plainly is: corpora often carry the language code
    as ending.

    Raises:
        ReadError: it cannot be read, or nothing reads its format.
        OSError: the disk or the file system refuses.
    """
    name = READERS.get(source.suffix)
    if name is None:
        from mbegu.corpus.readers.text import is_plainly_text

        if not is_plainly_text(source):
            raise ReadError(UNSUPPORTED, f"endings that are read: {' '.join(sorted(READERS))}")
        context.findings.note(source.name, "has another ending, but its content is plain text: read as such")
        name = "text"
    name = format_by_content(source, name)
    context.findings.formats[name] += 1
    reader = cast(Reader, importlib.import_module(f"mbegu.corpus.readers.{name}"))
    yield from reader.read(source, context)
