"""Which reader a file needs where its ending does not say: many formats are called .txt, .json, .tsv or .xml."""

from __future__ import annotations

import codecs
import importlib
from typing import Protocol, cast

from mbegu.corpus.source import Source

HEAD_BYTES = 1 << 14
# Endings, and the formats that their content is looked at for, in this order.
BY_CONTENT = {
    ".txt": ("whatsapp", "conll", "wikipage"),
    ".text": ("whatsapp", "conll", "wikipage"),
    ".tsv": ("conll",),
    ".json": ("telegram",),
    ".xml": ("mediawiki", "udhr", "tmx", "eaf", "html"),
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Recogniser(Protocol):
    """What a module of a format offers that is told by its content."""

    def recognises(self, head: str) -> bool:
        """Whether the beginning of a file is of this format."""
        ...


def format_by_content(source: Source, usual: str) -> str:
    """Return the name of the reader for a source whose ending several formats share.

    Args:
        source: the bytes; their beginning is looked at.
        usual: the reader for the ending where nothing else is recognised.
    """
    names = BY_CONTENT.get(source.suffix, ())
    if not names:
        return usual
    head = head_text(source)
    for name in names:
        module = cast(Recogniser, importlib.import_module(f"mbegu.corpus.readers.{name}"))
        if module.recognises(head):
            return name
    if usual == "json":
        from mbegu.corpus.readers.json import is_lines

        return "jsonl" if is_lines(head_text(source, 64 * HEAD_BYTES)) else usual
    return usual


def head_text(source: Source, size_bytes: int = HEAD_BYTES) -> str:
    """Return the beginning of a source as text, good enough to tell formats apart."""
    with source.open() as stream:
        head = stream.read(size_bytes)
    codec = next((codec for mark, codec in _MARKS if head.startswith(mark)), "utf-8")
    return head.decode(codec, "replace").replace("\r\n", "\n")
