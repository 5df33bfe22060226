"""Where sentences begin and end, by their signs in many scripts; no language is known here."""

from __future__ import annotations

import re

# Ends of sentences in Latin, Arabic, Ethiopic, Devanagari, Khmer, Myanmar, CJK, N'Ko, Armenian and Adlam text. A full stop between
# figures (2.5) or after a single letter (J. Nyerere) ends none.
_END = re.compile("(?:(?<![\\s.]\\w)(?<!^\\w)\\.(?=[\"'”’»)\\]]*(?:\\s|$))|[!?…؟۔।፧።॥។៕၊။。！？߹։\U0001e95e\U0001e95f])+[\"'”’»)\\]]*\\s*|\n+")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of each sentence in code points, without the space around it; a line end ends a sentence too."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return spans


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [text[start:end] for start, end in sentence_spans(text)]


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if piece.strip():
        spans.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
