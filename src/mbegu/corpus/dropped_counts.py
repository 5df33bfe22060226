"""How much was left out of a project or a cleaned folder, by reason."""

from __future__ import annotations

import json
from pathlib import Path

from mbegu.core.steps import Project


def dropped_counts(folder: Path) -> dict[str, int]:
    """Return documents and lines that were left out, by reason; empty where no report of it can be read."""
    place = Project(folder)
    path = place.grown / "corpus" / "report.json" if place.recipe.is_file() else folder / "clean.json"
    try:
        dropped = json.loads(path.read_bytes())["dropped"]
        return {str(name): int(each["count"] if "count" in each else each["documents"] + each["lines"]) for name, each in dropped.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
