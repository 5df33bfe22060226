"""Checks every file of a project, or of a release by itself, against what was recorded of it.

The files of a step are held against its manifest, the manifest against the newest run of the step in the ledger, and the outputs that it was
made of against those that are there. Hashes find damage and careless exchange. They do not find a forger who writes all of them anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mbegu.core import artifacts
from mbegu.core.artifacts import Artifact
from mbegu.core.errors import DamageError, MbeguError, SettingsError
from mbegu.core.steps import Project
from mbegu.corpus.withdrawn import GONE, LIST_FILE, Withdrawn
from mbegu.ledger.record import RunRecord, read_record
from mbegu.ledger.store import Ledger
from mbegu.ledger.verify import verify_ledger
from mbegu.recipes.catalog import STEPS

COPY_AGAIN = "copy it again from where it came from"
# `mbegu grow` skips what agrees with itself, so it does not do it by itself.
MAKE_ANEW = "move this folder elsewhere and run `mbegu grow` again: the step is made anew"


@dataclass(frozen=True)
class Check:
    """How many files were looked at, what is wrong, and what is only out of date, each in a sentence."""

    files: int
    problems: list[MbeguError]
    out_of_date: tuple[str, ...] = ()


def verify_folder(folder: Path) -> Check:
    """Check a project folder or a sealed folder such as a release.

    Raises:
        SettingsError: it is neither.
    """
    if artifacts.is_sealed(folder) and not Project(folder).recipe.is_file():
        check = _check_sealed(folder, is_given=True)
        return Check(check.files, [DamageError(problem.what, problem.where, COPY_AGAIN) for problem in check.problems])
    place = Project(folder).require()
    checks = [_check_step(step.folder(place), is_given=step.name == "release") for step in STEPS]
    strangers = _strangers(place)
    ledger_files = sorted(place.ledger.glob("*.json")) if place.ledger.is_dir() else []
    problems = [problem for check in checks for problem in check.problems] + strangers + list(verify_ledger(place.ledger))
    history = _check_history(place)
    try:
        Withdrawn.read(place.root)
    except DamageError as error:
        problems.append(error)
    listed = (place.root / LIST_FILE).is_file()
    return Check(sum(check.files for check in checks) + len(ledger_files) + listed, problems + history.problems, history.out_of_date)


def _check_step(folder: Path, *, is_given: bool) -> Check:
    """A step that has not run, or was cut, has no manifest yet: there is nothing to hold its files against."""
    is_started = (folder / artifacts.STARTED).exists()
    if artifacts.is_sealed(folder):
        return _check_sealed(folder, is_given=is_given and not is_started)
    if is_started or not folder.exists():
        return Check(0, [])
    return Check(0, [DamageError("the manifest is missing", folder, artifacts.REPAIR)])


def _check_sealed(folder: Path, *, is_given: bool) -> Check:
    try:
        artifact = artifacts.read_manifest(folder)
    except DamageError as error:
        return Check(1, [error])
    strangers = artifacts.strangers_of(artifact, is_given=is_given)
    return Check(1 + len(artifact.manifest["files"]) + len(strangers), list(artifacts.problems_of(artifact, is_given=is_given)))


def _check_history(place: Project) -> Check:
    """Compare the outputs of the steps with the ledger and with each other. Each may be sound by itself and yet not belong here."""
    outputs, newest = _outputs(place), _newest_runs(Ledger(place.ledger))
    foreign = {name: problem for name, output in outputs.items() if (problem := _problem_with(name, output, newest))}
    parents = {name: _earlier_parents(output, outputs, foreign) for name, output in outputs.items() if name not in foreign}
    told = [f"'{name}' was made of an earlier {', '.join(each)} than is here: `mbegu grow` makes it anew" for name, each in parents.items() if each]
    return Check(0, list(foreign.values()), tuple(told))


def _outputs(place: Project) -> dict[str, Artifact]:
    """Return the sealed outputs of the steps by name, without those whose manifest is damaged."""
    found = {}
    for step in STEPS:
        with contextlib.suppress(DamageError):
            found[step.name] = artifacts.read_manifest(step.folder(place))
    return found


def _newest_runs(ledger: Ledger) -> dict[str, RunRecord | None]:
    """Return the newest run of each step that made something or began to; ``None`` where its record is damaged."""
    found: dict[str, RunRecord | None] = {}
    for path in ledger.files():
        try:
            run = read_record(path)
        except DamageError:
            found[path.stem.partition("-")[2]] = None
            continue
        if run.key:  # one without made nothing that stays
            found[run.step] = run
    return found


def _problem_with(name: str, output: Artifact, newest: Mapping[str, RunRecord | None]) -> DamageError | None:
    """Say that the output of a step is not what its newest run made.

    A run that was killed after the last file was sealed did not get to write the hash of its output down, and a withdrawal of text writes
    outputs anew: of these is only known what they were made of.
    """
    if name not in newest:
        return DamageError(f"the ledger knows of no run that made '{name}'", output.folder, f"put the ledger back from a copy, or {MAKE_ANEW}")
    run = newest[name]
    if run is None:
        return None
    is_hash_known = run.outputs_sha256 and not output.manifest["key"].startswith(GONE)
    if run.outputs_sha256 == output.sha256 if is_hash_known else dict(run.inputs) == output.manifest["parents"]:
        return None
    return DamageError(f"this is not what the newest run of '{name}' made: {run.file_name} in the ledger names another", output.folder, MAKE_ANEW)


def _earlier_parents(output: Artifact, outputs: Mapping[str, Artifact], foreign: Mapping[str, DamageError]) -> list[str]:
    """Return the steps that an output was made of whose output is another by now, or gone; not those that are a problem themselves."""
    parents = output.manifest["parents"].items()
    return [name for name, sha256 in parents if name not in foreign and (name not in outputs or outputs[name].sha256 != sha256)]


def _strangers(place: Project) -> list[MbeguError]:
    """Name files in grown/ that belong to no step."""
    if not place.grown.is_dir():
        return []
    known = {*(step.name for step in STEPS), *artifacts.SYSTEM_FILES}
    return [SettingsError(artifacts.STRANGER, path, artifacts.MOVE) for path in sorted(place.grown.iterdir()) if path.name not in known]
