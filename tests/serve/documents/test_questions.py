from __future__ import annotations

from pathlib import Path

import pytest

from mbegu.core.errors import InputError
from mbegu.serve.documents.questions import Question, read_questions
from mbegu.serve.documents.store import Passage

PASSAGE = Passage(1, 1, "a.md", 1, 3, "", "", "Ẹ sè omi kí ẹ tó mu ún.")


def questions(tmp_path: Path, text: str | bytes) -> list[Question]:
    path = tmp_path / "q.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_questions(path, ["a.md", "b.md"])


def test_a_list_is_read(tmp_path: Path) -> None:
    found = questions(tmp_path, '\ufeffquestion,language,file,page,holds\n"Omi, báwo?",yor,a.md|b.md,3,sè omi\nBei?,swa,,,\n')
    assert found == [Question("Omi, báwo?", "yor", ("a.md", "b.md"), 3, "sè omi"), Question("Bei?", "swa")]
    assert [each.is_answerable for each in found] == [True, False]


@pytest.mark.parametrize(
    ("question", "right"),
    [
        (Question("x", "yor", ("a.md",)), True),
        (Question("x", "yor", ("b.md",)), False),
        (Question("x", "yor", ("a.md",), 3), True),
        (Question("x", "yor", ("a.md",), 2), False),
        (Question("x", "yor", ("a.md",), None, "sè omi"), True),
        (Question("x", "yor", ("a.md",), None, "se omi"), False),
        (Question("x", "yor", ("a.md",), None, "è omi"), False),
        (Question("x", "yor"), False),
    ],
)
def test_a_passage_is_a_right_one_by_file_page_and_words(question: Question, right: bool) -> None:
    assert question.is_answered_by(PASSAGE) == right


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        questions(tmp_path, "question,language,file,page\n,yor,a.md,\nx,yoruba,a.mdd,iii\n")
    for part in (
        "row 2: the question is empty",
        "row 3: 'yoruba' is not",
        "row 3: there is no document 'a.mdd'",
        "did you mean 'a.md'",
        "'iii' is not a page",
    ):
        assert part in caught.value.one_line(), part


def test_missing_and_unknown_columns_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no column 'language'.*there is no column 'file'.*column 'filee' is not known"):
        questions(tmp_path, "question,filee\nx,y\n")
    with pytest.raises(InputError, match="not a CSV file in UTF-8"):
        questions(tmp_path, b"question\n\xff\xfe\x00\n")
    with pytest.raises(InputError):
        read_questions(tmp_path / "none.csv", [])


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_list_as_spreadsheets_write_it_is_read(tmp_path: Path, separator: str) -> None:
    lines = (("question", "language", "file"), ("Omi, báwo?", "yor", "a.md|b.md"), ("Bei, lini?", "swa", ""))
    found = questions(tmp_path, "\r\n".join(map(separator.join, lines)))
    assert found == [Question("Omi, báwo?", "yor", ("a.md", "b.md")), Question("Bei, lini?", "swa")]


def test_a_head_alone_holds_no_questions(tmp_path: Path) -> None:
    for text in ("question,language,file\n", "question;language;file"):
        with pytest.raises(InputError, match="there are no questions"):
            questions(tmp_path, text)
    with pytest.raises(InputError, match="there is no column 'question'"):
        questions(tmp_path, "")


def test_a_row_with_too_many_cells_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 3: it has more cells than there are columns; put quotes around a cell that holds a ','"):
        questions(tmp_path, "question,language,file\nBei?,swa,\nOmi, báwo?,yor,a.md\n")
