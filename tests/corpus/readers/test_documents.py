"""A file with the columns of Mbegu's own documents may come from anyone: what is odd in it costs no run, and its text is read as any other."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.corpus.conftest import put
from tests.corpus.material import story, zipped

from mbegu.core.documents import Document, document_schema
from mbegu.core.errors import DamageError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.admit import Admission
from mbegu.corpus.files import text_files
from mbegu.corpus.findings import DAMAGED, EMPTY, Findings
from mbegu.corpus.read import read_documents
from mbegu.corpus.settings import CorpusSettings

SOUND = {"id": "1", "text": story(1), "language": "xxx", "source": "a.txt", "licence": "CC0-1.0", "contributor": "Ada", "meta": [("title", "T")]}


def documents(*rows: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([SOUND | row for row in rows], schema=document_schema()), out)
    return out.getvalue()


def read_all(project: Path, **settings: Any) -> tuple[dict[str, Document], Findings]:
    findings = Findings()
    given = CorpusSettings(**settings)
    files = text_files(given, Project(project), findings)
    read = read_documents(files, "yor", given, findings, Say(io.StringIO(), quiet=True), Admission())
    return {document.source: document for document in read}, findings


@pytest.mark.parametrize("column", ["id", "text", "language", "source", "licence", "contributor", "meta"])
def test_a_row_that_leaves_a_column_empty_costs_no_run(project: Path, column: str) -> None:
    put(project / "text", {"a.parquet": documents({"source": "odd.txt"} | {column: None}, {}), "b.txt": story(3)})
    read, findings = read_all(project)
    odd = "a.parquet#1" if column == "source" else "a.parquet/odd.txt"
    assert list(read) == ([] if column == "text" else [odd]) + ["a.parquet/a.txt", "b.txt"]
    assert findings.dropped == ({EMPTY: 1} if column == "text" else {})


def test_what_it_says_nothing_of_is_said_by_the_settings(project: Path) -> None:
    put(project / "text", {"a.parquet": documents({"licence": None, "contributor": "", "meta": None, "source": "b.txt"}, {"licence": " Unknown "})})
    read, _ = read_all(project, licence="CC-BY-4.0", contributor="Radio")
    assert {(each.licence, each.contributor) for each in read.values()} == {("CC-BY-4.0", "Radio"), ("CC-BY-4.0", "Ada")}


def test_a_damaged_one_is_listed_and_the_rest_is_read(project: Path) -> None:
    content = documents(*({"text": story(number), "source": f"{number}.txt"} for number in range(50)))
    put(project / "text", {"a.parquet": content[:4] + bytes(2_000) + content[2_004:], "b.parquet": content[:-20], "c.txt": story(60)})
    read, findings = read_all(project)
    assert "c.txt" in read
    assert [(drop.source, drop.reason) for drop in findings.problems] == [("a.parquet", DAMAGED), ("b.parquet", DAMAGED)]


def test_its_text_and_its_papers_are_normalised_and_what_is_no_text_is_left_out(project: Path) -> None:
    odd = {"text": "ile\u0301 \x1b[2J\x00wa\r\n\n\n\nni", "licence": "CC0\x1b[2J", "contributor": "A\nda", "source": "ile\u0301\x1b.txt"}
    put(project / "text", {"a.parquet": documents(odd | {"meta": [("ti\ntle", "x\x07")]}, {"text": "", "source": "e.txt"}, {"text": "1" * 50})})
    read, findings = read_all(project, min_document_bytes=5)
    (document,) = read.values()
    assert (document.text, document.source) == ("il\u00e9 [2Jwa\n\nni", "a.parquet/il\u00e9.txt")
    assert (document.licence, document.contributor, document.meta) == ("CC0[2J", "A da", {"ti tle": "x"})
    assert findings.removed_controls == 2
    assert {drop.source: drop.reason for drop in findings.drops} == {"a.parquet/e.txt": EMPTY, "a.parquet/a.txt": "no letters"}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("radio/b.csv#17", "a.parquet/radio/b.csv#17"),
        ("x.tmx#sw", "a.parquet/x.tmx#sw"),
        ("../../radio/b.txt", "a.parquet/radio/b.txt"),
        ("/radio\\b.txt", "a.parquet/radio/b.txt"),
        ("..", "a.parquet#1"),
    ],
)
def test_what_it_names_lies_inside_it_whatever_it_names(project: Path, source: str, name: str) -> None:
    put(project / "text", {"a.parquet": documents({"source": source}), "b.zip": zipped({"a.parquet": documents({"source": source})})})
    assert list(read_all(project)[0]) == [name, f"b.zip/{name}"]


def test_a_long_document_of_it_is_cut_as_any_text(project: Path) -> None:
    put(project / "text", {"a.parquet": documents({"text": story(1, sentences=400), "source": "a.csv#17"})})
    places = list(read_all(project)[0])
    assert len(places) > 5
    assert places[:1] == ["a.parquet/a.csv#17:1"]


def test_text_that_mbegu_kept_and_is_not_whole_is_named_in_one_line(project: Path) -> None:
    put(project, {"clean/kept.parquet": documents({"licence": None}), "clean/clean.json": "{}"})
    with pytest.raises(DamageError, match=r"a document of it is not whole \(.*kept\.parquet\)\. Clean the text again"):
        read_all(project, text=("clean",))
