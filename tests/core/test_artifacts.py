from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import IO

import pytest
from bench.watched_disk import FailingDisk, put_in

from mbegu.core import artifacts, durable
from mbegu.core.artifacts import Artifact, is_sealed, open_artifact, problems_of, read_manifest, seal
from mbegu.core.errors import DamageError, ResourceError, explain_os_error


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "corpus"
    (out / "deep" / "ውስጥ").mkdir(parents=True)
    (out / "a.txt").write_bytes("Ẹ̀kọ́".encode())
    (out / "deep" / "ውስጥ" / "ߒߞߏ.bin").write_bytes(bytes(range(32)))
    (out / "empty").write_bytes(b"")
    return out


def sealed(folder: Path) -> Artifact:
    return seal(folder, kind="corpus", version=3, key="k" * 64, parents={"text": "p" * 64}, facts={"documents": 2, "scripts": ["Latn", "Nkoo"]})


def test_a_sealed_folder_opens_with_what_was_put_in(folder: Path) -> None:
    made = sealed(folder)
    found = open_artifact(folder, "corpus")
    assert found.manifest == made.manifest
    assert found.facts == {"documents": 2, "scripts": ["Latn", "Nkoo"]}
    assert found.manifest["files"]["a.txt"]["bytes"] == len("Ẹ̀kọ́".encode())
    assert list(found.manifest["files"]) == ["a.txt", "deep/ውስጥ/ߒߞߏ.bin", "empty"]
    assert found.sha256 == made.sha256
    assert found.path("a.txt") == folder / "a.txt"


def test_sealing_twice_gives_the_same_bytes(folder: Path) -> None:
    sealed(folder)
    first = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").unlink()
    sealed(folder)
    assert (folder / "manifest.json").read_bytes() == first


def test_the_place_of_the_folder_is_not_part_of_the_manifest(folder: Path, tmp_path: Path) -> None:
    made = sealed(folder)
    shutil.copytree(folder, tmp_path / "elsewhere 🌍")
    assert open_artifact(tmp_path / "elsewhere 🌍").sha256 == made.sha256


def test_facts_with_numbers_as_keys_and_tuples_open_again(folder: Path) -> None:
    made = seal(folder, kind="x", version=1, key="", parents={}, facts={"by_length": {10: 1, 9: (2, 3)}})
    assert open_artifact(folder).facts == made.facts == {"by_length": {"10": 1, "9": [2, 3]}}


def test_leftovers_of_a_cut_are_not_sealed_in(folder: Path) -> None:
    (folder / "deep" / "b.npy.partial").write_bytes(b"half")
    sealed(folder)
    assert not (folder / "deep" / "b.npy.partial").exists()
    open_artifact(folder)


def test_a_half_file_that_a_cut_left_in_a_sealed_folder_is_no_stranger(folder: Path) -> None:
    made = sealed(folder)
    (folder / "started.json.partial").write_bytes(b"half")
    assert artifacts.strangers_of(made) == []
    open_artifact(folder)


def put(file: IO[bytes], at: int, byte: int) -> None:
    file.seek(at)
    file.write(bytes([byte]))


def is_found(folder: Path) -> bool:
    try:
        open_artifact(folder)
    except DamageError:
        return True
    return False


@pytest.mark.parametrize("name", ["manifest.json", "a.txt", "deep/ውስጥ/ߒߞߏ.bin"])
def test_every_flipped_bit_is_found(folder: Path, name: str) -> None:
    sealed(folder)
    path = folder / name
    sound = path.read_bytes()
    unseen = []
    with open(path, "r+b", buffering=0) as file:  # one byte in place: thousands of whole files would wear the disk
        for at, byte in enumerate(sound):
            for bit in range(8):
                put(file, at, byte ^ 1 << bit)
                if not is_found(folder):
                    unseen.append((at, bit))
            put(file, at, byte)
    assert unseen == []
    open_artifact(folder)


def test_damage_in_a_large_file_is_located(folder: Path) -> None:
    (folder / "large.bin").write_bytes(bytes(2_500_000))
    made = sealed(folder)
    assert "blocks" not in made.manifest["files"]["a.txt"]
    with open(folder / "large.bin", "r+b") as file:
        put(file, 1_500_000, 1)
    with pytest.raises(DamageError) as caught:
        open_artifact(folder)
    assert caught.value.one_line() == (
        "a file is damaged: its SHA-256 is not the one recorded; block 2 of 3 is damaged (bytes 1,048,576 to 2,097,151) "
        f"({folder / 'large.bin'}). Run `mbegu grow` again: the step is made anew from the files that are sound."
    )


