"""A disk that is full at any write: one clear line, nothing lost, and the same model afterwards."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.failing_writes import fail_training
from bench.kill_test import file_hashes, small_project
from tests.end_to_end.project import CommandLine

from mbegu.cli.main import run

FEW, MANY = 5, 25
STEPS = 12


class FullDisk:
    """Stands for ``os.fsync``, through which every durable write goes: from one call on the disk is full."""

    def __init__(self, fails_from: int) -> None:
        self.calls = 0
        self.fails_from = fails_from
        self.real = os.fsync

    def __call__(self, descriptor: int) -> None:
        self.calls += 1
        if self.calls >= self.fails_from:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.real(descriptor)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A project that never met a full disk, and the number of its writes."""
    project = small_project(tmp_path_factory.mktemp("whole") / "tiny", steps=STEPS, checkpoint_every_s=0.0)
    with pytest.MonkeyPatch.context() as patch:
        counter = FullDisk(10**9)
        patch.setattr(os, "fsync", counter)
        assert run(["grow", str(project), "--quiet"]) == 0
    yield project, counter.calls
    shutil.rmtree(project)


def fail_and_go_on(mbegu: CommandLine, whole: tuple[Path, int], project: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    reference, _ = whole
    small_project(project, steps=STEPS, checkpoint_every_s=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", FullDisk(number))
        line = mbegu.fails(6, "grow", project, "--quiet")
    assert line.startswith("mbegu: the disk is full")
    assert line.endswith("Free some space and run the same command again: it goes on where it stopped.")
    assert mbegu("grow", project, "--quiet").code == 0
    assert file_hashes(project) == file_hashes(reference)
    assert mbegu("verify", project).code == 0
    shutil.rmtree(project)


def test_there_are_writes_of_every_step(whole: tuple[Path, int]) -> None:
    assert whole[1] > 150


@pytest.mark.parametrize("part", range(FEW))
def test_full_at_some_writes(mbegu: CommandLine, whole: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    fail_and_go_on(mbegu, whole, tmp_path / "tiny", monkeypatch, 1 + (whole[1] - 2) * part // (FEW - 1))


@pytest.mark.slow
def test_full_at_many_writes(mbegu: CommandLine, whole: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(MANY):
        fail_and_go_on(mbegu, whole, tmp_path / "tiny", monkeypatch, 2 + (whole[1] - 3) * number // (MANY - 1))


def test_some_refused_operations_of_a_training_lose_nothing(tmp_path: Path) -> None:
    operations, failures, wrong = fail_training(tmp_path, every=60, codes=(errno.ENOSPC, errno.EACCES, errno.EIO), first=3)
    assert wrong == []
    assert operations > 200
    assert failures.total() >= 9


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_refused_operation_of_a_training_loses_anything(tmp_path: Path) -> None:
    operations, failures, wrong = fail_training(tmp_path, every=1)
    assert wrong == []
    assert failures.total() > 3 * operations
