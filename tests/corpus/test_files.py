from __future__ import annotations

import datetime
import io
import os
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.corpus.conftest import put

from mbegu.core.documents import Document, document_schema, write_documents
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus import files
from mbegu.corpus.files import fingerprint, text_files
from mbegu.corpus.findings import CLEANED, HIDDEN, LINK_LOOP, OUTSIDE, PAPERS, UNSUPPORTED, VANISHED, Findings
from mbegu.corpus.settings import CorpusSettings

SETTINGS = CorpusSettings()


def names(root: Path, settings: CorpusSettings = SETTINGS, findings: Findings | None = None) -> list[str]:
    return [file.name for file in text_files(settings, Project(root), findings)]


def test_files_come_in_a_fixed_order_from_any_depth(project: Path) -> None:
    deep = "/".join(["d"] * 60)
    put(project / "text", {"b.txt": "b", "a/z.txt": "z", f"{deep}/x.txt": "x", "a.txt": "a"})
    assert names(project) == sorted(["a.txt", "a/z.txt", "b.txt", f"{deep}/x.txt"])


def test_hidden_files_and_papers_are_left_out_and_counted(project: Path) -> None:
    put(
        project / "text",
        {".DS_Store": "x", "~$a.docx": "x", "Thumbs.db": "x", ".git/a.txt": "x", "LICENCE.txt": "x", "ReadMe.md": "x", "a.txt": "x", "e.txt": ""},
    )
    findings = Findings()
    assert names(project, findings=findings) == ["a.txt"]
    assert findings.dropped == {HIDDEN: 4, PAPERS: 2, "empty": 1}


