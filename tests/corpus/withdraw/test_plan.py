"""Every document of the user's files is found in its file, packed or written by Mbegu too."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

from tests.corpus.conftest import put
from tests.corpus.material import story
from tests.corpus.withdraw.test_own import RECIPE, withdrawn
from tests.end_to_end.project import CommandLine

from mbegu.core.documents import Document, write_documents
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
    assert found == [("a.txt.gz", "a.txt.gz"), ("b.parquet", "elsewhere/x.txt"), ("c.txt", "c.txt"), ("d#1.txt", "d#1.txt")]


def test_an_original_behind_a_packed_one_is_found_and_deleted(project: Path, mbegu: CommandLine) -> None:
    put(project, {"mbegu.toml": RECIPE.format(text="text"), "text/a.txt.gz": gzip.compress(TEXTS[0].encode()), "text/ada.txt": TEXTS[1]})
    assert withdrawn(mbegu, project)["originals_to_delete"] == ["text/ada.txt"]
    assert withdrawn(mbegu, project, "--delete-originals", "--yes")["removed"] == ["text/ada.txt"]
    assert [path.name for path in (project / "text").iterdir()] == ["a.txt.gz"]
