"""Checks every file of a project, or of a release by itself, against what was recorded of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mbegu.core import artifacts
from mbegu.core.errors import DamageError, MbeguError, SettingsError
from mbegu.core.steps import Project
from mbegu.corpus.withdrawn import LIST_FILE, Withdrawn
from mbegu.ledger.verify import verify_ledger
from mbegu.recipes.catalog import STEPS

COPY_AGAIN = "copy it again from where it came from"


@dataclass(frozen=True)
class Check:
    """How many files were looked at, and what is wrong."""

    files: int
    problems: list[MbeguError]


def verify_folder(folder: Path) -> Check:
    """Check a project folder or a sealed folder such as a release.

    Raises:
        SettingsError: it is neither.
    """
    if artifacts.is_sealed(folder) and not Project(folder).recipe.is_file():
        check = _check_sealed(folder)
        return Check(check.files, [DamageError(problem.what, problem.where, COPY_AGAIN) for problem in check.problems])
    place = Project(folder).require()
    checks = [_check_step(step.folder(place)) for step in STEPS]
    strangers = _strangers(place)
    ledger_files = sorted(place.ledger.glob("*.json")) if place.ledger.is_dir() else []
    problems = [problem for check in checks for problem in check.problems] + strangers + list(verify_ledger(place.ledger))
    try:
        Withdrawn.read(place.root)
    except DamageError as error:
        problems.append(error)
    listed = (place.root / LIST_FILE).is_file()
    return Check(sum(check.files for check in checks) + len(ledger_files) + listed, problems)


def _check_step(folder: Path) -> Check:
    """A step that has not run, or was cut, has no manifest yet: there is nothing to hold its files against."""
    if artifacts.is_sealed(folder):
        return _check_sealed(folder)
    if (folder / artifacts.STARTED).exists() or not folder.exists():
        return Check(0, [])
    return Check(0, [DamageError("the manifest is missing", folder, artifacts.REPAIR)])


def _check_sealed(folder: Path) -> Check:
    try:
        artifact = artifacts.read_manifest(folder)
    except DamageError as error:
        return Check(1, [error])
    return Check(1 + len(artifact.manifest["files"]), list(artifacts.problems_of(artifact)))


def _strangers(place: Project) -> list[MbeguError]:
    """Name files in grown/ that belong to no step."""
    if not place.grown.is_dir():
        return []
    known = {*(step.name for step in STEPS), *artifacts.SYSTEM_FILES}
    return [SettingsError(artifacts.STRANGER, path, artifacts.MOVE) for path in sorted(place.grown.iterdir()) if path.name not in known]
