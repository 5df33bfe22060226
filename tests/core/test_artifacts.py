from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

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


def rewritten(folder: Path, **changes: Any) -> None:
    """Change a manifest and its own hash with it, which anybody can do."""
    path = folder / "manifest.json"
    manifest = {**json.loads(path.read_bytes()), **changes}
    del manifest["sha256"]
    manifest["sha256"] = durable.sha256_bytes(durable.canonical_json(manifest))
    path.write_bytes(durable.canonical_json(manifest))


@pytest.mark.parametrize(
    "changes",
    [
        {"files": []},
        {"files": {"label.html": {}}},
        {"files": {"label.html": 5}},
        {"files": {"label.html": {"sha256": "0" * 64, "bytes": "5"}}},
        {"files": {"label.html": {"sha256": None, "bytes": 5}}},
        {"files": None},
        {"parents": ["corpus"]},
        {"parents": {"corpus": 5}},
        {"facts": 3},
        {"kind": None},
        {"key": []},
        {"version": "3"},
    ],
)
def test_a_manifest_of_another_shape_is_damage_though_its_hash_is_right(folder: Path, changes: dict[str, Any]) -> None:
    sealed(folder)
    rewritten(folder, **changes)
    with pytest.raises(DamageError, match="the manifest is damaged"):
        read_manifest(folder)


OUTSIDE = ["../secret", "../../../etc/hostname", "/etc/hostname", "deep/../../secret", "..", "", ".", "C:\\secret", "C:secret", "..\\secret"]


@pytest.mark.parametrize("name", [*OUTSIDE, "\\secret", "\\\\server\\share\\secret", "//server/share/secret", "deep\\..\\..\\secret"])
def test_a_manifest_that_leads_out_of_its_folder_is_not_followed(folder: Path, name: str) -> None:
    secret = folder.parent / "secret"
    secret.write_bytes(b"of somebody else")
    sealed(folder)
    rewritten(folder, files={name: artifacts.describe_file(secret)})
    with pytest.raises(DamageError, match="names a file outside of its folder"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "a.txt/b"])
def test_a_name_that_no_file_can_have_is_a_missing_file(folder: Path, name: str) -> None:
    sealed(folder)
    rewritten(folder, files={name: {"sha256": "0" * 64, "bytes": 1}})
    assert problems_of(read_manifest(folder))[0].what == "a file is missing"


def test_blocks_that_are_none_are_not_followed(folder: Path) -> None:
    (folder / "large.bin").write_bytes(bytes(10))
    entry = {"sha256": "0" * 64, "bytes": 10}
    sealed(folder)
    huge = {"bytes": 10**15, "block_bytes": 10**15, "sha256": ["0" * 64]}
    for blocks in (huge, {**huge, "bytes": float("inf")}, 5, [], {"bytes": -1}):
        rewritten(folder, files={"large.bin": {**entry, "blocks": blocks}})
        assert problems_of(read_manifest(folder))[0].what == "a file is damaged: its SHA-256 is not the one recorded"


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def link_to_folder(path: Path) -> None:
    path.symlink_to("/etc", target_is_directory=True)


def plain_file(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"mine")


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of other systems")
@pytest.mark.parametrize(
    ("name", "make"),
    [("pipe", os.mkfifo), ("deep/.DS_Store", link), ("deep/x.partial", link), ("hf", link_to_folder), ("deep/checkpoints", link_to_folder)],
)
def test_pipes_and_links_are_named_whatever_they_are_called(folder: Path, name: str, make: Callable[[Path], None]) -> None:
    made = sealed(folder)
    make(folder / name)
    assert artifacts.strangers_of(made) == [folder / name]


@pytest.mark.parametrize("name", ["checkpoints/run.sh", "setup.exe.partial", "deep/modeling.py.partial", "started.json"])
def test_what_a_cut_leaves_is_a_stranger_only_in_what_is_given_away(folder: Path, name: str) -> None:
    made = sealed(folder)
    plain_file(folder / name)
    plain_file(folder / "deep" / "Thumbs.db")
    assert artifacts.strangers_of(made) == []
    assert artifacts.strangers_of(made, is_given=True) == [folder / name]
    assert [problem.where for problem in problems_of(made, is_given=True)] == [str(folder / name)]


def with_checksums(folder: Path, *, of: bytes = b"") -> Artifact:
    """Seal a folder with a list of checksums; of ``a.txt`` as if it held something else, where that is given."""
    names = artifacts.files_in(folder)
    hashes = {name: durable.sha256_bytes(of) if of and name == "a.txt" else durable.sha256_file(folder / name) for name in names}
    (folder / "SHA256SUMS").write_bytes("".join(f"{sha256}  {name}\n" for name, sha256 in hashes.items()).encode())
    return sealed(folder)


def test_checksums_that_say_another_thing_than_the_manifest_are_named(folder: Path) -> None:
    assert problems_of(with_checksums(folder)) == []
    (folder / "SHA256SUMS").unlink()
    (problem,) = problems_of(with_checksums(folder, of=b"the true label"))
    assert problem.one_line().startswith(f"SHA256SUMS and the manifest do not say the same of a file ({folder / 'a.txt'}).")
    with pytest.raises(DamageError, match="do not say the same"):
        open_artifact(folder)


@pytest.mark.parametrize(("line", "name"), [(f"{'0' * 64}  ../secret\n", "../secret"), ("nonsense\n", ""), ("\n", "")])
def test_checksums_name_what_the_manifest_names(folder: Path, line: str, name: str) -> None:
    with_checksums(folder)
    path = folder / "SHA256SUMS"
    path.write_bytes(path.read_bytes() + line.encode())
    made = sealed(folder)
    assert [problem.where for problem in problems_of(made)] == ([str(folder / name)] if name else [])
    path.write_bytes(b"")
    assert len(problems_of(sealed(folder))) == 3
    path.write_bytes(b"\xff")
    assert [problem.what.split(":")[0] for problem in problems_of(made)] == ["a file is damaged"], "named once, not for every file in it"
