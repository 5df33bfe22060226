"""Two generations, written so that a cut or a flipped bit never gives wrong weights and never loses both."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from bench.watched_disk import FailingDisk, put_in
from safetensors.torch import load_file

from mbegu.core.errors import ResourceError
from mbegu.core.report import Say
from mbegu.train import checkpoint
from mbegu.train.checkpoint import Progress, load_checkpoint, save_checkpoint

Loaded = tuple[dict[str, torch.Tensor], Progress]


def tensors_of(step: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(step)
    names = ("model.norm", "best.norm", "optimiser.muon.layers.0.self_attn.q_proj.weight")
    return {name: torch.randn(6, 5, generator=generator) for name in names}


def progress_of(step: int) -> Progress:
    row = {"step": step, "watched_bits_per_byte": 1 / 3}
    return Progress(step, step - 1, 0.1 + step, math.pi * step, 7 * step, step % 2 == 0, {"torch": "2", "processor": "Ẹ̀rọ ߒߞߏ"}, [row])


def save(folder: Path, *steps: int) -> None:
    for step in steps:
        save_checkpoint(folder, tensors_of(step), progress_of(step))


def load(folder: Path) -> tuple[Loaded | None, str]:
    said = io.StringIO()
    return load_checkpoint(folder, Say(said, quiet=True)), said.getvalue()


def step_of(found: Loaded | None) -> int | None:
    """Return the step of what was loaded after comparing every value of it with what was saved; ``None`` for nothing."""
    if found is None:
        return None
    tensors, progress = found
    expected = tensors_of(progress.step)
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[name], expected[name]) for name in expected)
    assert progress == progress_of(progress.step)
    return progress.step


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def generation(step: int) -> list[str]:
    return [f"step-{step:08d}.json", f"step-{step:08d}.safetensors"]


def test_what_was_saved_comes_back_exactly(tmp_path: Path) -> None:
    save(tmp_path / "a b" / "ߒߞߏ", 4)
    found, said = load(tmp_path / "a b" / "ߒߞߏ")
    assert step_of(found) == 4
    assert said == ""


def test_too_little_memory_is_no_damage_and_costs_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, 1, 2)

    def too_little(*_: object) -> dict[str, torch.Tensor]:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")

    monkeypatch.setattr(checkpoint, "read_tensors", too_little)
    with pytest.raises(ResourceError, match=r"there is not enough memory to go on from the checkpoint \(.*\)\. Close other programs"):
        load(tmp_path)
    monkeypatch.undo()
    found, said = load(tmp_path)
    assert (step_of(found), said) == (2, "")


def test_without_checkpoints_there_is_nothing_to_load(tmp_path: Path) -> None:
    assert load(tmp_path / "none") == (None, "")
    assert load(tmp_path) == (None, "")


def test_before_the_first_look_the_best_is_infinite(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, tensors_of(1), Progress(step=1))
    found, _ = load(tmp_path)
    assert found is not None
    assert found[1] == Progress(step=1)
    assert found[1].best_bits_per_byte == math.inf
    assert b"Infinity" not in (tmp_path / generation(1)[0]).read_bytes()


def test_saving_changes_nothing_in_what_is_saved(tmp_path: Path) -> None:
    progress = Progress(step=3)
    save_checkpoint(tmp_path, tensors_of(3), progress)
    assert progress == Progress(step=3)


def test_the_two_newest_are_kept(tmp_path: Path) -> None:
    save(tmp_path, 1, 2, 9, 10, 100)
    assert names(tmp_path) == sorted(generation(10) + generation(100))
    assert step_of(load(tmp_path)[0]) == 100


def test_halves_that_a_cut_left_are_cleared_away(tmp_path: Path) -> None:
    save(tmp_path, 5)
    for name in ("step-00000003.safetensors", "step-00000007.safetensors", "step-00000005.json.partial", "step-00000006.safetensors.partial"):
        (tmp_path / name).write_bytes(b"half")
    assert step_of(load(tmp_path)[0]) == 5
    save(tmp_path, 8)
    assert names(tmp_path) == sorted(generation(5) + generation(8))


def test_a_damaged_newest_is_named_and_the_one_before_is_used(tmp_path: Path) -> None:
    save(tmp_path, 5, 10)
    (tmp_path / generation(10)[1]).write_bytes(b"")
    found, said = load(tmp_path)
    assert step_of(found) == 5
    assert said.startswith(
        f"  ! a checkpoint is damaged and not used: {tmp_path / 'step-00000010'}: step-00000010.safetensors: it has 0 bytes and had "
    )


def test_both_damaged_are_both_named(tmp_path: Path) -> None:
    save(tmp_path, 5, 10)
    for step in (5, 10):
        (tmp_path / generation(step)[0]).write_bytes(b"{}")
    found, said = load(tmp_path)
    assert found is None
    assert said.count("a checkpoint is damaged and not used") == 2


def test_after_damage_new_checkpoints_take_the_place_of_the_damaged_ones(tmp_path: Path) -> None:
    """A damaged one of a later step must neither push the new ones out nor be named again and again."""
    save(tmp_path, 50, 100)
    for step in (50, 100):
        (tmp_path / generation(step)[1]).write_bytes(b"damaged")
    for step in (1, 2, 3):
        save(tmp_path, step)
        found, said = load(tmp_path)
        assert step_of(found) == step
        assert said == ""
    assert names(tmp_path) == sorted(generation(2) + generation(3))


@pytest.mark.parametrize("part", [0, 1], ids=["json", "safetensors"])
def test_no_flipped_bit_gives_wrong_weights(tmp_path: Path, part: int) -> None:
    save(tmp_path, 5, 10)
    path = tmp_path / generation(10)[part]
    sound = path.read_bytes()
    chance = random.Random(part)
    for place in sorted(chance.sample(range(len(sound)), min(200, len(sound)))):
        flipped = bytearray(sound)
        flipped[place] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        found, said = load(tmp_path)
        assert step_of(found) == 5, f"byte {place}"
        assert "damaged" in said
    path.write_bytes(sound)
    assert step_of(load(tmp_path)[0]) == 10


@pytest.mark.parametrize("part", [0, 1], ids=["json", "safetensors"])
@pytest.mark.parametrize("keep", [0, 1, 0.5, -1])
def test_no_cut_file_is_used(tmp_path: Path, part: int, keep: float) -> None:
    save(tmp_path, 5, 10)
    path = tmp_path / generation(10)[part]
    sound = path.read_bytes()
    path.write_bytes(sound[: int(keep * len(sound)) if isinstance(keep, float) else keep])
    assert step_of(load(tmp_path)[0]) == 5


@pytest.mark.parametrize("record", [[], 3, None, "text", {"sha256": 1, "progress": {}}, {"sha256": [], "progress": []}])
def test_json_of_another_shape_is_damage(tmp_path: Path, record: object) -> None:
    save(tmp_path, 5, 10)
    (tmp_path / generation(10)[0]).write_text(json.dumps(record), encoding="utf-8")
    assert step_of(load(tmp_path)[0]) == 5


def test_files_of_two_generations_are_not_mixed(tmp_path: Path) -> None:
    save(tmp_path, 5, 10)
    (tmp_path / generation(10)[1]).write_bytes((tmp_path / generation(5)[1]).read_bytes())
    assert step_of(load(tmp_path)[0]) == 5


CODES = [errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EIO]


@pytest.mark.parametrize("code", CODES, ids=[errno.errorcode[code] for code in CODES])
@pytest.mark.parametrize("stays", [True, False])
def test_a_disk_that_fails_at_any_operation_leaves_a_generation(tmp_path: Path, code: int, stays: bool) -> None:
    number, refusals = 0, 0
    while True:
        folder = tmp_path / str(number)
        save(folder, 5, 10)
        disk = FailingDisk(number, code, stays)
        try:
            with put_in(disk):
                save(folder, 15)
            acknowledged = True
        except ResourceError as error:
            acknowledged = False
            refusals += 1
            assert ("the disk is full: this file needs" in error.one_line()) == (code == errno.ENOSPC)
        assert step_of(load(folder)[0]) in ((15,) if acknowledged else (10, 15))
        save(folder, 20)
        assert step_of(load(folder)[0]) == 20
        assert len(names(folder)) == 4
        if disk.refused is None:
            break
        number += 1
    assert refusals == number - 2, "all but the two removals of the oldest generation, which are made up for by the next one"
    assert number >= 13


def test_a_full_disk_says_what_a_checkpoint_needs(tmp_path: Path) -> None:
    save(tmp_path, 5)
    size = (tmp_path / generation(5)[1]).stat().st_size
    with put_in(FailingDisk(1, errno.ENOSPC)), pytest.raises(ResourceError, match=rf"this file needs {size:,} bytes and [\d,]+ bytes are free"):
        save(tmp_path, 6)


def test_the_damaged_block_is_named(tmp_path: Path) -> None:
    tensors = {"a": torch.arange(900_000, dtype=torch.float32)}
    for step in (1, 2):
        save_checkpoint(tmp_path, tensors, Progress(step=step))
    path = tmp_path / generation(2)[1]
    data = bytearray(path.read_bytes())
    data[2_500_000] ^= 1
    path.write_bytes(data)
    found, said = load(tmp_path)
    assert found is not None
    assert found[1].step == 1
    assert said == (
        f"  ! a checkpoint is damaged and not used: {tmp_path / 'step-00000002'}: "
        "step-00000002.safetensors: block 3 of 4 is damaged (bytes 2,097,152 to 3,145,727)\n"
    )


def test_a_bad_sector_is_damage_and_a_refused_reading_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that may be sound must not be passed over: the next saving would remove it."""
    save(tmp_path, 5, 10)

    def refuse_newest(code: int) -> None:
        def refusing_open(path: Path, mode: str) -> Any:
            if Path(path).name == generation(10)[1]:
                raise OSError(code, os.strerror(code))
            return open(path, mode)

        monkeypatch.setattr(checkpoint, "open", refusing_open, raising=False)

    refuse_newest(errno.EIO)
    found, said = load(tmp_path)
    assert step_of(found) == 5
    assert os.strerror(errno.EIO) in said
    for code, message in ((errno.EACCES, "no permission"), (errno.EMFILE, "could not read or write")):
        refuse_newest(code)
        with pytest.raises(ResourceError, match=message):
            load(tmp_path)


def test_damage_that_is_gone_when_looked_for_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, 5, 10)
    original = checkpoint.read_tensors

    def misread(file: Any, length_bytes: int) -> dict[str, torch.Tensor]:
        monkeypatch.undo()
        original(file, length_bytes)
        raise ValueError("a bit flipped in memory")

    monkeypatch.setattr(checkpoint, "read_tensors", misread)
    found, said = load(tmp_path)
    assert step_of(found) == 5
    assert "it could not be read as it was written; the memory or the disk of this computer may be at fault" in said


def test_the_same_state_gives_the_same_bytes_and_safetensors_reads_them(tmp_path: Path) -> None:
    tensors = tensors_of(3)
    save_checkpoint(tmp_path / "a", tensors, progress_of(3))
    save_checkpoint(tmp_path / "b", dict(reversed(tensors.items())), progress_of(3))
    for name in generation(3):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    found = load_file(tmp_path / "a" / generation(3)[1])
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)
