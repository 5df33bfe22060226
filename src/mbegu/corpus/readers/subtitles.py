"""Subtitles (.srt, .vtt): what is said, without numbers, times, positions, styles and the names of voices.

The lines of one subtitle are joined, for they break where the picture ends and not where the sentence does; each subtitle is a line, and
a pause of several seconds a blank line. A line that is there already is not given again: captions that roll up repeat themselves.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from mbegu.corpus.decode import decode
from mbegu.corpus.lines import bounded_lines
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

LINE_BYTES = 1 << 16
PAUSE_S = 4.0
MAX_CUE_LINES = 200
_TIMES = re.compile(r"^\s*((?:\d{1,4}:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?)\s*-->\s*((?:\d{1,4}:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?)")
_TAG = re.compile(r"</?[A-Za-z0-9][^<>\n]{0,300}>|\{\\[^{}\n]{1,200}\}")
_DASH = re.compile(r"^\s*[-\u2010-\u2015]\s*\S")
_NUMBER = re.compile(r"^\s*\d+\s*$")


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield what is said as one text. Raises ``ReadError`` when the bytes are not text."""
    yield RawText(source.name, "", spoken(bounded_lines(decode(source, context.findings, context.settings.encoding), LINE_BYTES)))


def spoken(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines that are said, with a blank line at each pause."""
    said: list[str] = []
    ended_s = 0.0
    for start_s, end_s, cue in _cues(lines):
        new = [line for line in _joined(cue) if line not in said]
        if new and ended_s and start_s - ended_s >= PAUSE_S:
            yield "\n"
        yield from (f"{line}\n" for line in new)
        if new or not cue:
            said = [*said[-1:], *new]
        ended_s = end_s


def _cues(lines: Iterable[str]) -> Iterator[tuple[float, float, list[str]]]:
    """Yield the start, the end and the lines of each subtitle; what stands outside one (styles, notes) is passed over."""
    times: tuple[float, float] | None = None
    held: list[str] = []
    for line in lines:
        match = _TIMES.match(line)
        if match:
            if times:  # no blank line between two: the last line may be the number of this one
                yield (*times, held[:-1] if held and _NUMBER.match(held[-1]) else held)
            times, held = (_seconds(match[1]), _seconds(match[2])), []
        elif times and (not line.strip() or len(held) >= MAX_CUE_LINES):
            yield (*times, held)
            times, held = None, []
        elif times:
            held.append(line.rstrip("\n"))
    if times:
        yield (*times, held)


def _joined(cue: list[str]) -> list[str]:
    """Return the lines of a subtitle as one, or as many as there are speakers where dashes tell."""
    plain = [html.unescape(_TAG.sub("", line)).strip() for line in cue]
    turns: list[str] = []
    for line in filter(None, plain):
        if turns and not _DASH.match(line):
            turns[-1] += f" {line}"
        else:
            turns.append(line)
    return turns


def _seconds(time: str) -> float:
    seconds = 0.0
    for part in time.replace(",", ".").split(":"):
        seconds = 60 * seconds + float(part)
    return seconds