def test_names_in_any_script_with_spaces_and_emoji(project: Path) -> None:
    put(project / "text", {"قصة قصيرة/كتاب 📚.txt": "x", "ọ̀rọ̀ mi.txt": "x"})
    assert names(project) == ["قصة قصيرة/كتاب 📚.txt", "ọ̀rọ̀ mi.txt"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these systems keep no such names")
def test_a_name_that_is_no_unicode_can_be_stored(project: Path) -> None:
    with open(os.fsencode(project / "text") + b"/caf\xe9.txt", "wb") as file:
        file.write(b"x")
    assert names(project) == ["caf\ufffd.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_in_a_circle_end_and_broken_ones_are_listed(project: Path) -> None:
    put(project / "text", {"a/b/c.txt": "x"})
    (project / "text/a/b/up").symlink_to(project / "text")
    (project / "text/self").symlink_to("self")
    (project / "text/gone.txt").symlink_to("nowhere.txt")
    findings = Findings()
    assert names(project, findings=findings) == ["a/b/c.txt"]
    assert findings.dropped[LINK_LOOP] == 1
    assert findings.dropped[VANISHED] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_out_of_the_folder_are_listed_and_not_read(project: Path, tmp_path: Path) -> None:
    put(tmp_path, {"secret/pin.txt": "x", "textile/b.txt": "x", "project/text/a.txt": "x", "project/text/in/c.txt": "x", "project/b.txt": "x"})
    links = {"pin.txt": "secret/pin.txt", "z": "secret", "in/y": "textile", "up": "project", "near.txt": "textile/b.txt"}
    for name, target in links.items():
        (project / "text" / name).symlink_to(tmp_path / target)
    findings = Findings()
    assert names(project, findings=findings) == ["a.txt", "in/c.txt"]
    assert {drop.source for drop in findings.problems if drop.reason == OUTSIDE} == links.keys()
    assert "name that file or folder as a path of its own" in findings.problems[0].detail


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_that_is_named_itself_is_read_and_so_are_links_to_files_within(project: Path, tmp_path: Path) -> None:
    put(tmp_path, {"elsewhere/a.txt": "x", "elsewhere/in/b.txt": "x", "c.txt": "x"})
    (tmp_path / "elsewhere" / "again.txt").symlink_to("in/b.txt")
    (tmp_path / "elsewhere" / "twice").symlink_to("in")
    (project / "text" / "link").symlink_to(tmp_path / "elsewhere")
    (project / "text" / "c.txt").symlink_to(tmp_path / "c.txt")
    findings = Findings()
    settings = CorpusSettings(text=("text/link", "text/c.txt"))
    assert names(project, settings, findings) == ["c.txt", "elsewhere/a.txt", "elsewhere/again.txt", "elsewhere/twice/b.txt"]
    assert findings.dropped == {LINK_LOOP: 1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "text/pipe.txt")
    findings = Findings()
    assert names(project, findings=findings) == []
    assert findings.dropped == {UNSUPPORTED: 1}


def test_a_missing_place_is_named(project: Path) -> None:
    with pytest.raises(InputError, match=r"the text 'texts' is not there \(.*texts\)\. Put your text there"):
        names(project, CorpusSettings(text=("texts",)))


def test_the_projects_own_folders_are_no_text(project: Path) -> None:
    put(project, {"grown/corpus/report.txt": "x", "release/README.txt": "x", "mbegu.toml": "x", "text/a.txt": "x", "b.txt": "x"})
    assert names(project, CorpusSettings(text=(".",))) == ["b.txt", "text/a.txt"]


def test_several_places_keep_their_names_apart(project: Path, tmp_path: Path) -> None:
    put(tmp_path, {"one/text/a.txt": "1", "two/a.txt": "2", "b.txt": "3", "project/text/a.txt": "4"})
    settings = CorpusSettings(text=("text", str(tmp_path / "one/text"), str(tmp_path / "two"), str(tmp_path / "b.txt")))
    assert names(project, settings) == ["b.txt", "text/a.txt", "text~2/a.txt", "two/a.txt"]


def test_the_fingerprint_hangs_on_names_and_contents_only(project: Path, tmp_path: Path) -> None:
    put(project / "text", {"a.txt": "one", "b/c.txt": "two"})
    say = Say(io.StringIO(), quiet=True)
    one = fingerprint(SETTINGS, project, say)
    shutil.copytree(project, tmp_path / "elsewhere")
    os.utime(tmp_path / "elsewhere/text/a.txt", (1, 1))
    assert fingerprint(SETTINGS, tmp_path / "elsewhere", say) == one
    put(project / "text", {"a.txt": "One"})
    assert fingerprint(SETTINGS, project, say) != one
    put(project / "text", {"a.txt": "one"})
    assert fingerprint(SETTINGS, project, say) == one
    (project / "text/a.txt").rename(project / "text/d.txt")
    assert fingerprint(SETTINGS, project, say) != one


def test_a_file_that_cannot_be_read_has_a_fingerprint_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(project / "text", {"a.txt": "one"})
    say = Say(io.StringIO(), quiet=True)
    one = fingerprint(SETTINGS, project, say)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(files, "open_file", refuse)
    assert fingerprint(SETTINGS, project, say) not in ("", one)


def test_a_cleaned_folder_is_text_only_where_it_is_named_and_then_only_what_was_kept(tmp_path: Path) -> None:
    folder = tmp_path / "text" / "clean"
    folder.mkdir(parents=True)
    for name in ("kept.parquet", "dropped.parquet", "clean.json", "report.html", "keep.json"):
        (folder / name).write_bytes(b"x")
    (tmp_path / "text" / "a.txt").write_text("ọ̀rọ̀", encoding="utf-8")
    findings = Findings()
    assert names(tmp_path, findings=findings) == ["a.txt"]  # else its text would be read twice
    assert findings.dropped == {CLEANED: 1}
    assert names(tmp_path, CorpusSettings(text=("text/clean",))) == ["kept.parquet"]
    assert names(tmp_path, CorpusSettings(text=("text/clean", "text"))) == ["clean/kept.parquet", "text/a.txt"]
    assert names(tmp_path, CorpusSettings(text=("text", "text/clean"))) == ["clean/kept.parquet", "text/a.txt"]
    (folder / "clean.json").unlink()
    assert len(names(tmp_path)) == 5


def test_text_without_test_items_is_read_where_its_folder_is_named_and_what_was_taken_out_never(tmp_path: Path) -> None:
    folder = tmp_path / "text" / "without"
    write_documents(folder / "kept.parquet", [Document("1", "ọ̀rọ̀", "yor", "a.txt")])
    put(tmp_path / "text", {"a.txt": "ọ̀rọ̀", "without/dropped.parquet": "PAR1"})
    findings = Findings()
    assert names(tmp_path, findings=findings) == ["a.txt"]
    assert findings.dropped == {CLEANED: 1}
    for named in ("text/without", "text/without/kept.parquet"):
        assert names(tmp_path, CorpusSettings(text=(named,))) == ["kept.parquet"]


def test_an_odd_file_of_documents_has_a_fingerprint_too_and_the_end_of_a_consent_changes_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say = Say(io.StringIO(), quiet=True)
    path = project / "text" / "given.parquet"
    odd = {"id": None, "text": None, "language": None, "source": None, "licence": None, "contributor": None}
    rows = [odd | {"meta": None}, odd | {"meta": [("consent_until", "2026-06"), ("title", None)]}]
    pq.write_table(pa.Table.from_pylist(rows, schema=document_schema()), path)
    fingerprints = set()
    for day in (datetime.date(2026, 6, 1), datetime.date(2026, 7, 1)):
        monkeypatch.setattr(files, "today", lambda day=day: day)
        fingerprints.add(fingerprint(SETTINGS, project, say))
    assert len(fingerprints) == 2
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) // 3) + content[4 + len(content) // 3 :])
    assert fingerprint(SETTINGS, project, say) not in fingerprints


def test_the_work_of_an_interrupted_cleaning_is_no_text(tmp_path: Path) -> None:
    put(tmp_path / "text", {"a.txt": "x", "clean/work/plan.json": "{}", "clean/work/000000.kept.parquet": "x", "work/plan.txt": "x"})
    assert names(tmp_path) == ["a.txt", "work/plan.txt"]
