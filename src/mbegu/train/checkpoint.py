"""Checkpoints: everything that the next step depends on, two generations of it.

A generation is ``step-N.safetensors`` (weights, best weights, optimiser state) and then ``step-N.json`` with the hashes of its blocks,
the history and what computed it. The JSON is written last, so a generation without one does not exist; a damaged one is named, with
the place of the damage, and the one before is used.
"""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor

from mbegu.core import durable
from mbegu.core.blocks import BlockHasher, BlockHashes, HashedReader, describe_damage
from mbegu.core.errors import MbeguError, ResourceError, explain_os_error, is_out_of_memory
from mbegu.core.report import Say
from mbegu.model.tensor_file import pieces_of, read_tensors, size_bytes

GENERATIONS = 2
LOST = (errno.ENOENT, errno.EIO)  # not there, or on a bad sector: not to be had again by trying later

Read = TypeVar("Read")


@dataclass
class Progress:
    """How far the training is: plain values, saved with the tensors.

    ``step`` counts on over teachers and the last model; ``best_step`` and the rest are those of the model under way.
    """

    step: int = 0
    best_step: int = 0
    best_bits_per_byte: float = float("inf")
    loss_sum: float = 0.0
    loss_tokens: int = 0
    is_exact: bool = True
    computed_by: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)


class _DamageError(Exception):
    """A generation is not what it was; the text says where."""


def save_checkpoint(folder: Path, tensors: Mapping[str, Tensor], progress: Progress) -> None:
    """Write a generation durably, then remove all but this one and the one before.

    Raises:
        ResourceError: the disk is full or refuses; the generations before are still there.
    """
    name = f"step-{progress.step:08d}"
    hasher = BlockHasher()
    with durable.replace_file(folder / f"{name}.safetensors", size_bytes(tensors)) as file:
        for piece in pieces_of(tensors):
            file.write(piece)
            hasher.update(piece)
    record = {"file": hasher.hashes().as_json(), "progress": _finite(asdict(progress))}
    durable.write_bytes(folder / f"{name}.json", _sealed(record))
    _remove_others(folder, name)


def load_checkpoint(folder: Path, say: Say) -> tuple[dict[str, Tensor], Progress] | None:
    """Return the newest sound generation, or ``None`` where there is none; a damaged one is named through ``say``.

    Raises:
        ResourceError: a generation may be sound but cannot be read now; an older one in its place would lose work.
    """
    for path in _generations(folder):
        try:
            return _read_generation(path)
        except _DamageError as error:
            say.warn(f"a checkpoint is damaged and not used: {path.with_suffix('')}: {error}")
        except OSError as error:
            raise explain_os_error(error, path) from error
    return None


def _remove_others(folder: Path, newest: str) -> None:
    """Remove older generations, halves that a cut left, and damaged ones of later steps, which would stand before the sound ones."""
    kept = [path.stem for path in _generations(folder) if path.stem <= newest][:GENERATIONS]
    for path in sorted(folder.glob("step-*")):  # .json before .safetensors: a generation goes as it came
        if path.stem not in kept:
            with contextlib.suppress(MbeguError):  # what cannot be removed now is removed next time
                durable.remove_file(path)


def _generations(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.json"), reverse=True) if folder.is_dir() else []


def _read_generation(path: Path) -> tuple[dict[str, Tensor], Progress]:
    file, progress = _read_record(path)
    return _read_hashed(path.with_suffix(".safetensors"), file), progress


def _read_record(path: Path) -> tuple[BlockHashes, Progress]:
    raw = _unless_gone(path, path.read_bytes)
    try:
        record = json.loads(raw)
        if raw != _sealed({"file": record["file"], "progress": record["progress"]}):
            raise _DamageError(f"{path.name} does not match its own SHA-256")
        values = record["progress"]
        if values["best_bits_per_byte"] is None:
            values["best_bits_per_byte"] = float("inf")
        return BlockHashes.from_json(record["file"]), Progress(**values)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _DamageError(f"{path.name} cannot be read") from error


def _read_hashed(path: Path, expected: BlockHashes) -> dict[str, Tensor]:
    """Read the tensors and check every block on the way. What is wrong is looked for only when something is."""
    hasher = BlockHasher(expected.block_bytes)

    def read() -> dict[str, Tensor]:
        with open(path, "rb") as file:
            return read_tensors(HashedReader(file, hasher), expected.bytes)

    try:
        tensors = _unless_gone(path, read)
        if hasher.hashes() == expected:
            return tensors
    except (ValueError, RuntimeError) as error:
        if is_out_of_memory(error):  # as sound as before: an older one in its place would lose work
            raise ResourceError("there is not enough memory to go on from the checkpoint", path, "close other programs, then do it again") from error
    found = _unless_gone(path, lambda: describe_damage(path, expected))
    raise _DamageError(f"{path.name}: {found or 'it could not be read as it was written; the memory or the disk of this computer may be at fault'}")


def _unless_gone(path: Path, read: Callable[[], Read]) -> Read:
    try:
        return read()
    except OSError as error:
        if error.errno in LOST:
            raise _DamageError(f"{path.name}: {error.strerror}") from error
        raise


def _sealed(record: dict[str, Any]) -> bytes:
    return durable.canonical_json({**record, "own_sha256": durable.sha256_bytes(durable.canonical_json(record))})


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    if values["best_bits_per_byte"] == float("inf"):
        values["best_bits_per_byte"] = None
    return values
