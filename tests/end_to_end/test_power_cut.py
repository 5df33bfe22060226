"""A power cut at any moment: a few hundred of the images of ``bench/crash_images.py``, and writers that are wrong, whose faults must be seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from bench import crash_images
from bench.crash_images import (
    COMPLETE,
    NEWEST,
    REPAIRED,
    STALE,
    checkpoint_scenarios,
    judge_all,
    judge_checkpoints,
    judge_clearing,
    progress_of,
    record_clearing,
    record_saves,
    save,
    step_scenarios,
    tensors_of,
)
from bench.crash_model import DiskState, images
from bench.watched_disk import Operation, RecordingDisk

from mbegu.core import durable
from mbegu.train import checkpoint


def test_every_image_gives_the_newest_checkpoint_or_the_one_before(tmp_path: Path) -> None:
    one, killed = checkpoint_scenarios(tmp_path, seed=0, rounds=1, saves=4, kills=18)
    assert (one.bad, killed.bad) == (0, 0)
    assert one.images + killed.images > 250
    assert one.of(NEWEST) > 20
    assert killed.of(NEWEST) > 20


def test_no_image_of_a_step_or_the_ledger_is_taken_as_what_it_is_not(tmp_path: Path) -> None:
    step, clearing = step_scenarios(tmp_path, seed=0, rounds=1)
    assert (step.bad, clearing.bad) == (0, 0)
    assert step.images > 100
    assert step.of(COMPLETE) > 5
    assert step.of(REPAIRED) == 0, "a manifest never stands without its files"


def without(record: RecordingDisk, *kinds: str, below: Path | None = None) -> RecordingDisk:
    """Return the record of a writer that forgets these operations."""
    record.operations = [each for each in record.operations if each.kind not in kinds or (below is not None and each.path == below)]
    return record


def bad_images(record: RecordingDisk, scratch: Path) -> tuple[int, int]:
    """Return how many images are lost or wrong, and of how many."""
    tally = judge_all("", record, {}, judge_checkpoints, scratch, random.Random(0), 2)
    return tally.bad, tally.images


def test_a_writer_that_syncs_no_file_is_seen(tmp_path: Path) -> None:
    bad, count = bad_images(without(record_saves(tmp_path / "x", range(1, 5)), "sync file"), tmp_path)
    assert bad > count / 10, f"{bad} of {count}"


def test_a_writer_that_syncs_no_folder_is_seen(tmp_path: Path) -> None:
    bad, count = bad_images(without(record_saves(tmp_path / "x", range(1, 5)), "sync folder"), tmp_path)
    assert bad > count / 10, f"{bad} of {count}"


def test_a_writer_that_makes_no_folder_durable_is_seen(tmp_path: Path) -> None:
    """Each file is safe in its folder, and the folder itself is not: with it goes everything."""
    folder = tmp_path / "x" / "grown" / "train" / "checkpoints"
    bad, count = bad_images(without(record_saves(tmp_path / "x", range(1, 5)), "sync folder", below=folder), tmp_path)
    assert bad > count / 10, f"{bad} of {count}"


def test_a_writer_that_removes_the_old_ones_first_is_seen(tmp_path: Path) -> None:
    def save_carelessly(folder: Path, step: int) -> None:
        for path in folder.glob("step-*"):
            durable.remove_file(path)
        save(folder, step)

    bad, count = bad_images(record_saves(tmp_path / "x", range(1, 5), save_carelessly), tmp_path)
    assert bad > count / 10, f"{bad} of {count}"


def test_a_writer_that_writes_the_json_first_and_keeps_one_generation_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the record written before the tensors a generation counts before it is there; the one before hides that, so it is taken away."""
    monkeypatch.setattr(checkpoint, "GENERATIONS", 1)

    def save_json_first(folder: Path, step: int) -> None:
        elsewhere = tmp_path / "elsewhere"
        checkpoint.save_checkpoint(elsewhere, tensors_of(step), progress_of(step))
        for suffix in (".json", ".safetensors"):
            name = f"step-{step:08d}{suffix}"
            durable.write_bytes(folder / name, (elsewhere / name).read_bytes())
            if suffix == ".json":
                checkpoint._remove_others(folder, f"step-{step:08d}")

    bad, count = bad_images(record_saves(tmp_path / "x", range(1, 5), save_json_first), tmp_path)
    assert bad > count / 10, f"{bad} of {count}"


