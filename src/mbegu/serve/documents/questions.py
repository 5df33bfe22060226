"""A list of questions to judge and calibrate the answers by: a CSV file, checked whole before anything is asked.

Columns: `question`; `language` (ISO 639-3); `file`, the document that answers it, empty where none does (several: divided by `|`); and where wanted
`page`, and `holds`, words that the right passage holds.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mbegu.core.errors import InputError, SettingsError, explain_os_error
from mbegu.core.language import parse_language
from mbegu.core.settings import near
from mbegu.serve.documents.keys import words
from mbegu.serve.documents.store import Passage

COLUMNS = ("question", "language", "file", "page", "holds")
MOST_BYTES = 20_000_000
SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class Question:
    """A question with the passages that answer it: in one of ``files``, on ``page`` where given, with the words ``holds`` where given."""

    text: str
    language: str
    files: tuple[str, ...] = ()
    page: int | None = None
    holds: str = ""

    @property
    def is_answerable(self) -> bool:
        """Whether the documents answer it."""
        return bool(self.files)

    def is_answered_by(self, passage: Passage) -> bool:
        """Whether a passage is a right one to quote."""
        if passage.file not in self.files or (self.page is not None and passage.page != self.page):
            return False
        return f" {' '.join(words(self.holds))} " in f" {' '.join(words(passage.text))} " if self.holds else True


def read_questions(path: Path, files: Collection[str]) -> list[Question]:
    """Read a list of questions.

    Args:
        path: the CSV file, UTF-8, its cells divided by commas, or by semicolons or tabs as many spreadsheets write them.
        files: names of the documents in the index.

    Raises:
        InputError: with every problem of the file at once (the first 20), or it cannot be read.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b"\xff"
        text = unicodedata.normalize("NFC", data.decode("utf-8-sig"))
        separator = _separator_of(text)
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
        rows, head = list(table), list(table.fieldnames or ())
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"this is not a CSV file in UTF-8: {error}", path, "save the table as CSV, UTF-8") from error
    problems = [f"there is no column '{name}'" for name in COLUMNS[:3] if name not in head]
    problems += [f"column '{name}' is not known{near(str(name), COLUMNS)}" for name in head if name not in COLUMNS]
    problems += [
        f"row {n}: it has more cells than there are columns; put quotes around a cell that holds a '{separator}'"
        for n, row in enumerate(rows, 2)
        if None in row
    ]
    if not problems and not rows:
        raise InputError("there are no questions, only the heads of the columns", path, "write a question on each line below them")
    found = [] if problems else [_question(row, number, files, problems) for number, row in enumerate(rows, 2)]
    if problems:
        more = f"; and {len(problems) - SHOWN_PROBLEMS:,} more" if len(problems) > SHOWN_PROBLEMS else ""
        raise InputError(
            "; ".join(problems[:SHOWN_PROBLEMS]) + more, path, f"columns are {', '.join(COLUMNS)}; leave file empty where no document answers"
        )
    return found


def _separator_of(text: str) -> str:
    """Return what divides the cells: of comma, semicolon and tab, the one that is most often in the line of the heads."""
    head = text.lstrip().partition("\n")[0]
    return max(",;\t", key=head.count)


def _question(row: dict[str, str | None], number: int, files: Collection[str], problems: list[str]) -> Question:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    named = tuple(each.strip() for each in cells["file"].split("|") if each.strip())
    if not cells["question"]:
        problems.append(f"row {number}: the question is empty")
    try:
        parse_language(cells["language"])
    except SettingsError as error:
        problems.append(f"row {number}: {error.what}")
    problems += [f"row {number}: there is no document '{name}'{near(name, list(files))}" for name in named if name not in files]
    if cells["page"] and not cells["page"].isdecimal():
        problems.append(f"row {number}: '{cells['page']}' is not a page number")
    page = int(cells["page"]) if cells["page"].isdecimal() else None
    return Question(cells["question"], cells["language"], named, page, cells["holds"])
