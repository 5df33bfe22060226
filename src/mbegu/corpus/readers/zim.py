"""ZIM, the archives of offline wikis and books: each page of text is a text of its own. Read by the optional ``libzim``."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mbegu.corpus.findings import DAMAGED, TOO_LARGE, UNSUPPORTED, Findings, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.html import page_text
from mbegu.corpus.source import RawText, Source

HOW_TO_INSTALL = "install it: pip install libzim"


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the pages in the order of the archive; redirects, pictures and styles are passed over. The path of a page is its place.

    Raises:
        ReadError: ``libzim`` is not installed, the archive is damaged or stands inside another one.
    """
    try:
        from libzim.reader import Archive
    except ImportError as error:
        raise ReadError(UNSUPPORTED, f"this needs 'libzim', which is not installed; {HOW_TO_INSTALL}") from error
    with source.open() as stream:
        # A member of an archive also has a name, which must never be opened as a path.
        path = stream.raw.name if isinstance(stream, io.BufferedReader) and isinstance(stream.raw, io.FileIO) else None
    if not isinstance(path, (str, Path)):
        raise ReadError(UNSUPPORTED, "a ZIM inside another archive: take it out")
    try:
        archive = Archive(Path(path))
        count = archive.all_entry_count
    except (RuntimeError, ValueError, OSError) as error:
        raise ReadError(DAMAGED, f"no sound ZIM: {error}") from error
    quiet = Context(context.settings, Findings(), context.depth, context.allowance, context.language)
    for i in range(count):
        yield from _page(archive, i, source, context, quiet)


def _page(archive: Any, i: int, source: Source, context: Context, quiet: Context) -> Iterator[RawText]:
    """Yield the text of an entry if it is a page; one that cannot be read is listed and does not cost the rest."""
    place = str(i)
    try:
        entry = archive._get_entry_by_id(i)
        if entry.is_redirect:
            return
        item = entry.get_item()
        if not item.mimetype.startswith(("text/html", "application/xhtml")):
            return
        place = str(entry.path)
        if item.size > context.settings.max_file_bytes:
            raise ReadError(TOO_LARGE, f"a page of {item.size:,} bytes")
        text = page_text(bytes(item.content), f"{source.name}#{place}", quiet)
    except ReadError as error:
        context.findings.drop(f"{source.name}#{place}", error.reason, error.detail)
    except (RuntimeError, ValueError, OSError, KeyError, UnicodeDecodeError) as error:
        context.findings.drop(f"{source.name}#{place}", DAMAGED, f"an entry of the ZIM: {error}")
    else:
        if text:
            yield RawText(source.name, place, [text])