def test_a_manifest_without_blocks_is_as_good(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "large.bin").write_bytes(bytes(2_500_000))
    describe_file = artifacts.describe_file
    monkeypatch.setattr(artifacts, "describe_file", lambda path: {k: v for k, v in describe_file(path).items() if k != "blocks"})
    sealed(folder)
    open_artifact(folder)
    with open(folder / "large.bin", "r+b") as file:
        put(file, 1_500_000, 1)
    with pytest.raises(DamageError, match=r"is not the one recorded \("):
        open_artifact(folder)


def test_a_bad_sector_is_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed(folder)

    def unreadable(path: Path) -> str:
        raise explain_os_error(OSError(code, os.strerror(code)), path) from OSError(code, os.strerror(code))

    monkeypatch.setattr(durable, "sha256_file", unreadable)
    code = errno.EIO
    with pytest.raises(DamageError, match="a file is damaged"):
        open_artifact(folder)
    code = errno.EACCES
    with pytest.raises(ResourceError, match="no permission"):
        open_artifact(folder)


CODES = [errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EIO]


@pytest.mark.parametrize("code", CODES, ids=[errno.errorcode[code] for code in CODES])
def test_a_seal_that_fails_at_any_operation_is_no_seal_and_the_next_one_is(folder: Path, code: int) -> None:
    number = 0
    while True:
        for leftover in ("b.partial", "deep/c.partial"):
            (folder / leftover).write_bytes(b"half")
        disk = FailingDisk(number, code)
        try:
            with put_in(disk):
                sealed(folder)
        except ResourceError as error:
            assert "\n" not in error.one_line()
            assert ("the disk is full" in error.one_line()) == (code == errno.ENOSPC)
        if is_sealed(folder):
            open_artifact(folder)
            assert disk.refused is None or disk.refused.kind == "sync folder"
        sealed(folder)
        open_artifact(folder)
        (folder / "manifest.json").unlink()
        if disk.refused is None:
            break
        number += 1
    assert number == 7, "two removals and the five of a durable file"


@pytest.mark.parametrize("name", ["manifest.json", "a.txt", "deep/ውስጥ/ߒߞߏ.bin"])
def test_every_length_of_a_cut_file_is_found(folder: Path, name: str) -> None:
    sealed(folder)
    path = folder / name
    sound = path.read_bytes()
    with open(path, "r+b", buffering=0) as file:
        for length in reversed(range(len(sound))):
            file.truncate(length)
            assert is_found(folder), length
    path.write_bytes(sound + b"\0")
    with pytest.raises(DamageError):
        open_artifact(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    sealed(folder)
    (folder / "a.txt").unlink()
    with pytest.raises(DamageError, match=r"a file is missing \(.*a\.txt\)\. Run `mbegu grow` again"):
        open_artifact(folder)


def test_an_extra_file_is_named_and_nothing_is_removed(folder: Path) -> None:
    sealed(folder)
    (folder / "deep" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DamageError, match=r"did not put here \(.*notes\.txt\)"):
        open_artifact(folder)
    assert (folder / "deep" / "notes.txt").exists()


def test_all_problems_are_listed(folder: Path) -> None:
    artifact = sealed(folder)
    (folder / "a.txt").unlink()
    (folder / "empty").write_bytes(b"1")
    (folder / "extra").write_bytes(b"")
    assert [problem.what.split(":")[0] for problem in problems_of(artifact)] == [
        "a file is missing",
        "a file is damaged",
        "a file is here that Mbegu did not put here",
    ]


def test_another_kind_is_refused(folder: Path) -> None:
    sealed(folder)
    with pytest.raises(DamageError, match="expected a tokenizer folder, found corpus"):
        open_artifact(folder, "tokenizer")


def test_a_folder_without_manifest_is_not_sealed(folder: Path) -> None:
    assert not is_sealed(folder)
    with pytest.raises(DamageError, match="the manifest is missing"):
        open_artifact(folder)
    sealed(folder)
    assert is_sealed(folder)


def test_a_file_that_the_manifest_does_not_list_has_no_path(folder: Path) -> None:
    with pytest.raises(DamageError, match=r"'\.\./secret' is not part of this folder"):
        sealed(folder).path("../secret")


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{}", b"\xff\xfe", b'{"sha256": 1}', b"[" * 5000])
def test_a_manifest_that_is_no_manifest_is_damage(folder: Path, raw: bytes) -> None:
    (folder / "manifest.json").write_bytes(raw)
    with pytest.raises(DamageError, match="manifest"):
        read_manifest(folder)


def test_a_manifest_in_another_form_is_damage(folder: Path) -> None:
    sealed(folder)
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(DamageError, match="the manifest is damaged"):
        read_manifest(folder)


def test_a_link_to_nowhere_is_found(folder: Path) -> None:
    sealed(folder)
    try:
        (folder / "link").symlink_to(folder / "nowhere")
    except OSError:
        pytest.skip("links are not allowed here")
    with pytest.raises(DamageError, match="link"):
        open_artifact(folder)
    assert "link" in artifacts.files_in(folder)
