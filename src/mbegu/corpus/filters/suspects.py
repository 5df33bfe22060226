"""Suspects of machine translation and model writing. They are marked in a document's ``meta`` and never dropped.

Two weak signs that need no words: sentences of nearly the same length throughout, and the form in which chat programs like to answer
(lists whose items begin with bold type and a colon). Neither proves anything: minutes and recipes are written like this by people, and
most machine-written text shows neither sign. A speaker must look.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import END, Batch

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
    bounds = np.searchsorted(batch.owner, np.arange(batch.documents + 1)).tolist()
    for number in np.flatnonzero(_variations(batch) < MIN_VARIATION).tolist():
        found[number].append("even sentences")
    starred = {int(batch.owner[i]) for i in batch.lines_with("*").tolist() if "**" in batch.lines[i]}
    for number in sorted(starred):
        lines = batch.lines[bounds[number] : bounds[number + 1]]
        forms = sum(_FORM.match(line) is not None for line in lines)
        if forms >= MIN_FORM_LINES and forms >= MIN_FORM_SHARE * sum(bool(line.strip()) for line in lines):
            found[number].append("form of chat answers")
    return found


def _variations(batch: Batch) -> npt.NDArray[np.float64]:
    """Return for each document the standard deviation of the lengths of its sentences divided by their mean; 1 for too few sentences."""
    is_end = batch.kinds == END
    is_end[:-1] &= batch.kinds[1:] != END
    ends = np.flatnonzero(is_end)
    owner = batch.owner[np.searchsorted(batch.starts, ends, side="right") - 1]
    lengths = np.diff(ends)
    good = (owner[1:] == owner[:-1]) & (lengths >= MIN_SENTENCE_LETTERS)
    owner, lengths = owner[1:][good], lengths[good].astype(np.float64)
    count = np.bincount(owner, minlength=batch.documents)
    mean = np.bincount(owner, weights=lengths, minlength=batch.documents) / np.maximum(count, 1)
    square = np.bincount(owner, weights=lengths**2, minlength=batch.documents) / np.maximum(count, 1)
    return np.where(count >= MIN_SENTENCES, np.sqrt(np.maximum(square - mean**2, 0)) / np.maximum(mean, 1), 1.0)
