from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.watched_disk import FailingDisk, RecordingDisk, put_in

from mbegu.core import durable
from mbegu.core.errors import InputError, MbeguError, ResourceError

OLD = "Ẹ káàárọ̀".encode()
NEW = "እንደምን አደርክ ߌ ߣߌ ߛߐ߲߬ߜߐߡߊ".encode() * 9000

MESSAGES = {errno.ENOSPC: "disk is full", errno.EACCES: "no permission", errno.EIO: "could not read or write", errno.EDQUOT: "disk is full"}


OPERATIONS = ["create", "write", "sync file", "rename", "sync folder"]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder" / "صفحة 🌱"
    folder.mkdir(parents=True)
    path = folder / "file.bin"
    path.write_bytes(OLD)
    return path


def test_write_takes_the_place_of_the_old_file_and_leaves_nothing_else(target: Path) -> None:
    durable.write_bytes(target, NEW)
    assert target.read_bytes() == NEW
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


def test_the_order_on_the_disk_is_write_fsync_rename_fsync_of_the_folder(target: Path) -> None:
    record = RecordingDisk(target.parent)
    with put_in(record):
        durable.write_bytes(target, NEW)
    assert [operation.kind for operation in record.operations] == OPERATIONS


def test_what_is_appended_stands_after_what_was_there_and_is_synced(target: Path) -> None:
    record = RecordingDisk(target.parent)
    with put_in(record):
        durable.append(target, NEW)
        durable.append(target.with_name("new"), NEW)
    assert target.read_bytes() == OLD + NEW
    assert target.with_name("new").read_bytes() == NEW
    assert [operation.kind for operation in record.operations] == ["open", "write", "sync file"] * 2 + ["sync folder"]


@pytest.mark.parametrize("fails_at", range(3))
def test_a_failing_append_leaves_what_was_there(target: Path, fails_at: int) -> None:
    with put_in(FailingDisk(fails_at, errno.ENOSPC)), pytest.raises(ResourceError, match="disk is full"):
        durable.append(target, NEW)
    assert target.read_bytes().startswith(OLD)


def test_each_folder_that_is_made_is_made_durable_in_the_one_above(tmp_path: Path) -> None:
    record = RecordingDisk(tmp_path)
    with put_in(record):
        durable.write_bytes(tmp_path / "a" / "b" / "file", NEW)
    found = [(operation.kind, operation.path.relative_to(tmp_path).as_posix()) for operation in record.operations[:4]]
    assert found == [("make folder", "a"), ("sync folder", "."), ("make folder", "a/b"), ("sync folder", "a")]
    assert [operation.kind for operation in record.operations[4:]] == OPERATIONS


@pytest.mark.parametrize("code", sorted(MESSAGES), ids=[errno.errorcode[code] for code in sorted(MESSAGES)])
@pytest.mark.parametrize("fails_at", range(len(OPERATIONS)))
@pytest.mark.parametrize("stays", [True, False])
def test_every_failing_operation_leaves_a_whole_file(target: Path, fails_at: int, code: int, stays: bool) -> None:
    with put_in(FailingDisk(fails_at, code, stays)), pytest.raises(ResourceError) as caught:
        durable.write_bytes(target, NEW)
    assert target.read_bytes() == (NEW if "rename" in OPERATIONS[:fails_at] else OLD)
    if not stays:
        assert [path.name for path in target.parent.iterdir()] == ["file.bin"], "leftovers"
    message = caught.value.one_line()
    assert MESSAGES[code] in message
    assert str(target.name) in message
    assert "\n" not in message
    assert caught.value.exit_code == 6


def test_a_full_disk_says_how_much_is_needed_and_how_much_is_free(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FailingDisk(1, errno.ENOSPC)
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 1234)
    with put_in(disk), pytest.raises(ResourceError) as caught:
        durable.write_bytes(target, bytes(5_000_000))
    assert caught.value.one_line() == (
        f"the disk is full: this file needs 5,000,000 bytes and 1,234 bytes are free ({target}). "
        "Free some space and run the same command again: it goes on where it stopped."
    )


def test_of_a_file_of_unknown_length_is_said_what_was_written_so_far(target: Path) -> None:
    with put_in(FailingDisk(3, errno.ENOSPC)), pytest.raises(ResourceError) as caught, durable.replace_file(target) as file:
        file.write(b"12345")
        file.write(b"678")
        file.write(b"9")
    assert "this file needs 8 bytes and " in caught.value.one_line()


@pytest.mark.parametrize("fails_at", range(4))
def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, fails_at: int) -> None:
    with put_in(FailingDisk(fails_at, errno.EACCES)), pytest.raises(ResourceError, match="no permission"):
        durable.make_folder(tmp_path / "a" / "b")
    durable.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_what_a_killed_run_left_is_synced_in_every_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    record = RecordingDisk(tmp_path)
    with put_in(record):
        durable.sync_folders(tmp_path)
    found = {(operation.kind, operation.path.relative_to(tmp_path).as_posix()) for operation in record.operations}
    assert found == {("sync folder", each) for each in (".", "a", "a/b", "c")}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_interruption_while_writing_leaves_the_old_file(target: Path, interruption: type[BaseException]) -> None:
    with pytest.raises(interruption), durable.replace_file(target) as file:
        file.write(NEW)
        raise interruption
    assert target.read_bytes() == OLD
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


