"""Lists, menus and titles: runs of short lines in which no sentence ends.

Poems, songs, word lists and stories for children are short lines too. So the filter is off where such lines make up a large part of
the text of a kind (one folder, one file ending), and it never touches a paragraph in which a sentence ends. Where not even long lines hold
the end of a sentence, as in transcripts of speech, the want of one says nothing: there it is off as well.
"""

from __future__ import annotations

import numpy as np

from mbegu.corpus.filters.batch import END, LONG_LETTERS, Batch, Limit, Mask

NAME = "list or menu"
MEASURES = "letters of a line; three and more short lines one after another in which no sentence ends are a list"
MIN_RUN = 3
MAX_SHARE = 0.3
MAX_SHARE_WITHOUT_END = 0.5


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
    is_prose = np.zeros(len(blank), dtype=bool)
    is_prose[of_text] = ~is_bare[paragraph[of_text]]
    # A run is a stretch without prose within a document; blank lines do not count.
    run = np.cumsum(is_prose | new_document)
    sizes = np.bincount(run, weights=~blank & ~is_prose)
    found: Mask = is_text & ~is_prose & (sizes[run] >= MIN_RUN)
    return found
