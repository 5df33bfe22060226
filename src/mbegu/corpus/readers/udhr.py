"""The Universal Declaration of Human Rights in the XML of the UDHR in Unicode project: titles and paragraphs, a line each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.xml import stream_xml
from mbegu.corpus.source import RawText, Source

_ROOT = re.compile(r"<udhr\b[^>]*>")
_CODE = re.compile(r"""iso639-3=['"]([a-z]{3})['"]""")
_SCRIPT = re.compile(r"""iso15924=['"]([A-Z][a-z]{3})['"]""")
_HEAD_BYTES = 4096
_UNDECIDED = ("und", "mul", "zxx", "mis")


def recognises(head: str) -> bool:
    """Whether XML begins as the declaration does."""
    return bool(_ROOT.search(head))


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the declaration as one text, in the language that it names. Raises ``ReadError`` when it is damaged or hostile."""
    with source.open() as stream:
        root = _ROOT.search(stream.read(_HEAD_BYTES).decode("utf-8", "replace"))
    code, script = (pattern.search(root[0]) if root else None for pattern in (_CODE, _SCRIPT))
    language = "" if not code or code[1] in _UNDECIDED else f"{code[1]}_{script[1]}" if script else code[1]
    yield RawText(source.name, "", _lines(source), language)


def _lines(source: Source) -> Iterator[str]:
    for element in stream_xml(source, ("title", "para")):
        text = " ".join("".join(element.itertext()).split())
        if text:
            yield f"{text}\n"
