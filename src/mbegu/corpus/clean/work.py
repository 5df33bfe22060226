"""The working folder: arrays and tables that parts write, each recorded with its hash, so that a run can go on where it was cut."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.core import durable
from mbegu.core.errors import DamageError

Array = npt.NDArray[Any]


class Work:
    """Names and reads the files of a working folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, number: int | None, name: str) -> Path:
        """Return the path of a part's file, or of one of the whole where ``number`` is ``None``."""
        return self.folder / (f"{number:06}.{name}" if number is not None else name)

    def write(self, number: int | None, name: str, array: Array) -> None:
        """Write an array's values."""
        durable.write_bytes(self.path(number, name), np.ascontiguousarray(array).tobytes())

    def read(self, number: int | None, name: str, dtype: Any, columns: int = 0) -> Array:
        """Return an array as a view of its file, as rows of ``columns`` where given.

        Raises:
            DamageError: the file is not there or too short.
        """
        path = self.path(number, name)
        try:
            size = path.stat().st_size
            if not size:
                return np.zeros((0, columns) if columns else 0, dtype=dtype)
            array = np.memmap(path, dtype=dtype, mode="r")
            return array.reshape(-1, columns) if columns else array
        except (OSError, ValueError) as error:
            raise DamageError(
                f"a part of the work cannot be read: {error}", path, "remove the folder 'work' and run the same command again"
            ) from error

    def finish(self, number: int, stage: str, names: Sequence[str], facts: Mapping[str, Any]) -> dict[str, Any]:
        """Record that a part is done: its files with their hashes, and its facts, which are returned."""
        hashes = {name: durable.sha256_file(self.path(number, name)) for name in names}
        durable.write_json(self.path(number, f"{stage}.json"), {"files": hashes, "facts": facts})
        plain: dict[str, Any] = json.loads(json.dumps(facts))  # the same whether it was computed now or in a run before
        return plain

    def finished(self, number: int, stage: str) -> dict[str, Any] | None:
        """Return the facts of a part that is done, or ``None`` when it is not, or one of its files is not what it was."""
        try:
            record = json.loads(self.path(number, f"{stage}.json").read_bytes())
            if all(durable.sha256_file(self.path(number, name)) == value for name, value in record["files"].items()):
                facts: dict[str, Any] = record["facts"]
                return facts
        except (OSError, ValueError, KeyError, DamageError):
            return None
        return None