def test_a_reader_that_trusts_what_it_finds_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = without(record_saves(tmp_path / "x", range(1, 5)), "sync file")
    monkeypatch.setattr(checkpoint, "_read_hashed", lambda path, expected: dict.fromkeys(tensors_of(1), torch.zeros(1)))
    tally = judge_all("", record, {}, judge_checkpoints, tmp_path, random.Random(0), 1)
    assert tally.of(crash_images.WRONG) > tally.images / 10


def test_old_checkpoints_under_a_new_key_are_seen(tmp_path: Path) -> None:
    """What ``_prepare_folder`` syncs before it writes the new key: without it the cut may keep both."""
    record, there = record_clearing(tmp_path / "x")
    train = tmp_path / "x" / "grown" / "train"
    last = max(number for number, each in enumerate(record.operations) if each.kind == "create")
    sync = max(number for number in range(last) if record.operations[number] == Operation("sync folder", train))
    del record.operations[sync]
    tally = judge_all("", record, there, judge_clearing, tmp_path, random.Random(0), 6)
    assert tally.of(STALE) > 0


# The model of the disk itself


def state_after(*operations: Operation) -> DiskState:
    state = DiskState(Path("/r"), {Path("/r/old"): b"old"})
    for operation in operations:
        state.apply(operation)
    return state


def kinds_of(state: DiskState, rounds: int = 30) -> dict[str, list[dict[str, bytes | None]]]:
    found: dict[str, list[dict[str, bytes | None]]] = {}
    for kind, image in images(state, random.Random(0), rounds):
        found.setdefault(kind, []).append({path.as_posix(): data for path, data in image.items()})
    return found


PATH, FOLDER = Path("/r/f/new"), Path("/r/f")
WRITE: Callable[[bytes], Operation] = lambda data: Operation("write", PATH, file=1, data=data)  # noqa: E731
MAKE = (Operation("make folder", FOLDER), Operation("create", PATH, file=1), WRITE(b"x" * 2000))


def test_nothing_is_safe_before_it_is_synced() -> None:
    found = kinds_of(state_after(*MAKE))
    assert found["nothing unsynced"] == [{"old": b"old"}]
    assert found["all of it (a kill)"] == [{"old": b"old", "f": None, "f/new": b"x" * 2000}]
    assert found["names without data"] == [{"old": b"old", "f": None, "f/new": b""}]
    assert {len(image.get("f/new") or b"") for image in found["cut short"]} > {0, 2000}
    torn = [image["f/new"] for image in found["torn, 512 B"] if image.get("f/new")]
    assert any(data and b"x" in data and data.strip(b"x") for data in torn)


def test_each_sync_makes_its_part_safe() -> None:
    synced = (Operation("sync file", PATH, file=1), Operation("sync folder", FOLDER))
    assert kinds_of(state_after(*MAKE, *synced))["nothing unsynced"] == [{"old": b"old"}], "the folder's own name is not"
    found = kinds_of(state_after(*MAKE, *synced, Operation("sync folder", Path("/r"))))
    assert all(image == {"old": b"old", "f": None, "f/new": b"x" * 2000} for each in found.values() for image in each)


def test_a_removal_may_be_undone_and_a_renaming_may_not_have_been() -> None:
    there = state_after(Operation("remove", Path("/r/old")))
    assert kinds_of(there)["nothing unsynced"] == [{"old": b"old"}]
    assert kinds_of(there)["removals first"] == [{}]
    found = kinds_of(state_after(Operation("rename", Path("/r/old"), Path("/r/new"))))
    assert {tuple(sorted(image)) for image in found["reordered"]} == {("old",), ("new",)}
    assert ("new", "old") in {tuple(sorted(image)) for image in found["both names"]}
