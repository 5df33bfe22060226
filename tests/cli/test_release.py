"""`mbegu release`: the options of the pack belong to --web, and a given release becomes a pack without growing anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.serve.pack.packs import make_engine, make_release

from mbegu.cli.main import run
from mbegu.serve.pack.browser_llama import FILE_NAME


def test_options_of_the_pack_need_web(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["release", str(tmp_path), "--person", "Amina", "--font", "a.ttf"]) == 2
    assert "--person, --font is about the pack for browsers. Add --web or --app." in capsys.readouterr().err


def test_a_release_that_was_given_becomes_a_pack_with_its_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release = make_release(tmp_path / "release")
    make_engine(release / FILE_NAME, monkeypatch)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "maji.md").write_text("# Maji\n\nChemsha maji kwa dakika moja.\n", encoding="utf-8")
    out = tmp_path / "web"
    assert run(["release", str(release), "--web", "--out", str(out), "--documents", str(tmp_path / "docs"), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["form"] == "Q8_0"
    passages = json.loads((out / "passages.json").read_text(encoding="utf-8"))["passages"]
    assert [(each["file"], each["heading"]) for each in passages] == [("maji.md", "Maji")]
    assert "Chemsha maji" in passages[0]["text"]


def test_app_and_web_at_once_are_two_folders_beside_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release = make_release(tmp_path / "release")
    make_engine(release / FILE_NAME, monkeypatch)
    assert run(["release", str(release), "--web", "--app", "--out", str(tmp_path / "both")]) == 2
    assert "--out names one folder" in capsys.readouterr().err
    assert run(["release", str(release), "--web", "--app", "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (Path(told["app"]["folder"]) / told["app"]["file"]).stat().st_size == told["app"]["file_bytes"]
    assert (Path(told["web"]["folder"]) / "index.html").is_file()


def test_a_missing_engine_is_told_before_anything_grows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["release", str(tmp_path), "--web"]) == 4
    assert "npm pack @wllama/wllama@" in capsys.readouterr().err
