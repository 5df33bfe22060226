from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("nacl", reason="PyNaCl is not installed")

from tests.end_to_end.project import CommandLine, mbegu_process
from tests.serve.sealed import PASSPHRASE, make_quick_key

from mbegu.serve.content_log import ContentLog, sealed_files

SCOPE = {"mbegu.client": "3fa2c1", "path": "/answers"}


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase.txt"
    path.write_text(PASSPHRASE + "\r\n", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_quick_key(tmp_path / "log", monkeypatch)
    log = ContentLog(folder, 30, print)
    log.note(SCOPE, "Ṣé omi mọ́?\nwàràwàrà", "Bẹ́ẹ̀ \x1b[2J ni\u202e", False)
    log.close()
    return folder


def test_a_key_is_made_with_a_real_passphrase(mbegu: CommandLine, tmp_path: Path, passphrase: Path) -> None:
    said = mbegu("log", "key", tmp_path / "new", "--passphrase-file", passphrase)
    assert said.code == 0
    assert "--log-content" in said.out
    assert "there is a key already" in mbegu.fails(4, "log", "key", tmp_path / "new", "--passphrase-file", passphrase)
    assert mbegu("log", "read", tmp_path / "new", "--passphrase-file", passphrase).out == ""


def test_reading_shows_what_was_kept_and_commands_no_terminal(mbegu: CommandLine, folder: Path, passphrase: Path) -> None:
    said = mbegu("log", "read", folder, "--passphrase-file", passphrase)
    assert said.code == 0
    assert " 3fa2c1 /answers, cut off\n  ? Ṣé omi mọ́?\n  ? wàràwàrà\n  > Bẹ́ẹ̀ " in said.out
    assert not any(each in said.out for each in "\x1b\u202e")
    found = json.loads(mbegu("log", "read", folder, "--passphrase-file", passphrase, "--json").out)
    assert (found["question"], found["end"]) == ("Ṣé omi mọ́?\nwàràwàrà", "cut off")


def test_typed_unseen(mbegu: CommandLine, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([PASSPHRASE, PASSPHRASE, PASSPHRASE + "!"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    assert "mọ́" in mbegu("log", "read", folder).out
    assert "the two passphrases differ" in mbegu.fails(2, "log", "key", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_opened_is_counted(mbegu: CommandLine, folder: Path, passphrase: Path) -> None:
    with open(sealed_files(folder)[0][1], "ab") as file:
        file.write(b"AAAA")
    said = mbegu("log", "read", folder, "--passphrase-file", passphrase)
    assert said.code == 0
    assert "1 record cannot be opened" in said.err


def test_a_wrong_passphrase_shows_nothing(mbegu: CommandLine, folder: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("not the passphrase of it", encoding="utf-8")
    assert "this is not the passphrase of this log" in mbegu.fails(4, "log", "read", folder, "--passphrase-file", wrong)
    assert "no such file" in mbegu.fails(4, "log", "read", folder, "--passphrase-file", tmp_path / "none")
    assert "this folder has no key" in mbegu.fails(4, "log", "read", tmp_path)


def test_wiping_asks_first_and_says_what_it_cannot_do(mbegu: CommandLine, folder: Path, tmp_path: Path) -> None:
    refused = mbegu_process("log", "wipe", folder, given="n\n")
    assert refused.code == 130
    assert len(sealed_files(folder)) == 1
    said = mbegu("log", "wipe", folder, "--yes")
    assert said.code == 0
    assert "deleted: the key and 1 file of records" in said.out
    assert "A copy that was made before stays where it is" in said.out
    assert list(folder.iterdir()) == []
    assert "there is no content log here" in mbegu.fails(4, "log", "wipe", folder, "--yes")


def test_serving_without_a_key_or_without_the_library_is_one_line(
    mbegu: CommandLine, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = tmp_path / "hati"
    documents.mkdir()
    (documents / "a.txt").write_text("Chemsheni maji.", encoding="utf-8")
    serve = ("serve", "--documents", documents, "--port", "0", "--log-content")
    assert "this folder has no key for a content log" in mbegu.fails(4, *serve, tmp_path)
    assert "keep_days: 0 is below the smallest allowed, 1 days" in mbegu.fails(3, *serve, folder, "--keep-days", "0")
    monkeypatch.setitem(sys.modules, "nacl.public", None)
    assert "PyNaCl" in mbegu.fails(8, *serve, folder)
