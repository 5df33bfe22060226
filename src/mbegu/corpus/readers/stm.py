"""Transcripts of speech in NIST's form (.stm): file, channel, speaker, begin, end, labels, then the words.

Each segment is a line; a blank line where the speaker changes. Names of speakers are not given. Marks of the transcript go: ``[noise]``,
``%hesitation``, ``<sound>``, the braces around words said in two ways (the first stays) and marks of the language of a word (``:fra``);
the words themselves stay, also those of another language.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mbegu.corpus.decode import decode
from mbegu.corpus.findings import BROKEN_ROW, Findings
from mbegu.corpus.lines import bounded_lines
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

LINE_BYTES = 1 << 16
_SEGMENT = re.compile(r"^\s*(\S+)\s+(\S+)\s+(\S+)\s+(\d+(?:\.\d*)?)\s+(\d+(?:\.\d*)?)\s+(?:<[^<>\s]*>\s*)?(.*)$", re.DOTALL)
_NOT_SPEECH = re.compile(r"^(?:ignore_time_segment_in_scoring|inter_segment_gap|excluded_region)$", re.IGNORECASE)
_EVENT = re.compile(r"\[[^\[\]\n]{0,60}\]|<[^<>\n]{1,60}>|(?<!\S)(?:%+\w*|\*+|\(\))(?!\S)")
_ALTERNATIVES = re.compile(r"\{([^{}/\n]{0,300})(?:/[^{}\n]{0,300})?\}")
_LONE_MARK = re.compile(r"(?<!\S):([A-Za-z]{2,3})(?!\S)")
_MARK = re.compile(r"(?<!\s)\s*:([A-Za-z]{2,3})(?![^\W\d_])")


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield what is said as one text. Raises ``ReadError`` when the bytes are not text."""
    marks = {mark.lower() for line in _lines(source, context, Findings()) for mark in _LONE_MARK.findall(line)}
    yield RawText(source.name, "", _segments(source, context, marks))


def _lines(source: Source, context: Context, findings: Findings) -> Iterator[str]:
    return bounded_lines(decode(source, findings, context.settings.encoding), LINE_BYTES)


def _segments(source: Source, context: Context, marks: Collection[str]) -> Iterator[str]:
    before = ""
    for number, line in enumerate(_lines(source, context, context.findings), 1):
        if not line.strip() or line.lstrip().startswith(";;"):
            continue
        match = _SEGMENT.match(line)
        if not match:
            context.findings.drop(f"{source.name}#{number}", BROKEN_ROW, "no segment: file, channel, speaker, begin, end and words", line)
            continue
        text, speaker = words(match[6], marks), match[3]
        if not text or _NOT_SPEECH.match(text) or _NOT_SPEECH.match(speaker):
            continue
        yield f"\n{text}\n" if before and speaker != before else f"{text}\n"
        before = speaker


def words(text: str, marks: Collection[str]) -> str:
    """Return the words of a segment without the marks of the transcript.

    Args:
        text: the words as written.
        marks: the codes that stand alone after a colon somewhere in the file (``:fra``); typists also glue them to the word before.
    """
    text = _ALTERNATIVES.sub(r"\1", _EVENT.sub(" ", text))
    if marks:
        text = _MARK.sub(lambda match: " " if match[1].lower() in marks else match[0], text)
    return " ".join(text.split())
