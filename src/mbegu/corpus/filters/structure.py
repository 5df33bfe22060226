"""Lines that are not running text by their form: rows of tables, pairs of infoboxes, addresses, headings of nothing, rows of numbers.

Forms are those of Markdown, MediaWiki and plain text; no word of any language is looked at.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from mbegu.corpus.filters.batch import DIGIT, OTHER, SPACE, Batch, Mask
from mbegu.corpus.lines import SENTENCE_ENDS

TABLE, INFOBOX, ADDRESS, NUMBERS, HEADING = "table", "infobox", "address", "numbers and signs", "heading of nothing"
REFERENCE = "reference"
NAME = TABLE
MEASURES = {
    TABLE: "a line in the form of a table's row in Markdown, MediaWiki or between tabs",
    INFOBOX: "a list item that is a name in bold type, a colon and a value; or a short name and a value with a tab between them",
    ADDRESS: "a line with a web address and hardly any letters outside it",
    REFERENCE: "a line with the number of a book or article (ISBN, ISSN), or of which a long web address is a third and more",
    NUMBERS: "a line of which less than a third of the signs that are not spaces are letters or marks",
    HEADING: "a heading in mark-up with no line kept before the next heading of its rank or the end",
}
MIN_LETTER_SHARE = 1 / 3
MIN_ENDS = 4
MAX_LETTERS_BESIDE_ADDRESS = 12

_TABLE = re.compile(r"\s*(?:\|.*\||\{\||\|[-}+]|\|\s|!\s.*!!\s*[^!\s]|\+[-=+]{3,}|(?:[^|\n]{1,60}\|){3,}|(?:[^\t\n]{1,60}\t){2,})")
_INFOBOX = re.compile(r"[-*•]?\s*\*\*[^*\n]{1,60}(?:\*\*\s*[:：]|[:：]\*\*)")
_PAIR = re.compile(r"[^\t]{1,40}\t[^\t]{1,60}$")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{1,10}://|www\.)\S+", re.IGNORECASE)
MIN_REFERENCE_ADDRESS = 30  # characters; those that shorteners make for short messages have 23 or fewer
MAX_REFERENCE_CHARACTERS = 250  # a longer line is a paragraph that names a book
_NUMBERED = re.compile(r"\b(?:ISBN|ISSN)(?:-1[03])?:?[ \u00a0]?[\dXx-]{8,17}")
_ENDS = re.compile("[" + re.escape("".join(SENTENCE_ENDS)) + "]")
_HEADING = re.compile(r"\s*(#{1,6})\s+\S|\s*(={1,6})[^=\n]+={1,6}\s*$|\s*#{1,6}\s*$")


def find_forms(batch: Batch) -> npt.NDArray[np.object_]:
    """Return for each line [lines] the reason by which its form is not running text, or an empty string."""
    reasons = np.full(len(batch.lines), "", dtype=object)
    addresses = [number for number, line in enumerate(batch.lines) if "www." in line]
    for number in sorted({*batch.lines_with("|\t+{!*/").tolist(), *addresses}):
        line = batch.lines[number]
        if "|" in line or "\t" in line or line.startswith(("+", "{", "!")):
            if _TABLE.match(line):
                reasons[number] = TABLE
            elif "\t" in line and _PAIR.match(line.strip()) and not _ENDS.search(line):
                reasons[number] = INFOBOX
        if "**" in line and _INFOBOX.match(line.lstrip()):
            reasons[number] = INFOBOX
        if reasons[number] == "" and ("://" in line or "www." in line):
            reasons[number] = ADDRESS if _is_address(line) else REFERENCE if _is_mostly_address(line) else ""
    for number, line in enumerate(batch.lines):
        if ("ISBN" in line or "ISSN" in line) and reasons[number] == "" and len(line) <= MAX_REFERENCE_CHARACTERS and _NUMBERED.search(line):
            reasons[number] = REFERENCE
    counts = batch.counts
    signs = counts.sum(axis=1) - counts[:, SPACE]
    written = counts[:, :DIGIT].sum(axis=1)
    not_only_ends = counts[:, DIGIT] + counts[:, OTHER] > 0  # "..." and "?" may stand for what someone does not say; "????" does not
    numbers = (signs > 0) & (written < MIN_LETTER_SHARE * signs) & (not_only_ends | (signs >= MIN_ENDS)) & (reasons == "")
    reasons[numbers & ~find_headings(batch)] = NUMBERS
    return reasons


def find_headings(batch: Batch) -> Mask:
    """Return which lines [lines] are headings in mark-up."""
    found = np.zeros(len(batch.lines), dtype=bool)
    for number in batch.lines_with("#=").tolist():
        line = batch.lines[number]
        found[number] = line.lstrip()[:1] in ("#", "=") and _HEADING.match(line) is not None
    return found


def find_empty_headings(batch: Batch, kept: Mask) -> Mask:
    """Return which kept headings [lines] have no kept line that is not blank below them before the next heading or the end of the document."""
    headings = find_headings(batch)
    found = np.zeros(len(batch.lines), dtype=bool)
    has_text, below = False, -1
    for number in np.flatnonzero(kept & ~batch.is_blank)[::-1].tolist():
        if batch.owner[number] != below:
            has_text, below = False, batch.owner[number]
        if headings[number]:
            found[number] = not has_text
            has_text = has_text and _rank(batch.lines[number]) > 1
        else:
            has_text = True
    return found


def _rank(line: str) -> int:
    """Return the rank of a heading; a text below one of the second rank is also text below the first above it."""
    mark = line.lstrip()[:1]
    stripped = line.strip()
    return len(stripped) - len(stripped.lstrip(mark))


def _is_address(line: str) -> bool:
    rest = _ADDRESS.sub("", line)
    return sum(character.isalpha() for character in rest) <= MAX_LETTERS_BESIDE_ADDRESS


def _is_mostly_address(line: str) -> bool:
    if len(line) > MAX_REFERENCE_CHARACTERS:
        return False
    inside: list[str] = [address for address in _ADDRESS.findall(line) if len(address) >= MIN_REFERENCE_ADDRESS]
    letters = sum(character.isalpha() for address in inside for character in address)
    return letters > 0 and 3 * letters >= sum(character.isalpha() for character in line)
