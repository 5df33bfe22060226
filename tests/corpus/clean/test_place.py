"""The folder that is written to."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.corpus.conftest import put

from mbegu.core.errors import InputError, UsageError
from mbegu.corpus.clean.place import check_place


@pytest.mark.parametrize("name", ["kept.parquet", "report.html", "letters.txt", "work/notes.txt"])
def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path / "mine", {name: "ọ̀rọ̀"})
    with pytest.raises(InputError, match=r"no cleaned text: (kept|report|letters|work).*mine.*Name another folder with --out"):
        check_place(tmp_path / "mine", [])


@pytest.mark.parametrize(
    "files",
    [
        {},
        {".DS_Store": "x", "keep.json": "{}", "withdrawn.json": "{}"},
        {"clean.json": '{"version": 1, "settings": {}}', "kept.parquet": "x", "mine.txt": "x"},
        {"work/plan.json": '{"key": "x"}'},
    ],
)
def test_new_empty_and_own_folders_are_written_to(tmp_path: Path, files: dict[str, str]) -> None:
    put(tmp_path / "out", files)
    check_place(tmp_path / "out", [str(tmp_path / "text")])


def test_a_results_name_beside_the_work_of_a_first_run_is_not_overwritten(tmp_path: Path) -> None:
    put(tmp_path / "out", {"work/plan.json": '{"key": "x"}', "kept.parquet": "x"})
    with pytest.raises(InputError, match="no cleaned text"):
        check_place(tmp_path / "out", [])


def test_the_text_itself_is_never_written_over(tmp_path: Path) -> None:
    put(tmp_path, {"text/a.txt": "x"})
    for place in (tmp_path / "text", tmp_path):
        with pytest.raises(UsageError, match="over the text itself"):
            check_place(place, [str(tmp_path / "text")])
    with pytest.raises(UsageError, match="this is a file"):
        check_place(tmp_path / "text" / "a.txt", [str(tmp_path / "text")])
    check_place(tmp_path / "text" / "cleaned", [str(tmp_path / "text")])
