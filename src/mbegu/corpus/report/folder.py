"""The folder that a report is about: the output of `mbegu corpus clean`, or a project whose corpus step is done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mbegu.core.errors import DamageError, InputError, explain_os_error
from mbegu.corpus.files import DROPPED, FACTS, KEPT, REPORT

LEAKS = "leaks.json"
PROJECT_KEPT = ("train.parquet", "heldout.parquet")
# The keys of clean.json that are read, with the type that each must have.
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("settings", "dropped", "formats", "encodings", "private", "languages", "duplicates", "seconds"), dict),
    **dict.fromkeys(("changes", "pairs", "problems"), list),
    **dict.fromkeys(("files_seen", "documents_in", "bytes_in", "peak_memory_bytes"), int),
    "language": str,
}


@dataclass(frozen=True)
class CorpusFolder:
    """Where the parts of a corpus are.

    ``kept`` are the files of documents, ``dropped`` is the file of what was left out (``None`` where there is none), ``facts`` is what
    stands in clean.json, or what a project's report says in the same words; ``leaks`` is what a search for test sentences found.
    """

    root: Path
    kept: tuple[Path, ...]
    dropped: Path | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    leaks: Mapping[str, Any] | None = None
    is_project: bool = False

    @property
    def page(self) -> Path:
        """Where the report is written."""
        return self.root / REPORT


def open_folder(path: Path) -> CorpusFolder:
    """Find the corpus in a folder.

    Args:
        path: the output of `mbegu corpus clean`, a project, or the folder of its corpus step.

    Raises:
        InputError: there is no corpus.
        DamageError: its clean.json or report.json is damaged.
    """
    if (path / KEPT).is_file():
        facts = _read_json(path / FACTS) if (path / FACTS).is_file() else {}
        _check_types(facts, path / FACTS)
        return CorpusFolder(path, (path / KEPT,), _if_file(path / DROPPED), facts, _leaks(path))
    for folder in (path / "grown" / "corpus", path):
        kept = tuple(file for file in (folder / name for name in PROJECT_KEPT) if file.is_file())
        if kept:
            report = _read_json(folder / "report.json") if (folder / "report.json").is_file() else {}
            # The step's own folder is sealed: a report inside it would be a stranger there.
            root = path if folder != path else _above_grown(path)
            return CorpusFolder(root, kept, _if_file(folder / DROPPED), _from_project(report, folder / "report.json"), _leaks(path), True)
    if not path.is_dir():
        raise InputError("no such folder", path, "give the folder that `mbegu corpus clean` wrote, or a project")
    raise InputError(
        f"here is no {KEPT}, and no grown/corpus",
        path,
        "run `mbegu corpus clean TEXT --out DIR --language CODE` first, then `mbegu corpus report DIR`",
    )


def _above_grown(folder: Path) -> Path:
    return folder.parent.parent if folder.parent.name == "grown" else folder


def _if_file(path: Path) -> Path | None:
    return path if path.is_file() else None


def _leaks(folder: Path) -> Mapping[str, Any] | None:
    return _read_json(folder / LEAKS) if (folder / LEAKS).is_file() else None


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        data = path.read_bytes()
        # What Windows PowerShell writes with > is UTF-16.
        value = json.loads(data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"))
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, RecursionError) as error:
        raise DamageError(f"not sound JSON: {error}", path, "make it anew") from error
    if not isinstance(value, dict):
        raise DamageError("holds no table of facts", path, "make it anew")
    return value


def _check_types(facts: Mapping[str, Any], path: Path) -> None:
    wrong = [name for name, kind in _TYPES.items() if name in facts and not isinstance(facts[name], kind)]
    if wrong:
        raise DamageError(f"has values of another type than they should be: {', '.join(wrong)}", path, "run `mbegu corpus clean` again")


def _from_project(report: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return a project's report in the words of clean.json."""
    facts = {name: report[name] for name in ("language", "files_seen", "formats", "encodings") if name in report}
    try:
        if "dropped" in report:
            facts["dropped"] = {name: {"documents": each["count"], "lines": 0, "bytes": each["bytes"]} for name, each in report["dropped"].items()}
        if "split" in report:
            facts["overlap_share"] = report["split"].get("overlap_share")
    except (AttributeError, KeyError, TypeError) as error:
        raise DamageError(f"has values of another type than they should be: {error}", path, "run `mbegu corpus` again") from error
    _check_types(facts, path)
    return facts
