"""Bit rot: one bit at a time is flipped in checkpoints and sealed folders, and each flip must be found.

    python -m bench.bit_flips --flips 2000 --seed 0

Half of the flips go into checkpoints (tensors and JSON in turn), half into sealed folders (each file and the manifest in turn). A flip in
a newest checkpoint must be named, with its block where it is in the tensors, and the checkpoint before must be loaded bit for bit.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch
from bench.watched_disk import RecordingDisk, put_in

from mbegu.core import artifacts
from mbegu.core.errors import DamageError
from mbegu.core.report import Say
from mbegu.train.checkpoint import Progress, load_checkpoint, save_checkpoint

NUMBERS = 700_000  # a file of three blocks
BLOCK_BYTES = 1 << 20


def flip(path: Path, at: int, bit: int) -> None:
    """Flip one bit of a file in its place."""
    with open(path, "r+b", buffering=0) as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


def places(files: list[Path], count: int, chance: random.Random) -> Iterator[tuple[Path, int, int]]:
    """Yield ``count`` files, places and bits, the files in turn."""
    for number in range(count):
        path = files[number % len(files)]
        yield path, chance.randrange(path.stat().st_size), chance.randrange(8)


def flip_checkpoints(folder: Path, count: int, chance: random.Random) -> tuple[Counter[str], list[str]]:
    """Return how many flips were found, by file, and what was not."""
    tensors = {step: {"a": torch.randn(NUMBERS, generator=torch.Generator().manual_seed(step))} for step in (1, 2)}
    with put_in(RecordingDisk(folder)):
        for step in (1, 2):
            save_checkpoint(folder, tensors[step], Progress(step=step, history=[{"step": step}]))
    found: Counter[str] = Counter()
    unseen = []
    for path, at, bit in places(sorted(folder.glob("step-00000002.*")), count, chance):
        flip(path, at, bit)
        said = io.StringIO()
        loaded = load_checkpoint(folder, Say(said, quiet=True))
        place = f"block {at // BLOCK_BYTES + 1} of 3" if path.suffix == ".safetensors" else path.name
        if loaded and loaded[1].step == 1 and torch.equal(loaded[0]["a"], tensors[1]["a"]) and place in said.getvalue():
            found[f"checkpoint, {path.suffix}"] += 1
        else:
            unseen.append(f"{path.name}, byte {at}, bit {bit}")
        flip(path, at, bit)
    loaded = load_checkpoint(folder, Say(io.StringIO()))
    assert loaded, "sound again"
    assert loaded[1].step == 2, "sound again"
    return found, unseen


def flip_sealed(folder: Path, count: int, chance: random.Random) -> tuple[Counter[str], list[str]]:
    """Return how many flips were found, by file, and what was not."""
    contents = {"small.txt": "Ẹ̀kọ́ ߒߞߏ".encode(), "large.bin": chance.randbytes(2_500_000), "deep/middle.bin": chance.randbytes(40_000)}
    for name, data in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    artifacts.seal(folder, kind="corpus", version=1, key="k" * 64, parents={"text": "p" * 64}, facts={"documents": 3})
    found: Counter[str] = Counter()
    unseen = []
    for path, at, bit in places([folder / artifacts.MANIFEST, *(folder / name for name in contents)], count, chance):
        flip(path, at, bit)
        try:
            artifacts.open_artifact(folder, "corpus")
            unseen.append(f"{path.name}, byte {at}, bit {bit}")
        except DamageError as error:
            is_located = path.name != "large.bin" or f"block {at // BLOCK_BYTES + 1} of 3" in error.what
            if str(path) == error.where and is_located:
                found[f"sealed folder, {path.name}"] += 1
            else:
                unseen.append(f"{path.name}, byte {at}, bit {bit}: found in another place: {error}")
        flip(path, at, bit)
    artifacts.open_artifact(folder, "corpus")
    return found, unseen


def all_flips(workspace: Path, count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Flip ``count`` bits, half of them in checkpoints and half in sealed folders."""
    chance = random.Random(seed)
    found, unseen = flip_checkpoints(workspace / "checkpoints", count // 2, chance)
    more, more_unseen = flip_sealed(workspace / "corpus", count - count // 2, chance)
    return found + more, unseen + more_unseen


def main() -> None:
    """Flip bits and print how many were found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found, unseen = all_flips(Path(folder), arguments.flips, arguments.seed)
    for name, count in sorted(found.items()):
        print(f"{name:32}{count:6,} found and named in their place")
    print(f"{found.total():,} of {arguments.flips:,} flipped bits found; not found: {', '.join(unseen) or 'none'}")
    sys.exit(1 if unseen else 0)


if __name__ == "__main__":
    main()
