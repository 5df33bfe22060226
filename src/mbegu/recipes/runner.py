"""Runs the steps of a recipe: skips what is done and sound, goes on with what was cut, records every run in the ledger."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import tomli_w

from mbegu.core import artifacts, durable
from mbegu.core.artifacts import STARTED, Artifact
from mbegu.core.commands import typed
from mbegu.core.errors import DamageError, PausedError, SettingsError, StoppedError
from mbegu.core.lock import hold_folder
from mbegu.core.report import Say
from mbegu.core.settings import as_key, as_table
from mbegu.core.steps import Inputs, Project
from mbegu.ledger.energy.value import Energy
from mbegu.ledger.store import Ledger, RunRecorder
from mbegu.recipes.catalog import BY_NAME, STEPS, Step, load
from mbegu.recipes.recipe import Recipe


@dataclass(frozen=True)
class StepState:
    """What would happen to a step now: ``skip``, ``go on`` or ``run``, and why."""

    step: Step
    action: str
    why: str


def grow(place: Project, recipe: Recipe, say: Say, upto: str | None = None, workers: int = 1) -> dict[str, Artifact]:
    """Run every step that is not done, in order.

    Args:
        place: the project.
        recipe: the checked recipe.
        say: told everything.
        upto: name of the last step to run; all when not given.
        workers: processes on this computer that share the training.

    Returns:
        The sealed output of each step, by name.

    Raises:
        BusyError: another run holds the project.
        StoppedError: the user asked to stop, or the time given has come.
        MbeguError: as the steps raise; what was done before stays done.
    """
    done: dict[str, Artifact] = {}
    with hold(place):
        require_writable(place)
        _sync_names(place)
        for step in STEPS:
            _require_own(step.folder(place))
        _require_sound_plan(place, upto)
        ledger = Ledger(place.ledger)
        for step in STEPS:
            done[step.name] = _run_in_time(step, place, recipe, done, ledger, say, workers)
            if step.name == upto:
                break
    return done


def look_ahead(place: Project, recipe: Recipe, say: Say) -> list[StepState]:
    """Return what ``grow`` would do, without doing it."""
    states: list[StepState] = []
    done: dict[str, Artifact] = {}
    for step in STEPS:
        waits_for = [name for name in step.inputs if name not in done]
        if waits_for:
            states.append(StepState(step, "run", f"after {', '.join(waits_for)}"))
            continue
        folder = step.folder(place)
        key = step_key(step, recipe, place, done, say)
        found, why = _sound_output(step, folder, key)
        if found:
            done[step.name] = found
            states.append(StepState(step, "skip", why))
        else:
            states.append(StepState(step, "go on" if _was_started(folder, key) else "run", why))
    return states


def opened(place: Project, name: str) -> Artifact:
    """Return the sealed, checked output of a step.

    Raises:
        SettingsError: the step has not run yet.
        DamageError: a file is damaged.
    """
    folder = BY_NAME[name].folder(place)
    if not artifacts.is_sealed(folder):
        raise SettingsError(f"'{name}' is not done yet", place.root, f"run `{typed('grow', place.root)}`")
    return artifacts.open_artifact(folder, name)


def step_key(step: Step, recipe: Recipe, place: Project, done: Mapping[str, Artifact], say: Say) -> str:
    """Return the hash of everything that a step's output depends on."""
    settings = recipe.settings[step.name]
    project = asdict(recipe.project)
    fingerprint = load(step.fingerprint)(settings, place.root, say) if step.fingerprint else ""
    parts = {
        "step": step.name,
        "version": step.version,
        "settings": {} if step.file_decides and fingerprint else as_key(settings),
        "project": {name: project[name] for name in step.project_fields},
        "inputs": {name: done[name].sha256 for name in step.inputs},
        "fingerprint": fingerprint,
    }
    return durable.sha256_bytes(durable.canonical_json(parts))


@contextlib.contextmanager
def hold(place: Project) -> Iterator[None]:
    """Hold the project's lock while the block runs. The system lets go of it when the process dies. Raises ``BusyError``."""
    with hold_folder(place.root, "project"):
        yield


def require_writable(place: Project) -> None:
    """Find out before the first expensive act whether the project can be written. Raises ``ResourceError``."""
    probe = place.grown / ".can-write"
    durable.write_bytes(probe, b"")
    durable.remove_file(probe)


def _sync_names(place: Project) -> None:
    """Make durable what a run that was killed had made or renamed and not yet synced: this run takes it as being there."""
    durable.sync_folder(place.root)
    for folder in (place.grown, place.ledger, place.release):
        durable.sync_folders(folder)


def _run_in_time(step: Step, place: Project, recipe: Recipe, done: Mapping[str, Artifact], ledger: Ledger, say: Say, workers: int) -> Artifact:
    """Run a step or skip it. Outside the hours and without power it waits between two runs, so that no run counts the waiting as work."""
    while True:
        try:
            return _run_or_skip(step, place, recipe, done, ledger, say, workers)
        except PausedError as pause:
            say.note(pause.what)
            say.pauses.wait()


