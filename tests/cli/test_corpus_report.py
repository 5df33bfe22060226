from __future__ import annotations

import json
from pathlib import Path

from bench.startup import imports_of
from tests.corpus.report.corpora import DROPS, FACTS, two_sources, write_corpus
from tests.end_to_end.project import CommandLine


def test_writes_the_page_and_says_where(mbegu: CommandLine, tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "out", two_sources(5), FACTS, DROPS)
    said = mbegu("corpus", "report", folder)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"the report is {folder / 'report.html'}; open it in any browser\n"
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_writes_figures_and_no_page(mbegu: CommandLine, tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "out", two_sources(5), FACTS, DROPS)
    said = mbegu("corpus", "report", folder, "--json")
    assert said.code == 0
    value = json.loads(said.out)
    assert value["documents"] == 10 and value["dropped"][0]["name"] == "near duplicate"
    assert not (folder / "report.html").exists()


def test_reports_on_a_grown_project(mbegu: CommandLine, grown: Path) -> None:
    said = mbegu("corpus", "report", grown)
    assert said.code == 0
    assert "This is the text of a project" in (grown / "report.html").read_text(encoding="utf-8")
    assert mbegu("verify", grown).code == 0


def test_says_in_one_line_what_is_wrong(mbegu: CommandLine, tmp_path: Path) -> None:
    said = mbegu("corpus", "report", tmp_path)
    assert said.code == 4
    assert said.err.startswith("mbegu: here is no kept.parquet, and no grown/corpus (") and said.err.count("\n") == 1
    assert mbegu("corpus", "report", tmp_path / "none").code == 4
    assert mbegu("corpus", "report").code == 2


def test_its_help_is_light() -> None:
    assert not {"numpy", "pyarrow", "iso639"} & {name.partition(".")[0] for name in imports_of(["corpus", "report", "--help"])}
