"""One withdrawal as values: what goes, from where, and which models learnt from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mbegu.core.steps import Project


@dataclass
class Plan:
    """One withdrawal. Paths are relative to the project where they lie in it.

    ``whole`` are original files that hold nothing else, ``mixed`` maps the others to the places in them. ``rows`` maps each file of
    documents to how many it held and which go. ``manifests`` are those of sealed folders that are opened for it.
    """

    kind: str
    name: str
    date: str
    documents: int = 0
    bytes: int = 0
    sources: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    mixed: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: list[dict[str, Any]] = field(default_factory=list)
    ledger_changed: bool = False
    delete_originals: bool = False


def relative(path: Path, place: Project) -> str:
    """Return a path as it is written in a plan."""
    return path.relative_to(place.root).as_posix() if path.is_relative_to(place.root) else str(path)
