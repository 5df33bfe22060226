"""Suspects of machine translation and model writing. They are marked in a document's ``meta`` and never dropped.

Two weak signs that need no words: sentences of nearly the same length throughout, and the form in which chat programs like to answer
(lists whose items begin with bold type and a colon). Neither proves anything: minutes and recipes are written like this by people, and
most machine-written text shows neither sign. A speaker must look.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from mbegu.corpus.filters.batch import END, Batch
from mbegu.corpus.lines import sentence_ends

NAME = "suspect"
MEASURES = "how much the lengths of a document's sentences vary (standard deviation by mean), and its share of lines in the form of chat answers"
MIN_SENTENCES = 10
MIN_VARIATION = 0.2
MIN_SENTENCE_LETTERS = 8
MIN_FORM_SHARE = 0.3
MIN_FORM_LINES = 3
_FORM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s+\*\*[^*\n]{2,80}\*\*")


def find_suspects(batch: Batch) -> list[list[str]]:
    """Return for each document [documents] the signs that it shows, most often none."""
    found: list[list[str]] = [[] for _ in range(batch.documents)]
    sentences = batch.document_sums(batch.counts[:, END])
    bounds = np.searchsorted(batch.owner, np.arange(batch.documents + 1)).tolist()
    for number in np.flatnonzero(sentences >= MIN_SENTENCES).tolist():
        lines = batch.lines[bounds[number] : bounds[number + 1]]
        if _variation(lines) < MIN_VARIATION:
            found[number].append("even sentences")
    starred = {int(batch.owner[i]) for i, line in enumerate(batch.lines) if "**" in line}
    for number in sorted(starred):
        lines = batch.lines[bounds[number] : bounds[number + 1]]
        forms = sum(_FORM.match(line) is not None for line in lines)
        if forms >= MIN_FORM_LINES and forms >= MIN_FORM_SHARE * sum(bool(line.strip()) for line in lines):
            found[number].append("form of chat answers")
    return found


def _variation(lines: Sequence[str]) -> float:
    """Return the standard deviation of the lengths of sentences divided by their mean; 1 for too few."""
    lengths = []
    for line in lines:
        ends = [0, *sentence_ends(line)]
        lengths += [end - start for start, end in zip(ends, ends[1:], strict=False) if end - start >= MIN_SENTENCE_LETTERS]
    if len(lengths) < MIN_SENTENCES:
        return 1.0
    return float(np.std(lengths) / np.mean(lengths))
