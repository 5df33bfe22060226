"""Lists, menus and titles: runs of short lines in which no sentence ends.

Poems, songs, word lists and stories for children are short lines too. So the filter is off where such lines make up a large part of
the text of a kind (one folder, one file ending), and it never touches a paragraph in which a sentence ends, nor a stanza. Where not even long
lines hold the end of a sentence, as in transcripts of speech, the want of one says nothing: there it is off as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from mbegu.corpus.filters.batch import DIGIT, END, LETTER, LONG_LETTERS, MARK, Batch, Limit, Mask
from mbegu.corpus.keys import Counts

NAME = "list or menu"
MEASURES = "letters of a line; three and more short lines one after another in which no sentence ends are a list"
MIN_RUN = 3
WIDE_LETTERS = 3 * LONG_LETTERS  # of a line in a list, where lines are else paragraphs that end with a sign
SURE_RUN = 5
MIN_STANZA_LINES = 4
MIN_STANZA_LETTERS = 12.0  # of a line, in the mean: half a line of most metres; names in a list have about as many, but fewer words
MIN_STANZA_WORDS = 2.5  # of a line, in the mean, where words are parted by spaces
MAX_STANZA_SPREAD = 0.35  # standard deviation of the letters of its lines by their mean: verse is even, menus are not
LEADS_ON = ":："
MAX_SHARE = 0.3
MAX_SHARE_WITHOUT_END = 0.5
MAX_SHORT_SHARE = 0.5
MOST_LABEL_LETTERS = 20
MIN_LABELS = 4  # one after another, each another one
MIN_NUMBERED = 5  # lines of a document that differ in their numbers only
_LABEL = re.compile(rf"([^:.!?]{{1,{MOST_LABEL_LETTERS}}}):\s*[^\s:]")
_LETTER = re.compile(r"[^\W\d_]")


def choose(letters_in_runs: int, letters: int, long: int = 0, long_without_end: int = 0) -> Limit:
    """Return the limit for one kind of text.

    Args:
        letters_in_runs: letters in lines that the filter would drop.
        letters: all its letters.
        long: letters in its long lines.
        long_without_end: of these, letters in lines in which no sentence ends.
    """
    unmarked = long_without_end / max(1, long)
    if unmarked > MAX_SHARE_WITHOUT_END:
        return Limit(
            None, f"off: {100 * unmarked:.0f} % of the letters of long lines stand in lines without the end of a sentence: it is not written here"
        )
    short = 1 - long / max(1, letters)
    if long and short > MAX_SHORT_SHARE:
        return Limit(None, f"off: {100 * short:.0f} % of the letters stand in short lines, so that is how this text is written")
    share = letters_in_runs / max(1, letters)
    if share > MAX_SHARE:
        return Limit(
            None, f"off: {100 * share:.0f} % of the letters stand in short lines without the end of a sentence, so that is how this text is written"
        )
    return Limit(LONG_LETTERS, f"{100 * share:.1f} % of the letters stand in such lines, at most {100 * MAX_SHARE:.0f} % are allowed")


def find_runs(batch: Batch, is_out: Mask, most_letters: float = LONG_LETTERS) -> Mask:
    """Return which lines [lines] belong to a run of short lines.

    Args:
        batch: the lines.
        is_out: lines [lines] that are no running text for another reason; they go on a run and end a paragraph.
        most_letters: a line with fewer letters is short.
    """
    blank = batch.is_blank
    # A paragraph is a stretch of lines that are neither blank nor out.
    is_text = ~blank & ~is_out
    new_document = np.concatenate([[True], batch.owner[1:] != batch.owner[:-1]])
    begins = is_text & (new_document | ~np.concatenate([[False], is_text[:-1]]))
    paragraph = np.cumsum(begins) - 1
    of_text = np.flatnonzero(is_text)
    count = int(paragraph[-1]) + 1 if len(paragraph) else 0
    if not count:
        return np.zeros(len(blank), dtype=bool)
    ends = np.bincount(paragraph[of_text], weights=batch.counts[of_text, END], minlength=count)
    longest = np.zeros(count, dtype=np.int64)
    np.maximum.at(longest, paragraph[of_text], batch.letters[of_text])
    is_bare = (ends == 0) & (longest < most_letters)
    is_bare &= ~_are_stanzas(batch, of_text, paragraph[of_text], count)
    is_prose = np.zeros(len(blank), dtype=bool)
    is_prose[of_text] = ~is_bare[paragraph[of_text]]
    # A run is a stretch without prose within a document; blank lines do not count.
    run = np.cumsum(is_prose | new_document)
    sizes = np.bincount(run, weights=~blank & ~is_prose)
    found: Mask = is_text & ~is_prose & (sizes[run] >= MIN_RUN)
    return found


def find_labels(batch: Batch, is_out: Mask) -> Mask:
    """Return which lines [lines] are labels with a value, one after another, and which are the same short words with one number after another.

    ``Author: Ayọ̀`` and three such lines and more with other labels are facts about a text. In talk (``Ayọ̀: ó dára``) the same labels come back.
    ``Chapter 1`` to ``Chapter 5`` and on, with nothing more in the line, are headings. ``is_out`` [lines] may go on a run.
    """
    short = (batch.counts[:, END] == 0) & (batch.letters < LONG_LETTERS) & ~batch.is_blank
    found = np.zeros(len(short), dtype=bool)
    candidates = np.flatnonzero(short & ~is_out & (batch.counts[:, DIGIT] > 0)).tolist()
    groups: dict[tuple[int, str], list[int]] = {}
    for line in candidates:
        words = "".join(character for character in batch.lines[line] if character.isalpha())
        groups.setdefault((int(batch.owner[line]), words), []).append(line)
    for (_, words), lines in groups.items():
        if words and len(lines) >= MIN_NUMBERED:
            found[lines] = True
    for run in _label_runs(batch):
        if len(run) >= MIN_LABELS and len(set(run.values())) == len(run):
            found[list(run)] = True
    return found & ~is_out


def _label_runs(batch: Batch) -> Iterator[dict[int, str]]:
    """Yield the runs of lines that are labels with a value, blank lines between them apart: the label of each by the number of its line."""
    place = np.cumsum(~batch.is_blank)
    run: dict[int, str] = {}
    last = -1
    for line in batch.lines_with(":").tolist():
        label = _LABEL.match(batch.lines[line].lstrip()) if batch.letters[line] < LONG_LETTERS else None
        if label is None or not _LETTER.search(label[1]):
            continue
        if run and (place[line] != place[last] + 1 or batch.owner[line] != batch.owner[last]):
            yield run
            run = {}
        run[line] = label[1]
        last = line
    if run:
        yield run


def find_wide_runs(batch: Batch, is_out: Mask) -> Mask:
    """Return which lines [lines] belong to a run of lines that are short or not too long, in none of which a sentence ends.

    Most of them must be short, or there must be ``SURE_RUN`` of them: where at most one long line in five holds no end of a sentence
    (``titles.MAX_SHARE_WITHOUT_END``), so many one after another are by chance fewer than one in three thousand.

    For text whose lines are paragraphs only: ``titles`` knows which that is. A line that leads on to what follows, with a colon, is none.
    """
    found = find_runs(batch, is_out, WIDE_LETTERS)
    wide = np.flatnonzero(found & (batch.letters >= LONG_LETTERS))
    if not len(wide):
        return found
    is_prose = ~found & ~batch.is_blank & ~is_out
    new_document = np.concatenate([[True], batch.owner[1:] != batch.owner[:-1]])
    run = np.cumsum(is_prose | new_document)
    short = np.bincount(run, weights=found & (batch.letters < LONG_LETTERS))
    every = np.bincount(run, weights=found)
    found &= ((2 * short > every) | (every >= SURE_RUN))[run]
    for line in wide.tolist():
        found[line] &= batch.lines[line].rstrip()[-1:] not in LEADS_ON
    return found


def find_stanzas(batch: Batch, is_text: Mask) -> Mask:
    """Return which lines [lines] belong to a stanza: a paragraph of several lines of nearly the same length and some words each."""
    new_document = np.concatenate([[True], batch.owner[1:] != batch.owner[:-1]])
    begins = is_text & (new_document | ~np.concatenate([[False], is_text[:-1]]))
    of_text = np.flatnonzero(is_text)
    found = np.zeros(len(is_text), dtype=bool)
    if len(of_text):
        paragraph = (np.cumsum(begins) - 1)[of_text]
        found[of_text] = _are_stanzas(batch, of_text, paragraph, int(paragraph[-1]) + 1)[paragraph]
    return found


def _are_stanzas(batch: Batch, of_text: Counts, paragraph: Counts, count: int) -> Mask:
    """Return which paragraphs [count] are stanzas, from the numbers of their lines and the paragraph of each of these."""
    lines = np.bincount(paragraph, minlength=count)
    letters = (batch.counts[of_text, LETTER] + batch.counts[of_text, MARK]).astype(np.float64)
    mean = np.bincount(paragraph, weights=letters, minlength=count) / np.maximum(lines, 1)
    square = np.bincount(paragraph, weights=letters**2, minlength=count) / np.maximum(lines, 1)
    spread = np.sqrt(np.maximum(square - mean**2, 0.0)) / np.maximum(mean, 1.0)
    found: Mask = (lines >= MIN_STANZA_LINES) & (mean >= MIN_STANZA_LETTERS) & (mean < 2 * LONG_LETTERS) & (spread <= MAX_STANZA_SPREAD)
    if found.any():
        here = np.flatnonzero(found[paragraph])
        words = [len(batch.lines[line].split()) for line in of_text[here].tolist()]
        mean_words = np.bincount(paragraph[here], weights=words, minlength=count) / np.maximum(lines, 1)
        found &= (mean_words >= MIN_STANZA_WORDS) | (mean_words <= 1.0)  # 1: a script without spaces between words, or single words
    return found