def test_folders_are_made_where_missing(tmp_path: Path) -> None:
    durable.write_text(tmp_path / "b" / "c" / "ቋንቋ.txt", "ߒߞߏ\n")
    assert (tmp_path / "b" / "c" / "ቋንቋ.txt").read_bytes() == "ߒߞߏ\n".encode()


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(ResourceError, match="x"):
        durable.write_bytes(tmp_path / "x", b"1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(MbeguError, match="x"):
        durable.write_bytes(tmp_path / "x" / "y", b"1")


@pytest.mark.skipif(os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="needs a user whom the system can refuse")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ResourceError, match="no permission"):
            durable.write_bytes(tmp_path / "x", b"1")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="needs a limit that only POSIX has")
def test_a_real_limit_of_the_system_leaves_the_old_file(target: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from mbegu.core import durable; from mbegu.core.errors import ResourceError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: durable.write_bytes(Path(sys.argv[1]), b'x' * 5000)\n"
        "except ResourceError as error: sys.exit(error.exit_code)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(target)], check=False).returncode == 6
    assert target.read_bytes() == OLD
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


def test_canonical_json_has_one_form() -> None:
    one = durable.canonical_json({"b": "Ẹ", "a": [1, 2.5, None, True]})
    assert one == durable.canonical_json({"a": [1, 2.5, None, True], "b": "Ẹ"})
    assert one.endswith(b"\n")
    assert "Ẹ".encode() in one
    assert json.loads(one) == {"a": [1, 2.5, None, True], "b": "Ẹ"}


def test_copy_of_a_file_that_is_gone_is_an_input_error_and_leaves_the_target(target: Path) -> None:
    with pytest.raises(InputError, match=r"no such file or folder .*gone"):
        durable.copy_file(target.parent / "gone", target)
    assert target.read_bytes() == OLD


def test_copy_is_the_same_bytes(target: Path) -> None:
    durable.copy_file(target, target.parent / "copy")
    assert (target.parent / "copy").read_bytes() == OLD


def test_hashes_agree_and_a_missing_file_is_said(target: Path) -> None:
    assert durable.sha256_file(target) == durable.sha256_bytes(OLD)
    with pytest.raises(InputError, match="gone"):
        durable.sha256_file(target.parent / "gone")


def test_remove_tree_takes_the_manifest_first(tmp_path: Path) -> None:
    folder = tmp_path / "step"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_bytes(b"1")
    (folder / "manifest.json").write_bytes(b"{}")
    with put_in(FailingDisk(2, errno.EIO)), pytest.raises(ResourceError, match="step"):
        durable.remove_tree(folder)
    assert not (folder / "manifest.json").exists()
    assert (folder / "deep" / "file").exists()
    durable.remove_tree(folder)
    assert not folder.exists()
    durable.remove_tree(folder)


def test_remove_tree_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_bytes(b"1")
    (tmp_path / "step").mkdir()
    try:
        (tmp_path / "step" / "link").symlink_to(tmp_path / "mine", target_is_directory=True)
    except OSError:
        pytest.skip("links are not allowed here")
    durable.remove_tree(tmp_path / "step")
    assert not (tmp_path / "step").exists()
    assert (tmp_path / "mine" / "file").read_bytes() == b"1"


def test_removing_a_file_that_is_gone_is_nothing_and_a_refusal_is_said(target: Path) -> None:
    with put_in(FailingDisk(0, errno.EACCES)), pytest.raises(ResourceError, match=r"no permission \(.*file\.bin\)"):
        durable.remove_file(target)
    durable.remove_file(target)
    durable.remove_file(target)
    assert not target.exists()


@pytest.fixture
def half(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "in" / "text.txt"
    with durable.extend_partial(path, 0) as file:
        file.write(b"abcdef")
    yield path


def test_a_partial_file_is_extended_after_what_is_kept(half: Path) -> None:
    with durable.extend_partial(half, 4) as file:
        assert file.tell() == 4
        file.write(b"XY")
    assert durable.partial_of(half).read_bytes() == b"abcdXY"
    assert not half.exists()


def test_a_partial_file_keeps_what_was_written_when_it_ends_early(half: Path) -> None:
    with pytest.raises(KeyboardInterrupt), durable.extend_partial(half, 6) as file:
        file.write(b"gh")
        raise KeyboardInterrupt
    assert durable.partial_of(half).read_bytes() == b"abcdefgh"


def test_an_adopted_partial_file_has_its_name(half: Path) -> None:
    durable.adopt_partial(half)
    assert half.read_bytes() == b"abcdef"
    assert not durable.partial_of(half).exists()
    with pytest.raises(InputError, match="no such file"):
        durable.adopt_partial(half)


def test_a_full_disk_while_extending_is_said_and_keeps_the_partial_file(half: Path) -> None:
    with put_in(FailingDisk(2, errno.ENOSPC)), pytest.raises(ResourceError, match="disk is full"), durable.extend_partial(half, 6) as file:
        file.write(NEW)
    assert durable.partial_of(half).read_bytes() == b"abcdef"
