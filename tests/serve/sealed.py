"""A key for content logs that tests can afford: the same as a real one, its passphrase stretched less."""

from __future__ import annotations

from pathlib import Path

import pytest

from mbegu.serve import content_keys
from mbegu.serve.content_log import Record, read_records

PASSPHRASE = "ọ̀pẹ̀ méjì àti kẹ̀kẹ́ pupa"


def make_quick_key(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """Make the key of a log in a folder and return the folder."""
    patch.setattr(content_keys, "PASSES", 1)
    patch.setattr(content_keys, "MEMORY_BYTES", 8192)
    content_keys.make_key(folder, PASSPHRASE)
    return folder


def opened(folder: Path) -> list[Record | None]:
    """Return what a log holds, by its passphrase."""
    return list(read_records(folder, content_keys.open_private_key(folder, PASSPHRASE)))
