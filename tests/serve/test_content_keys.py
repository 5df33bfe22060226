from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nacl", reason="PyNaCl is not installed")

from nacl.public import PrivateKey, SealedBox
from tests.serve.sealed import PASSPHRASE, make_quick_key

from mbegu.core.errors import DamageError, InputError, MissingDependencyError
from mbegu.serve import content_keys
from mbegu.serve.content_keys import KEY_FILE, make_key, open_private_key, read_public_key


def test_who_knows_the_passphrase_opens_what_anyone_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_quick_key(tmp_path / "log", monkeypatch)
    sealed = SealedBox(read_public_key(folder)).encrypt("ሰላም".encode())
    for typed in (PASSPHRASE, unicodedata.normalize("NFD", PASSPHRASE)):
        assert SealedBox(open_private_key(folder, typed)).decrypt(sealed).decode() == "ሰላም"
    with pytest.raises(InputError, match="this is not the passphrase of this log"):
        open_private_key(folder, PASSPHRASE + "!")


def test_a_real_key_costs_memory_and_time_to_guess() -> None:
    import nacl.pwhash

    assert nacl.pwhash.argon2id.OPSLIMIT_MODERATE <= content_keys.PASSES
    assert nacl.pwhash.argon2id.MEMLIMIT_MODERATE <= content_keys.MEMORY_BYTES


def test_a_key_is_made_once_and_with_a_long_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_quick_key(tmp_path / "log", monkeypatch)
    before = (folder / KEY_FILE).read_bytes()
    with pytest.raises(InputError, match="there is a key already"):
        make_key(folder, "something else entirely")
    assert (folder / KEY_FILE).read_bytes() == before
    with pytest.raises(InputError, match="the passphrase has 14 characters, at least 15 are needed"):
        make_key(tmp_path / "other", "a" * 14)
    assert not (tmp_path / "other").exists()


def test_the_file_holds_no_key_and_no_passphrase_in_the_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_quick_key(tmp_path, monkeypatch)
    text = (folder / KEY_FILE).read_text(encoding="utf-8")
    assert bytes(open_private_key(folder, PASSPHRASE)).hex() not in text
    assert PASSPHRASE not in text


@pytest.mark.parametrize(
    "change", [{"public_key": "00"}, {"version": 2}, {"argon2id": {"salt": "00" * 16, "passes": 1, "memory_bytes": 1 << 40}}, {"argon2id": 3}]
)
def test_a_damaged_key_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]) -> None:
    path = make_quick_key(tmp_path, monkeypatch) / KEY_FILE
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(DamageError, match="the key of the content log is damaged"):
        open_private_key(tmp_path, PASSPHRASE)


def test_a_public_key_that_somebody_changed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_quick_key(tmp_path, monkeypatch) / KEY_FILE
    theirs = bytes(PrivateKey.generate().public_key).hex()
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "public_key": theirs}), encoding="utf-8")
    with pytest.raises(DamageError, match="somebody changed it"):
        open_private_key(tmp_path, PASSPHRASE)


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"this folder has no key.*mbegu log key"):
        read_public_key(tmp_path)
    monkeypatch.setitem(sys.modules, "nacl.public", None)
    with pytest.raises(MissingDependencyError, match=r"'nacl' \(PyNaCl\), which is not installed. Pip install 'mbegu\[serve\]'"):
        read_public_key(tmp_path)
