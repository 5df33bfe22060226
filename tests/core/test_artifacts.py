from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

import pytest

from mbegu.core import artifacts
from mbegu.core.artifacts import Artifact, is_sealed, open_artifact, problems_of, read_manifest, seal
from mbegu.core.errors import DamageError


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
