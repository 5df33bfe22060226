"""What is special about the operations themselves: files that another program holds for a moment, folders that cannot be synced."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mbegu.core import disk
from mbegu.core.disk import Disk


@pytest.mark.parametrize("operation", ["rename", "remove"])
def test_a_file_that_another_program_holds_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """As on Windows while a virus scanner reads what was just written."""
    (tmp_path / "a").write_bytes(b"1")
    method = {"rename": "replace", "remove": "unlink"}[operation]
    original, refusals = getattr(Path, method), [2]

    def busy(path: Path, *more: Path) -> None:
        refusals[0] -= 1
        if refusals[0] >= 0:
            raise PermissionError(errno.EACCES, "held by another program")
        original(path, *more)

    monkeypatch.setattr(disk, "BUSY_WAITS_S", (0.0, 0.0, 0.0))
    monkeypatch.setattr(Path, method, busy)
    getattr(Disk(), operation)(tmp_path / "a", *([tmp_path / "b"] if operation == "rename" else []))
    assert [path.name for path in tmp_path.iterdir()] == (["b"] if operation == "rename" else [])
    refusals[0] = 9
    (tmp_path / "a").write_bytes(b"1")
    with pytest.raises(PermissionError):
        getattr(Disk(), operation)(tmp_path / "a", *([tmp_path / "b"] if operation == "rename" else []))


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced on Windows")
def test_a_file_system_that_cannot_sync_folders_is_put_up_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(code: int) -> None:
        monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(code, os.strerror(code))))

    refuse(errno.EINVAL)
    Disk().sync_folder(tmp_path)
    refuse(errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        Disk().sync_folder(tmp_path)
