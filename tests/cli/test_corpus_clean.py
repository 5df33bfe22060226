"""`mbegu corpus clean`, `explain` and `restore` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.corpus.conftest import put
from tests.corpus.material import story

from mbegu.cli.main import run


def test_clean_explain_restore(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "text", {"a.txt": story(1, sentences=12) + "| tábìlì | 1 |\n", "b.txt": story(1, sentences=12).upper()})
    out = str(tmp_path / "out")
    assert run(["corpus", "clean", str(tmp_path / "text"), "--out", out, "--language", "yor", "--workers", "1", "--json", "-q"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["documents_kept"] == 1
    assert run(["corpus", "explain", out, "a.txt:13"]) == 0
    assert "table" in capsys.readouterr().out
    assert run(["corpus", "restore", out, "table", "--workers", "1", "--json", "-q"]) == 0
    assert "table" not in json.loads(capsys.readouterr().out)["dropped"]
    assert run(["corpus", "explain", out, "nowhere.txt:2"]) == 4
    assert "nothing is known of 'nowhere.txt:2'" in capsys.readouterr().err


def test_an_unreadable_list_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, {"a.txt": story(1)})
    arguments = ["corpus", "clean", str(tmp_path / "a.txt"), "--out", str(tmp_path / "out"), "--language", "yor"]
    assert run([*arguments, "--blocked", str(tmp_path / "none.txt")]) == 4
    assert "the list cannot be read: no such file" in capsys.readouterr().err
    put(tmp_path, {"empty.txt": "# orúkọ\n"})
    for option in ("--names", "--blocked"):
        assert run([*arguments, option, str(tmp_path / "empty.txt")]) == 4
        assert "there is nothing in the list" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_settings_that_mean_nothing_are_all_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, {"a.txt": story(1)})
    arguments = ["corpus", "clean", str(tmp_path / "a.txt"), "--out", str(tmp_path / "out"), "--language", "yor"]
    assert run([*arguments, "--leave-in", "tabel", "--keep-languages", "yor,zzzz", "--encoding", "klingon"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    for part in ("'tabel' is no reason", "did you mean 'table'", "repeated passage", "'zzzz' is not an ISO 639-3", "'klingon' is no encoding"):
        assert part in line
    assert run([*arguments, "--encoding", "hex"]) == 3
    assert not (tmp_path / "out").exists()
    assert run([*arguments, "--encoding", "cp1252", "--leave-in", "list or menu", "--workers", "1", "-q"]) == 0


def test_an_empty_name_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, {"a.txt": story(1)})
    assert run(["corpus", "clean", str(tmp_path / "a.txt"), "--out", "", "--language", "yor"]) == 2
    assert "the name of the folder is empty" in capsys.readouterr().err


def test_damage_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "text", {"a.txt": story(1, sentences=12) + "| tábìlì | 1 |\n"})
    out = tmp_path / "out"
    assert run(["corpus", "clean", str(tmp_path / "text"), "--out", str(out), "--language", "yor", "--workers", "1", "-q"]) == 0

    def fails(command: str, place: str) -> str:
        capsys.readouterr()
        code = run(["corpus", command, str(out), place])
        (line,) = capsys.readouterr().err.splitlines()
        assert code == (4 if place != "a.txt" else 5)
        return line

    for command in ("explain", "restore"):
        assert "what was typed is not UTF-8" in fails(command, "caf\udce9.txt")
    whole = (out / "kept.parquet").read_bytes()
    (out / "kept.parquet").write_bytes(whole[: len(whole) // 2])
    assert "a table of this cleaned text cannot be read" in fails("explain", "a.txt")
    (out / "dropped.parquet").unlink()
    for command in ("explain", "restore"):
        assert "a table of this cleaned text is missing" in fails(command, "a.txt")
    for facts in ("[]", "{}", "{", '{"settings": {}, "dropped": []}'):
        (out / "clean.json").write_text(facts, encoding="utf-8")
        for command in ("explain", "restore"):
            assert "what was written about this cleaned text is damaged" in fails(command, "a.txt")


def test_what_is_shown_counts_only_what_could_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "text", {"a.txt": story(1, sentences=12), "b.bin": b"\x00\x01\x02\x03" * 50})
    out = str(tmp_path / "out")
    assert run(["corpus", "clean", str(tmp_path / "text"), "--out", out, "--language", "yor", "--workers", "1", "-q"]) == 0
    assert capsys.readouterr().out.startswith("of what could be read, kept 1 of 1 documents, ")
    assert run(["corpus", "explain", out, "b.bin"]) == 0
    assert "bring it back" not in capsys.readouterr().out
