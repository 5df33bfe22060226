"""Stubs: documents of which next to nothing is left once tables, lists and boilerplate are gone.

A document that lost nothing is never a stub, however short: corpora of single sentences are text. Nor is one of which a whole sentence is left.
"""

from __future__ import annotations

import numpy as np

from mbegu.corpus.filters.batch import END, LETTER, LONG_LETTERS, Batch, Mask
from mbegu.corpus.keys import Counts

NAME = "stub"
MEASURES = "letters that are left of a document after other lines were dropped, and the share of its letters that they are"
MIN_LETTERS = 80
MIN_SHARE = 0.5
LEAST_LETTERS = 25


def find_stubs(batch: Batch, kept: Mask, letters_before: Counts) -> Mask:
    """Return which documents [documents] are stubs.

    Args:
        batch: the lines.
        kept: lines [lines] that are kept so far.
        letters_before: letters of each document as it was read [documents].
    """
    left = batch.document_sums(np.where(kept, batch.counts[:, LETTER], 0))
    lost = left < letters_before
    sentences = batch.document_sums(kept & (batch.counts[:, END] > 0) & (batch.letters >= LONG_LETTERS))
    stub: Mask = lost & ((left < LEAST_LETTERS) | ((left < MIN_LETTERS) & (left < MIN_SHARE * letters_before) & (sentences == 0)))
    return stub
