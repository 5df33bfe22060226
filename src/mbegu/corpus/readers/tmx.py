"""Translation memories (.tmx): each language apart, a segment a line.

When the file has a side in the language of the project, only this side is read; else each side is a text of its own, and its place says
the language. Sides are read one after another, so the memory of one segment is enough for a file of any size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from mbegu.corpus.findings import EMPTY, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.languages import main_code, same_language
from mbegu.corpus.readers.xml import local_name, stream_xml
from mbegu.corpus.source import RawText, Source

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Content of these is code of the format the text came from; <hi> and <sub> hold text.
_CODES = frozenset(["bpt", "ept", "it", "ph", "ut"])


def recognises(head: str) -> bool:
    """Whether XML begins as a translation memory does."""
    return "<tmx" in head


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield one text for each language.

    Raises:
        ReadError: it is damaged or hostile, or holds no segments.
    """
    sides: Counter[str] = Counter(language for language, text in _segments(source) if text)
    if not sides:
        raise ReadError(EMPTY, "it holds no segments")
    own = [side for side in sides if same_language(side, context.language)]
    if own and len(own) < len(sides):
        others = ", ".join(f"{side} ({count:,})" for side, count in sides.items() if side not in own)
        context.findings.note(source.name, f"sides in other languages were left out: {others}")
    for side in own or sides:
        yield RawText(source.name, side, _side(source, side), context.language if own else main_code(side))


def _side(source: Source, side: str) -> Iterator[str]:
    return (f"{text}\n" for language, text in _segments(source) if language == side and text)


def _segments(source: Source) -> Iterator[tuple[str, str]]:
    for unit in stream_xml(source, ("tu",)):
        for variant in unit.iterchildren("{*}tuv"):
            language = variant.get(_LANG) or variant.get("lang") or ""
            for segment in variant.iterchildren("{*}seg"):
                yield language, " ".join(_text(segment).split())


def _text(element: Any) -> str:
    parts = [element.text or ""]
    for child in element:
        parts += ["" if local_name(child) in _CODES or not local_name(child) else _text(child), child.tail or ""]
    return "".join(parts)
