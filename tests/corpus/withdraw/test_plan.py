"""Every document of the user's files is found in its file, packed or written by Mbegu too."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from tests.corpus.conftest import put
from tests.corpus.material import story
from tests.corpus.withdraw.test_own import RECIPE, withdrawn
from tests.end_to_end.project import CommandLine

from mbegu.core.documents import Document, read_documents, write_documents
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.files import text_files
from mbegu.corpus.papers import Papers
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.withdraw.plan import original_documents

TEXTS = [story(number, sentences=10) for number in range(4)]


def test_each_document_comes_with_its_file_also_after_a_packed_one(project: Path) -> None:
    put(project / "text", {"a.txt.gz": gzip.compress(TEXTS[0].encode()), "c.txt": TEXTS[2], "d#1.txt": TEXTS[3]})
    write_documents(project / "text" / "b.parquet", [Document("1", TEXTS[1], "yor", "elsewhere/x.txt")])
    settings = CorpusSettings()
    read = original_documents(text_files(settings, Project(project)), "yor", settings, Papers(), Say(io.StringIO(), quiet=True))
    found = [(file.path.name, document.source) for file, document in read]
    assert found == [("a.txt.gz", "a.txt.gz"), ("b.parquet", "b.parquet/elsewhere/x.txt"), ("c.txt", "c.txt"), ("d#1.txt", "d#1.txt")]


def test_an_original_behind_a_packed_one_is_found_and_deleted(project: Path, mbegu: CommandLine) -> None:
    put(project, {"mbegu.toml": RECIPE.format(text="text"), "text/a.txt.gz": gzip.compress(TEXTS[0].encode()), "text/ada.txt": TEXTS[1]})
    assert withdrawn(mbegu, project)["originals_to_delete"] == ["text/ada.txt"]
    assert withdrawn(mbegu, project, "--delete-originals", "--yes")["removed"] == ["text/ada.txt"]
    assert [path.name for path in (project / "text").iterdir()] == ["a.txt.gz"]


@pytest.mark.parametrize("is_there", [True, False])
def test_what_a_reading_of_before_named_by_what_is_in_a_packed_file_goes(project: Path, mbegu: CommandLine, is_there: bool) -> None:
    put(project, {"mbegu.toml": RECIPE.format(text="text"), "text/b.txt": TEXTS[1]})
    if is_there:
        put(project, {"text/ada.txt.gz": gzip.compress(TEXTS[0].encode())})
    train = project / "grown" / "corpus" / "train.parquet"
    train.parent.mkdir(parents=True)
    write_documents(train, [Document("1", TEXTS[0], "yor", "ada.txt"), Document("2", TEXTS[1], "yor", "b.txt")])
    said = mbegu("corpus", "withdraw", "ada.txt.gz", "--project", project, "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["files_of_documents"] == {"grown/corpus/train.parquet": 1}
    assert [document.source for document in read_documents(train)] == ["b.txt"]


def test_a_file_beside_a_packed_one_of_its_name_stays(project: Path, mbegu: CommandLine) -> None:
    put(project, {"mbegu.toml": RECIPE.format(text="text"), "text/ada.txt": TEXTS[0], "text/ada.txt.gz": gzip.compress(TEXTS[1].encode())})
    train = project / "grown" / "corpus" / "train.parquet"
    train.parent.mkdir(parents=True)
    write_documents(train, [Document("1", TEXTS[0], "yor", "ada.txt"), Document("2", TEXTS[1], "yor", "ada.txt.gz")])
    assert mbegu("corpus", "withdraw", "ada.txt.gz", "--project", project, "--quiet").code == 0
    assert [document.source for document in read_documents(train)] == ["ada.txt"]


def test_a_giver_with_the_name_of_a_packed_file_is_nobody_else(project: Path, mbegu: CommandLine) -> None:
    train = project / "grown" / "corpus" / "train.parquet"
    put(project, {"mbegu.toml": RECIPE.format(text="text"), "text/b.txt": TEXTS[2]})
    train.parent.mkdir(parents=True)
    write_documents(train, [Document(giver, TEXTS[place], "yor", giver, contributor=giver) for place, giver in enumerate(("ada.gz", "ada"))])
    assert mbegu("corpus", "withdraw", "ada.gz", "--project", project, "--quiet").code == 0
    assert [document.contributor for document in read_documents(train)] == ["ada"]
