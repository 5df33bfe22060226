"""Titles and headings that stand between paragraphs, and labels and captions of one line.

Only where a line holds a whole paragraph, as the corpus itself shows: there a short line is hardly ever text. The filter is off for a kind of
text (one folder, one file ending) where lines are sentences, where sentences are not ended by a sign, and where short lines make up more
than a little of the text, as dialogue and verse do. A document without any long line is left alone, and so is a stanza.
"""

from __future__ import annotations

import numpy as np

from mbegu.corpus.filters.batch import END, LONG_LETTERS, Batch, Limit, Mask
from mbegu.corpus.filters.lists import LEADS_ON, WIDE_LETTERS, find_stanzas
from mbegu.corpus.keys import Counts

NAME = "title or heading"
MEASURES = "letters of a line with a full stop; one or two short lines between paragraphs, and those without one, are titles, headings or captions"
MIN_LONG_LINES = 100  # fewer say too little about how a text is written
MIN_ENDS_OF_LINE = 1.5  # sentences that end in a long line, in the mean: about 1 where a line is a sentence or wrapped, 2 and more in paragraphs
MAX_SHARE_WITHOUT_END = 0.2
MAX_SHORT_SHARE = 0.1
MOST_TOGETHER = 2  # a third short line is a list, or talk
MAX_ENDED_LETTERS = 25  # a heading with a full stop after it is shorter than most sentences
SPOKEN_ENDS = '?!؟߹…？！"”»’)'  # a short line that ends in one of these is asked, cried or quoted


def choose(long: int, long_without_end: int, short: int, long_lines: int, long_ends: int, tiny: int, middle: int) -> Limit:
    """Return the limit for one kind of text: below how many letters a line with a full stop is a heading too; 0 where none is.

    Args:
        long: letters in its long lines.
        long_without_end: of these, letters in lines in which no sentence ends.
        short: letters in short lines that are neither in lists nor no text by their form.
        long_lines: how many long lines there are.
        long_ends: ends of sentences in them.
        tiny: lines with the end of a sentence and fewer letters than such a heading may have.
        middle: lines with the end of a sentence and once to twice as many.
    """
    if long_lines < MIN_LONG_LINES:
        return Limit(None, f"off: only {long_lines:,} long lines, {MIN_LONG_LINES} are needed to know how this is written")
    ends, unmarked, share = long_ends / long_lines, long_without_end / max(1, long), short / max(1, short + long)
    if ends < MIN_ENDS_OF_LINE:
        return Limit(None, f"off: {ends:.1f} sentences end in a long line, so a line is no paragraph here")
    if unmarked > MAX_SHARE_WITHOUT_END:
        return Limit(None, f"off: {100 * unmarked:.0f} % of the letters of long lines stand in lines without the end of a sentence")
    if share > MAX_SHORT_SHARE:
        return Limit(None, f"off: {100 * share:.0f} % of the letters stand in short lines outside lists, so they are text here")
    why = f"{ends:.1f} sentences end in a long line, {100 * share:.1f} % of the letters stand in short lines outside lists; "
    # Sentences of all lengths grow fewer towards the shortest; where those are more than the next longer ones they are something else.
    if tiny <= middle:
        return Limit(0, f"{why}no lines with a full stop: {tiny:,} are shorter than {MAX_ENDED_LETTERS} letters, {middle:,} up to twice as long")
    return Limit(MAX_ENDED_LETTERS, f"{why}{tiny:,} lines with a full stop are shorter than that, only {middle:,} up to twice as long")


def ended_lines(batch: Batch) -> tuple[Mask, Mask]:
    """Return which lines [lines] end a sentence and have fewer letters than a heading may have, and which once to twice as many."""
    ended = batch.counts[:, END] > 0
    is_tiny = batch.letters < MAX_ENDED_LETTERS
    return ended & is_tiny & (batch.letters > 0), ended & ~is_tiny & (batch.letters < 2 * MAX_ENDED_LETTERS)


def find_titles(batch: Batch, is_out: Mask, most_ended: Counts) -> Mask:
    """Return which lines [lines] are titles or headings.

    Args:
        batch: the lines.
        is_out: those dropped for another reason [lines].
        most_ended: the limit of the kind of text that each line belongs to [lines].
    """
    is_text = ~batch.is_blank & ~is_out
    is_long = batch.letters >= LONG_LETTERS
    ends = batch.counts[:, END]
    is_paragraph = is_text & is_long & (ends > 0)
    beside_paragraphs = batch.document_sums(is_paragraph)[batch.owner] > 0
    is_short = is_text & ~is_long & beside_paragraphs
    found: Mask = is_short & (ends == 0) & (_run_sizes(batch, is_text, is_long | (ends > 0)) <= MOST_TOGETHER)
    found |= _first_lines(batch, is_text, is_long & (ends == 0) & (batch.letters < WIDE_LETTERS) & beside_paragraphs)
    found |= is_short & (ends == 1) & (batch.letters < most_ended) & (_run_sizes(batch, is_text, is_long) <= MOST_TOGETHER)
    if not found.any():
        return found
    found &= ~find_stanzas(batch, is_text)
    for line in np.flatnonzero(found).tolist():
        found[line] = batch.lines[line].rstrip()[-1:] not in (SPOKEN_ENDS if ends[line] else LEADS_ON)
    return found


def _first_lines(batch: Batch, is_text: Mask, wanted: Mask) -> Mask:
    """Return which lines [lines] of those ``wanted`` are the first text of their document with a blank line below."""
    found = np.zeros(len(wanted), dtype=bool)
    candidates = np.flatnonzero(wanted[:-1] & batch.is_blank[1:] & (batch.owner[1:] == batch.owner[:-1]))
    if len(candidates):
        documents, first = np.unique(batch.owner[is_text], return_index=True)
        first_of = np.full(batch.documents, -1)
        first_of[documents] = np.flatnonzero(is_text)[first]
        found[candidates] = first_of[batch.owner[candidates]] == candidates
    return found


def _run_sizes(batch: Batch, is_text: Mask, breaks: Mask) -> Counts:
    """Return for each line [lines] how many lines follow one another where it stands, blank ones and those that are out apart.

    Lines of text that are ``breaks`` [lines] end a run.
    """
    new_document = np.concatenate([[True], batch.owner[1:] != batch.owner[:-1]]) if len(batch.owner) else np.zeros(0, dtype=bool)
    run = np.cumsum((is_text & breaks) | new_document)
    sizes: Counts = np.bincount(run, weights=is_text & ~breaks).astype(np.int64)[run]
    return sizes
