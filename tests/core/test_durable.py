from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mbegu.core import durable
from mbegu.core.errors import InputError, MbeguError, ResourceError

OLD = "Ẹ káàárọ̀".encode()
NEW = "እንደምን አደርክ ߌ ߣߌ ߛߐ߲߬ߜߐߡߊ".encode() * 9000

MESSAGES = {errno.ENOSPC: "disk is full", errno.EACCES: "no permission", errno.EIO: "could not read or write", errno.EDQUOT: "disk is full"}


class Disk:
    """Counts every operation that reaches the disk and lets the one at ``fails_at`` fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails_at: int, code: int) -> None:
        self.fails_at = fails_at
        self.code = code
        self.calls: list[str] = []
        self.armed = True
        disk = self

        class RawFile(io.FileIO):
            def write(self, data: Any, /) -> int:
                disk.step("write")
                return super().write(data) or 0

        def fake_open(path: Any, mode: str = "r", **more: Any) -> Any:
            if mode == "rb":
                return open(path, mode, **more)
            disk.step("open")
            return io.BufferedWriter(RawFile(str(path), mode.replace("b", "")))  # type: ignore[type-var]

        def counted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                disk.step(name)
                return original(*args, **kwargs)

            return call

        monkeypatch.setattr(durable, "open", fake_open, raising=False)
        monkeypatch.setattr(durable.os, "fsync", counted("fsync", os.fsync))
        monkeypatch.setattr(Path, "replace", counted("rename", Path.replace))
        monkeypatch.setattr(Path, "mkdir", counted("mkdir", Path.mkdir))

    def step(self, name: str) -> None:
        if not self.armed:
            return
        self.calls.append(name)
        if len(self.calls) > self.fails_at:  # from now on all fail, as on a full disk
            raise OSError(self.code, os.strerror(self.code))


def operations() -> list[str]:
    steps = ["mkdir", "open", *["write"] * 1, "fsync", "rename"]
    return [*steps, "fsync"] if os.name != "nt" else steps


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


def test_the_order_on_the_disk_is_write_fsync_rename_fsync_of_the_folder(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch, fails_at=99, code=0)
    durable.write_bytes(target, NEW)
    assert disk.calls == operations()


@pytest.mark.parametrize("code", sorted(MESSAGES), ids=[errno.errorcode[code] for code in sorted(MESSAGES)])
@pytest.mark.parametrize("fails_at", range(6))
def test_every_failing_operation_leaves_a_whole_file(target: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int, code: int) -> None:
    if fails_at >= len(operations()):
        pytest.skip("fewer operations on this system")
    disk = Disk(monkeypatch, fails_at, code)
    with pytest.raises(ResourceError) as caught:
        durable.write_bytes(target, NEW)
    disk.armed = False
    renamed = "rename" in disk.calls[:fails_at]
    assert target.read_bytes() == (NEW if renamed else OLD)
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"], "leftovers"
    message = caught.value.one_line()
    assert MESSAGES[code] in message
    assert str(target.name) in message
    assert "\n" not in message
    assert caught.value.exit_code == 6


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


def test_remove_tree_takes_the_manifest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "step"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_bytes(b"1")
    (folder / "manifest.json").write_bytes(b"{}")

    def cut(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(durable.shutil, "rmtree", cut)
        with pytest.raises(ResourceError, match="step"):
            durable.remove_tree(folder)
    assert not (folder / "manifest.json").exists()
    durable.remove_tree(folder)
    assert not folder.exists()
    durable.remove_tree(folder)


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


def test_a_full_disk_while_extending_is_said_and_keeps_the_partial_file(half: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch, fails_at=2, code=errno.ENOSPC)
    with pytest.raises(ResourceError, match="disk is full"), durable.extend_partial(half, 6) as file:
        file.write(NEW)
    disk.armed = False
    assert durable.partial_of(half).read_bytes() == b"abcdef"
