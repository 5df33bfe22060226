"""Checkpoints: everything that the next step depends on, two generations of it.

A generation is ``step-N.safetensors`` (weights, best weights, optimiser state) and then ``step-N.json`` with its hash, the
history and what computed it. The JSON is written last, so a generation without one does not exist; a damaged one is named and
the one before is used.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import load, save
from torch import Tensor

from mbegu.core import durable
from mbegu.core.report import Say

GENERATIONS = 2


@dataclass
class Progress:
    """How far the training is: plain values, saved with the tensors."""

    step: int = 0
    best_step: int = 0
    best_bits_per_byte: float = float("inf")
    loss_sum: float = 0.0
    loss_tokens: int = 0
    is_exact: bool = True
    computed_by: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)


def save_checkpoint(folder: Path, tensors: Mapping[str, Tensor], progress: Progress) -> None:
    """Write a generation durably, then remove all but this one and the one before."""
    name = f"step-{progress.step:08d}"
    data = save({key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()})
    durable.write_bytes(folder / f"{name}.safetensors", data)
    record = {"sha256": durable.sha256_bytes(data), "progress": _finite(asdict(progress))}
    durable.write_bytes(folder / f"{name}.json", _sealed(record))
    _remove_others(folder, name)


def load_checkpoint(folder: Path, say: Say) -> tuple[dict[str, Tensor], Progress] | None:
    """Return the newest sound generation, or ``None`` where there is none; a damaged one is named through ``say``."""
    for path in _generations(folder):
        found = _read_generation(path)
        if found:
            return found
        say.warn(f"a checkpoint is damaged and not used: {path.with_suffix('')}")
    return None


def _remove_others(folder: Path, newest: str) -> None:
    """Remove older generations, halves that a cut left, and damaged ones of later steps, which would stand before the sound ones."""
    kept = [path.stem for path in _generations(folder) if path.stem <= newest][:GENERATIONS]
    for path in sorted(folder.glob("step-*")):  # .json before .safetensors: a generation goes as it came
        if path.stem not in kept:
            with contextlib.suppress(OSError):  # what cannot be removed now is removed next time
                path.unlink()


def _generations(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.json"), reverse=True) if folder.is_dir() else []


def _read_generation(path: Path) -> tuple[dict[str, Tensor], Progress] | None:
    try:
        raw = path.read_bytes()
        record = json.loads(raw)
        data = path.with_suffix(".safetensors").read_bytes()
        if raw != _sealed({"sha256": record["sha256"], "progress": record["progress"]}) or durable.sha256_bytes(data) != record["sha256"]:
            return None
        values = record["progress"]
        if values["best_bits_per_byte"] is None:
            values["best_bits_per_byte"] = float("inf")
        return load(data), Progress(**values)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sealed(record: dict[str, Any]) -> bytes:
    return durable.canonical_json({**record, "own_sha256": durable.sha256_bytes(durable.canonical_json(record))})


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    if values["best_bits_per_byte"] == float("inf"):
        values["best_bits_per_byte"] = None
    return values