def _run_or_skip(step: Step, place: Project, recipe: Recipe, done: Mapping[str, Artifact], ledger: Ledger, say: Say, workers: int) -> Artifact:
    folder = step.folder(place)
    key = step_key(step, recipe, place, done, say)
    say.title(f"{step.name}: {step.summary}")
    found, why = _sound_output(step, folder, key)
    if found:
        if (folder / STARTED).exists():
            _remove_working_files(folder)
        say.done(f"{why}: skipped")
        return found
    say.note(why)
    say.pauses.require(f"'{step.name}' comes next; all that is done is saved")
    _prepare_folder(folder, key)
    inputs = Inputs(recipe.project, place, {name: done[name] for name in step.inputs}, workers)
    spent_before = ledger.totals(step.name, [key]).energy
    recorder = ledger.begin(
        step=step.name,
        version=step.version,
        key=key,
        settings=recipe.settings[step.name],
        inputs={name: artifact.sha256 for name, artifact in inputs.artifacts.items()},
        project=recipe.project,
    )
    with recorded(recorder, say, spent_before):
        facts = load(step.function)(recipe.settings[step.name], inputs, folder, say)
        if folder.parent == place.grown and not step.file_decides:
            durable.write_text(folder / artifacts.SETTINGS, tomli_w.dumps({step.name: as_table(recipe.settings[step.name])}))
        if step.file_decides:  # the step may have written the very file that its key is made of
            key = step_key(step, recipe, place, done, say)
        parents = {name: artifact.sha256 for name, artifact in inputs.artifacts.items()}
        artifact = artifacts.seal(folder, kind=step.name, version=step.version, key=key, parents=parents, facts=facts)
        _remove_working_files(folder)
        recorder.finish("done", outputs_sha256=artifact.sha256, facts=facts)
    return artifact


@contextlib.contextmanager
def recorded(recorder: RunRecorder, say: Say, spent_before: Energy | None = None) -> Iterator[None]:
    """Have said what a step has cost so far while it runs, and close its record with the right word.

    Args:
        recorder: of the run.
        say: is told what the step has cost so far.
        spent_before: by earlier runs that this one goes on from.
    """

    def cost_so_far() -> str:
        spent = recorder.energy()
        return (spent_before + spent if spent_before else spent).text()

    say.cost_so_far, say.leave_out = cost_so_far, recorder.leave_out
    try:
        with recorder:
            try:
                yield
            except StoppedError:
                recorder.finish("interrupted")
                raise
    finally:
        say.cost_so_far, say.leave_out = (lambda: ""), (lambda what, known_to: None)


def _sound_output(step: Step, folder: Path, key: str) -> tuple[Artifact | None, str]:
    """Return the step's output when it is complete, made from the same things and undamaged; else why not."""
    if not artifacts.is_sealed(folder):
        return None, "goes on where it was cut" if _was_started(folder, key) else "not done yet"
    try:
        manifest = artifacts.read_manifest(folder)
        if manifest.manifest["key"] != key:
            return None, "the text, a setting or an earlier step has changed"
        return artifacts.open_artifact(folder, step.name), "done before, nothing has changed"
    except DamageError as error:
        return None, f"{error.what}: {error.where}; it is made anew"


def _was_started(folder: Path, key: str) -> bool:
    try:
        return (folder / STARTED).read_bytes() == durable.canonical_json({"key": key})
    except OSError:
        return False


def _prepare_folder(folder: Path, key: str) -> None:
    """Keep what a cut run of the same key left; clear away anything else.

    ``started.json`` is there before the first file goes and until the last one is gone, so that a cut at any point leaves a
    folder that is known as Mbegu's own and is not taken for half of the new output.
    """
    if _was_started(folder, key) and not artifacts.is_sealed(folder):
        return
    durable.make_folder(folder)
    if any(folder.iterdir()):
        durable.write_json(folder / STARTED, {"key": "cleared away"})
        durable.remove_file(folder / artifacts.MANIFEST)
        durable.sync_folder(folder)  # a manifest must not outlive its files
        for path in sorted(folder.iterdir()):
            if path.name != STARTED:
                _remove(path)
        durable.sync_folder(folder)  # before the new key: it must never stand beside checkpoints of another one
    durable.write_json(folder / STARTED, {"key": key})


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        durable.remove_tree(path)
    else:
        durable.remove_file(path)


def _remove_working_files(folder: Path) -> None:
    """Remove what only an unfinished step needs; its output is sealed by now."""
    durable.remove_tree(folder / artifacts.CHECKPOINTS)
    durable.remove_file(folder / STARTED)


def _require_sound_plan(place: Project, upto: str | None) -> None:
    """Read a plan.toml that will be followed before hours of reading text come first. Raises ``SettingsError``."""
    names = [step.name for step in STEPS]
    if place.plan.is_file() and (upto is None or names.index(upto) >= names.index("plan")):
        load("mbegu.train.planfile:read_plan")(place.plan)


def _require_own(folder: Path) -> None:
    """Never clear away what Mbegu did not put there. Raises ``SettingsError``."""
    if not folder.is_dir():
        return
    if artifacts.is_sealed(folder):
        with contextlib.suppress(DamageError):  # a manifest that cannot be read cannot tell; the step names it and is made anew
            if strangers := artifacts.strangers_of(artifacts.read_manifest(folder)):
                raise SettingsError(artifacts.STRANGER, strangers[0], artifacts.MOVE)
    elif not (folder / STARTED).exists() and any(_is_anybodys(path) for path in folder.iterdir()):
        raise SettingsError(f"{folder.name}/ holds files that Mbegu did not put there", folder, "move them elsewhere")


def _is_anybodys(path: Path) -> bool:
    """Whether somebody may miss this file: not what a cut writing or a file manager left behind."""
    return path.suffix != durable.PARTIAL_SUFFIX and path.name not in artifacts.SYSTEM_FILES
