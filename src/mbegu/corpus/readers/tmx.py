"""Translation memories (.tmx): each language apart, a segment a line.

When the file has a side in the language of the project, only this side is read; else each side is a text of its own, and its place says
the language. A large side is read by itself, so the memory of one segment is enough for it; small ones are gathered together, for there may
be as many as segments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mbegu.corpus.findings import EMPTY, ReadError
from mbegu.corpus.readers.columns import SHOWN_NAMES
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.languages import main_code, same_language
from mbegu.corpus.readers.xml import local_name, stream_xml
from mbegu.corpus.source import RawText, Source

GATHERED_CHARACTERS = 16_000_000
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
    sides: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for language, text in _segments(source):
        sides[language] += 1
        sizes[language] += len(text)
    if not sides:
        raise ReadError(EMPTY, "it holds no segments")
    own = dict.fromkeys(side for side in sides if same_language(side, context.language))
    if own and len(own) < len(sides):
        others = [f"{side} ({count:,})" for side, count in sides.items() if side not in own]
        more = [f"and {len(others) - SHOWN_NAMES:,} more"] if len(others) > SHOWN_NAMES else []
        context.findings.note(source.name, f"sides in other languages were left out: {', '.join(others[:SHOWN_NAMES] + more)}")
    for group in _groups({side: sizes[side] for side in own or sides}):
        for side, lines in _lines_of(source, group):
            yield RawText(source.name, side, lines, context.language if own else main_code(side))


def _groups(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Yield the sides in their order, as many together as may be gathered in memory."""
    group: list[str] = []
    size = 0
    for side, own in sizes.items():
        if group and size + own > GATHERED_CHARACTERS:
            yield group
            group, size = [], 0
        group.append(side)
        size += own
    yield group


def _lines_of(source: Source, group: Sequence[str]) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield each of some sides with its lines; the file is read once for all of them."""
    if len(group) == 1:
        yield group[0], (f"{text}\n" for language, text in _segments(source) if language == group[0])
        return
    gathered: dict[str, list[str]] = {side: [] for side in group}
    for language, text in _segments(source):
        if language in gathered:
            gathered[language].append(f"{text}\n")
    yield from gathered.items()


def _segments(source: Source) -> Iterator[tuple[str, str]]:
    """Yield each segment that holds text with its language."""
    for unit in stream_xml(source, ("tu",)):
        for variant in unit.iterchildren("{*}tuv"):
            language = variant.get(_LANG) or variant.get("lang") or ""
            for segment in variant.iterchildren("{*}seg"):
                if text := " ".join(_text(segment).split()):
                    yield language, text


def _text(element: Any) -> str:
    parts = [element.text or ""]
    for child in element:
        parts += ["" if local_name(child) in _CODES or not local_name(child) else _text(child), child.tail or ""]
    return "".join(parts)
