"""Two generations, written so that a cut or a flipped bit never gives wrong weights and never loses both."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mbegu.core import durable
from mbegu.core.errors import ResourceError
from mbegu.core.report import Say
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
    assert said == f"  ! a checkpoint is damaged and not used: {tmp_path / 'step-00000010'}\n"


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


class FullDisk:
    """Lets every durable operation from number ``fails_at`` on fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
        self.count, self.fails_at = 0, fails_at

        def counted(original: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **more: Any) -> Any:
                self.count += 1
                if self.count > self.fails_at:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return original(*args, **more)

            return call

        monkeypatch.setattr(durable, "open", counted(open), raising=False)
        monkeypatch.setattr(durable.os, "fsync", counted(os.fsync))
        monkeypatch.setattr(Path, "replace", counted(Path.replace))
        monkeypatch.setattr(Path, "unlink", counted(Path.unlink))


@pytest.mark.parametrize("fails_at", range(14))
def test_a_disk_that_fails_at_any_operation_leaves_a_generation(tmp_path: Path, fails_at: int) -> None:
    save(tmp_path, 5, 10)
    refused = False
    with pytest.MonkeyPatch.context() as patch:
        disk = FullDisk(patch, fails_at)
        try:
            save(tmp_path, 15)
        except ResourceError as error:
            refused = True
            assert "the disk is full" in error.one_line()
    assert refused == (fails_at < 8 if os.name != "nt" else fails_at < 6), f"{disk.count} operations"
    assert step_of(load(tmp_path)[0]) in ((10, 15) if refused else (15,))
    save(tmp_path, 20)
    assert step_of(load(tmp_path)[0]) == 20
    assert len(names(tmp_path)) == 4
