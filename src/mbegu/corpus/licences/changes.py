"""What was changed in texts on purpose: licences such as CC BY ask that the credits say so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.corpus.files import FACTS, KEPT, is_cleaned_folder

ALWAYS = "The texts were put into one form and cut."


@dataclass(frozen=True)
class Changes:
    """The rules of spelling that words were rewritten by, and whether private items were replaced."""

    rules: tuple[str, ...] = ()
    private: bool = False

    def text(self) -> str:
        """Return it in sentences."""
        rewritten = f"Words were rewritten by rules of spelling: {', '.join(self.rules)}." if self.rules else ""
        replaced = "Private items were replaced by placeholders." if self.private else ""
        return " ".join(each for each in (ALWAYS, rewritten, replaced) if each)


UNCHANGED = Changes()


def changes_in(roots: Iterable[Path]) -> Changes:
    """Return what cleaning changed in texts, as the clean.json of each cleaned folder tells; a damaged one tells nothing.

    Args:
        roots: folders of text, cleaned folders, or their kept.parquet; those that are not there count for nothing.
    """
    tables = [table for folder in _cleaned_folders(roots) if (table := _read(folder / FACTS))]
    rules = dict.fromkeys(rule for table in tables for rule in _rules_of(table))
    return Changes(tuple(rules), any(table.get("private") for table in tables))


def _cleaned_folders(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        found = (path.parent for path in sorted(root.rglob(FACTS))) if root.is_dir() else [root.parent] if root.name == KEPT else []
        yield from (folder for folder in found if is_cleaned_folder(folder))


def _read(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _rules_of(table: dict[str, Any]) -> list[str]:
    """Return the names of rules; of a file of rules only its name, for credits are published."""
    settings = table.get("settings")
    rules = settings.get("rules") if isinstance(settings, dict) else None
    return [Path(rule).name for rule in rules if isinstance(rule, str)] if isinstance(rules, list) else []
