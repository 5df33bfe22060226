"""What a person brought back: remembered in ``keep.json``, and obeyed by the next run."""

from __future__ import annotations

import json
from pathlib import Path

from mbegu.core import durable
from mbegu.core.errors import DamageError
from mbegu.corpus.clean.tables import Kept
from mbegu.corpus.files import KEEP_FILE

KEEP = KEEP_FILE


def read_kept(folder: Path) -> Kept:
    """Return what was brought back in a folder. Raises ``DamageError`` when the file cannot be read."""
    path = folder / KEEP
    if not path.exists():
        return Kept()
    try:
        table = json.loads(path.read_bytes())
        return Kept(frozenset(map(str, table["reasons"])), frozenset((str(source), int(line)) for source, line in table["places"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamageError(f"what was brought back cannot be read: {error}", path, "remove it to begin anew") from error


def write_kept(folder: Path, kept: Kept) -> None:
    """Write what was brought back."""
    durable.write_json(folder / KEEP, {"reasons": sorted(kept.reasons), "places": [list(place) for place in sorted(kept.places)]})
