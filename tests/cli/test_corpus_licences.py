"""`mbegu corpus licences` on a project, a cleaned folder and a folder of text."""

from __future__ import annotations

import json
from pathlib import Path

from tests.corpus.conftest import put
from tests.corpus.material import stories
from tests.end_to_end.project import CommandLine

from mbegu.core.documents import read_documents

TABLES = """
[[source]]
files = "story-000*"
licence = "Kibao Terms"
contributor = "Ada"
title = "Tales"

[[source]]
files = "**"
licence = "CC-BY-SA-4.0"

[[licence]]
name = "Kibao Terms"
share = "yes"
adapt = "yes"
commercial = "no"
model = "yes"
"""


def test_a_folder_of_text(tmp_path: Path, mbegu: CommandLine) -> None:
    put(tmp_path / "text", {**stories(30), "sources.toml": TABLES})
    said = mbegu("corpus", "licences", tmp_path / "text", "--json", "--credits", tmp_path / "CREDITS.md")
    result = json.loads(said.out)
    assert {use["name"]: use["answer"] for use in result["uses"]} == {
        "share_text": "yes",
        "share_changed_text": "yes",
        "publish_model": "ask",
        "sell": "no",
    }
    assert set(result["amounts"]) == {"Kibao Terms", "CC-BY-SA-4.0"}
    assert "[" in (tmp_path / "CREDITS.md").read_text(encoding="utf-8")
    assert "“Tales” by Ada, Kibao Terms." in result["credits"]["plain"]
    assert "not legal advice" in mbegu("corpus", "licences", tmp_path / "text").out


def test_a_project(grown: Path, mbegu: CommandLine) -> None:
    said = mbegu("corpus", "licences", grown)
    assert "May you sell any of it, or a service made of it?  Ask first.\n  because of unknown" in said.out


def test_the_held_out_documents_of_a_project_count_as_they_do_on_its_label(tmp_path: Path, mbegu: CommandLine) -> None:
    project, text = tmp_path / "project", tmp_path / "project" / "text"
    assert mbegu("new", project, "--language", "yor_Latn").code == 0
    put(text, {**stories(40), "sources.toml": '[[source]]\nfiles = "**"\nlicence = "CC0-1.0"\n'})
    assert mbegu("corpus", project).code == 0
    heldout = [document.source for document in read_documents(project / "grown" / "corpus" / "heldout.parquet")]
    table = f'[[source]]\nfiles = {json.dumps(heldout)}\nlicence = "CC-BY-NC-ND-4.0"\n\n[[source]]\nfiles = "**"\nlicence = "CC0-1.0"\n'
    put(text, {"sources.toml": table})
    assert mbegu("corpus", project).code == 0
    assert sorted(heldout) == sorted(document.source for document in read_documents(project / "grown" / "corpus" / "heldout.parquet"))
    said = json.loads(mbegu("corpus", "licences", project, "--json").out)
    assert {use["name"]: use["answer"] for use in said["uses"]}["sell"] == "no"
    assert said.pop("consent_ended") == []
    assert said == json.loads((project / "grown" / "corpus" / "terms.json").read_bytes())


def test_credits_take_the_place_of_no_other_file(tmp_path: Path, mbegu: CommandLine) -> None:
    text = tmp_path / "text"
    put(text, {**stories(3), "sources.toml": TABLES})
    original = text / "story-0001.txt"
    before = original.read_bytes()
    assert "a place inside the text that is read" in mbegu.fails(2, "corpus", "licences", text, "--credits", original)
    assert "a place inside the text that is read" in mbegu.fails(2, "corpus", "licences", text, "--credits", text / "new.md")
    assert original.read_bytes() == before
    assert "--credits names a folder" in mbegu.fails(2, "corpus", "licences", text, "--credits", tmp_path)
    for name in ("CREDITS.md", "credits.txt"):
        path = tmp_path / name
        path.write_text("my own words", encoding="utf-8")
        assert "this file exists and holds no credits" in mbegu.fails(2, "corpus", "licences", text, "--credits", path)
        assert path.read_text(encoding="utf-8") == "my own words"
        path.unlink()
        assert mbegu("corpus", "licences", text, "--credits", path).code == 0
        assert mbegu("corpus", "licences", text, "--credits", path).code == 0
        assert "Tales" in path.read_text(encoding="utf-8")


def test_a_folder_without_text_gets_no_permission(tmp_path: Path, mbegu: CommandLine) -> None:
    (tmp_path / "empty").mkdir()
    said = mbegu.fails(4, "corpus", "licences", tmp_path / "empty")
    assert "no text" in said and "empty" in said
