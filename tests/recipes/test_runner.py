from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.kill_test import environment, file_hashes, small_project
from bench.watched_disk import RecordingDisk, put_in
from tests.end_to_end.project import CommandLine

from mbegu.core import durable
from mbegu.core.artifacts import Artifact, is_sealed, read_manifest
from mbegu.core.errors import BusyError, MbeguError, ResourceError, SettingsError, StoppedError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.ledger.energy.value import Energy
from mbegu.ledger.store import Ledger
from mbegu.recipes import runner
from mbegu.recipes.catalog import BY_NAME, STEPS, load
from mbegu.recipes.check import verify_folder
from mbegu.recipes.recipe import read_recipe
from mbegu.recipes.runner import StepState, grow, hold, look_ahead, opened

NAMES = [step.name for step in STEPS]


def again(folder: Path, upto: str | None = None) -> tuple[dict[str, Artifact], str]:
    place = Project(folder)
    stream = io.StringIO()
    return grow(place, read_recipe(place.recipe), Say(stream), upto), stream.getvalue()


def ahead(folder: Path) -> dict[str, str]:
    place = Project(folder)
    return {state.step.name: state.action for state in look_ahead(place, read_recipe(place.recipe), Say(io.StringIO()))}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def runs_from(name: str) -> dict[str, str]:
    first = NAMES.index(name)
    return {each: "skip" if place < first else "run" for place, each in enumerate(NAMES)}


def ledger_of(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "ledger").glob("*.json"))


def test_nothing_is_done_twice(grown: Path) -> None:
    before, ledger = file_hashes(grown), ledger_of(grown)
    done, said = again(grown)
    assert list(done) == NAMES
    assert said.count("done before, nothing has changed: skipped") == len(NAMES)
    assert (file_hashes(grown), ledger_of(grown)) == (before, ledger)


def test_a_changed_text_runs_everything(grown: Path) -> None:
    assert set(ahead(grown).values()) == {"skip"}
    file = sorted((grown / "text").iterdir())[3]
    file.write_text(file.read_text(encoding="utf-8") + "\nỌjọ́ tuntun ni èyí.\n", encoding="utf-8")
    assert set(ahead(grown).values()) == {"run"}


def test_text_that_moved_in_time_only_runs_nothing(grown: Path) -> None:
    for file in (grown / "text").iterdir():
        os.utime(file, (0, 0))
    assert set(ahead(grown).values()) == {"skip"}


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("vocabulary_size = 512", "vocabulary_size = 512\nmin_frequency = 3", "tokenizer"),
        ("resamples = 100", "resamples = 101", "evaluate"),
        ("score_bytes = 3000", "score_bytes = 2000", "export"),
        ('name = "tiny"', 'name = "other"', "export"),
        ('name = "tiny"', 'name = "tiny"\nauthor = "Àdùkẹ́"', "release"),
    ],
)
def test_a_changed_setting_runs_its_step_and_what_follows(grown: Path, old: str, new: str, first: str) -> None:
    change(grown / "mbegu.toml", old, new)
    assert ahead(grown) == runs_from(first)


def test_a_changed_setting_ends_in_a_release_that_says_so(grown: Path) -> None:
    weights = file_hashes(grown)["grown/train/model/model.safetensors"]
    change(grown / "mbegu.toml", 'name = "tiny"', 'name = "tiny"\nauthor = "Àdùkẹ́"')
    _, said = again(grown)
    assert said.count("skipped") == len(NAMES) - 1
    assert "Àdùkẹ́" in (grown / "release" / "README.md").read_text(encoding="utf-8")
    assert file_hashes(grown)["release/hf/model.safetensors"] == weights


def test_another_plan_trains_anew(grown: Path) -> None:
    weights = file_hashes(grown)["release/hf/model.safetensors"]
    change(grown / "plan.toml", "steps = 30", "steps = 31")
    assert ahead(grown) == runs_from("plan")
    again(grown)
    assert file_hashes(grown)["release/hf/model.safetensors"] != weights
    assert opened(Project(grown), "train").facts["steps"] == 31


def test_hours_and_battery_change_no_step(grown: Path) -> None:
    for hours in ("19:00-06:00", "00:00-24:00"):
        change(grown / "mbegu.toml", "[plan]", f'[power]\nhours = "{hours}"\nbattery_above_percent = 50\n[plan]')
        assert set(ahead(grown).values()) == {"skip"}
        change(grown / "mbegu.toml", f'[power]\nhours = "{hours}"\nbattery_above_percent = 50\n', "")


@pytest.mark.parametrize(("old", "new"), [("checkpoint_every_s = 0.5", "checkpoint_every_s = 300.0"), ("sample_tokens = 4", "sample_tokens = 0")])
def test_what_does_not_change_the_model_trains_nothing_anew(grown: Path, old: str, new: str) -> None:
    change(grown / "mbegu.toml", old, new)
    assert set(ahead(grown).values()) == {"skip"}


def test_a_budget_beside_a_plan_changes_nothing(grown: Path) -> None:
    """The plan decides: else a run that was begun with --budget and is taken up without it would train anew."""
    change(grown / "mbegu.toml", 'budget = "40s"', 'budget = "3h"\nthreads = 2')
    assert set(ahead(grown).values()) == {"skip"}


def test_a_damaged_output_is_named_and_made_anew(grown: Path) -> None:
    before = file_hashes(grown)
    damaged = grown / "grown" / "tokenizer" / "train.tokens.npy"
    data = bytearray(damaged.read_bytes())
    data[-1] ^= 1
    damaged.write_bytes(bytes(data))
    (grown / "grown" / "export" / "hf" / "config.json").unlink()
    _, said = again(grown)
    assert f"a file is damaged: its SHA-256 is not the one recorded: {damaged}; it is made anew" in said
    assert f"a file is missing: {grown / 'grown' / 'export' / 'hf' / 'config.json'}; it is made anew" in said
    assert said.count("skipped") == len(NAMES) - 2  # the steps between get what they had before
    assert file_hashes(grown) == before


def test_a_damaged_manifest_is_named_and_made_anew(grown: Path) -> None:
    before = file_hashes(grown)
    (grown / "grown" / "evaluate" / "manifest.json").write_bytes(b"{}")
    _, said = again(grown)
    assert "the manifest" in said
    assert file_hashes(grown) == before


def test_a_project_goes_on_at_another_place(grown: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "ọ̀rẹ́ 🌱"
    moved.parent.mkdir()
    grown.rename(moved)
    assert set(ahead(moved).values()) == {"skip"}


def test_a_copy_of_a_half_grown_project_ends_in_the_same_model(grown: Path, tmp_path: Path) -> None:
    before = file_hashes(grown)
    for name in ("train", "evaluate", "export"):
        shutil.rmtree(grown / "grown" / name)
    shutil.rmtree(grown / "release")
    copied = tmp_path / "on another computer"
    shutil.copytree(grown, copied)
    _, said = again(copied)
    assert said.count("skipped") == 3
    assert file_hashes(copied) == before


HOLDER = """
import sys
from pathlib import Path
from mbegu.core.steps import Project
from mbegu.recipes.runner import hold
with hold(Project(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def held_by_another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", env=environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_two_at_once_in_one_project(grown: Path, mbegu: CommandLine) -> None:
    with held_by_another_process(grown) as other:
        line = mbegu.fails(7, "grow", grown)
        assert line == f"mbegu: another `mbegu` is at work in this project ({grown}). Wait until it is done, or stop it first."
        with pytest.raises(BusyError):
            again(grown)
        other.kill()
        other.wait()
        assert mbegu("grow", grown).code == 0  # the lock of a dead process holds nobody up


def test_the_lock_is_let_go_after_an_error(grown: Path) -> None:
    place = Project(grown)
    with pytest.raises(SettingsError), hold(place):
        raise SettingsError("x")
    with hold(place):
        pass


def test_a_project_on_a_disk_that_cannot_be_written(grown: Path, mbegu: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.name == "nt" or os.geteuid() == 0:  # the rights of a folder do not hold for these: the system's answer is given instead
        real_open = os.open

        def refuse(path: object, flags: int, *rest: int, **more: int) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR):
                raise PermissionError(13, "Permission denied", str(path))
            return real_open(path, flags, *rest, **more)  # type: ignore[call-overload,no-any-return]

        monkeypatch.setattr(os, "open", refuse)
    else:
        grown.chmod(0o500)
    try:
        line = mbegu.fails(6, "grow", grown)
    finally:
        monkeypatch.undo()
        grown.chmod(0o700)
    assert "no permission" in line


@pytest.mark.parametrize("name", ["release/mine.txt", "grown/train/model/notes.odt", "grown/corpus/ọ̀rọ̀.txt"])
def test_what_others_put_there_stops_the_work_and_stays(grown: Path, mbegu: CommandLine, name: str) -> None:
    mine = grown / name
    mine.write_text("mine", encoding="utf-8")
    change(grown / "mbegu.toml", 'language = "yor_Latn"', 'language = "yor"')  # all steps would run
    before = file_hashes(grown)
    assert mbegu.fails(3, "grow", grown) == f"mbegu: a file is here that Mbegu did not put here ({mine}). Move it elsewhere."
    assert file_hashes(grown) == before
    assert mine.read_text(encoding="utf-8") == "mine"


def test_a_file_beside_the_steps_is_left_alone(grown: Path) -> None:
    mine = grown / "grown" / "mine.txt"
    mine.write_text("mine", encoding="utf-8")
    change(grown / "mbegu.toml", "resamples = 100", "resamples = 101")
    again(grown)
    assert mine.read_text(encoding="utf-8") == "mine"


def test_files_that_a_file_manager_leaves_cost_no_training(grown: Path) -> None:
    for name in ("grown/.DS_Store", "grown/train/.DS_Store", "release/Thumbs.db", "release/hf/desktop.ini"):
        (grown / name).write_bytes(b"x")
    assert set(ahead(grown).values()) == {"skip"}
    assert verify_folder(grown).problems == []
    durable.remove_tree(grown / "release" / "hf")
    for path in (grown / "release").iterdir():
        if path.name != "Thumbs.db":
            path.unlink()
    again(grown)
    assert is_sealed(grown / "release"), "a folder that the user emptied is filled again"


def test_a_release_folder_of_another_kind_is_refused_before_any_work(tmp_path: Path, mbegu: CommandLine) -> None:
    project = small_project(tmp_path / "p")
    (project / "release").mkdir()
    (project / "release" / "thesis.pdf").write_bytes(b"years of work")
    assert "release/ holds files that Mbegu did not put there" in mbegu.fails(3, "grow", project)
    assert not is_sealed(project / "grown" / "corpus")
    assert (project / "release" / "thesis.pdf").read_bytes() == b"years of work"


def test_a_cut_while_an_old_release_is_cleared_away_is_got_over(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(grown / "mbegu.toml", 'name = "tiny"', 'name = "tiny"\nauthor = "A"')
    monkeypatch.setattr(durable, "remove_tree", lambda folder: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        again(grown)
    monkeypatch.undo()
    assert not is_sealed(grown / "release")
    assert (grown / "release" / "hf").is_dir()
    again(grown)
    assert is_sealed(grown / "release")


def test_what_a_step_says_is_left_out_of_its_energy_stands_in_the_ledger(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbegu.train.steps.leave_out_card", lambda computer, say: say.leave_out("the lamp", ()))
    change(grown / "plan.toml", "steps = 30", "steps = 31")
    again(grown)
    train, after = (next(run for run in reversed(Ledger(grown / "ledger").runs()) if run.step == step) for step in ("train", "evaluate"))
    assert train.energy is not None
    assert after.energy is not None
    assert (train.energy.left_out, after.energy.left_out) == ("the lamp", "")


def test_a_step_that_goes_on_counts_what_it_had_cost(monkeypatch: pytest.MonkeyPatch, grown: Path) -> None:
    said: list[str] = []

    def stopped(settings: object, inputs: object, folder: Path, say: Say) -> dict[str, object]:
        said.append(say.cost_so_far())
        raise StoppedError("stopped")

    monkeypatch.setattr(runner, "load", lambda place: stopped if place == BY_NAME["evaluate"].function else load(place))
    now = Energy(1e-3, 1e-3, 1e-3, "counted here", "all")
    monkeypatch.setattr("mbegu.ledger.recorder.RunRecorder.energy", lambda self: now)
    change(grown / "mbegu.toml", "resamples = 100", "resamples = 101")
    for _ in range(2):
        with pytest.raises(StoppedError):
            again(grown)
    first, _ = (run.energy for run in Ledger(grown / "ledger").runs("evaluate")[-2:])
    assert first is not None
    assert said == [now.text(), (first + now).text()]
    assert "modelled" in said[1]


def test_a_full_disk_at_the_manifest_loses_no_training(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file_hashes(grown)
    change(grown / "plan.toml", "steps = 30", "steps = 31")
    again(grown, "plan")
    monkeypatch.setattr("mbegu.core.artifacts.seal", full_disk)
    with pytest.raises(ResourceError):
        again(grown)
    monkeypatch.undo()
    _, said = again(grown, "train")
    assert "goes on at step 31" in said
    change(grown / "plan.toml", "steps = 31", "steps = 30")
    again(grown)
    assert file_hashes(grown) == before


def test_a_run_begins_by_making_durable_what_a_killed_one_left(grown: Path) -> None:
    """A folder that a killed run had made and not synced is there until the power goes, and with it all that was saved in it since."""
    record = RecordingDisk(grown)
    with put_in(record):
        again(grown)
    synced = {operation.path for operation in record.operations if operation.kind == "sync folder"}
    folders = [path for top in ("grown", "ledger", "release") for path in (grown / top).rglob("*") if path.is_dir()]
    assert synced >= {grown, grown / "grown", grown / "ledger", grown / "release", *folders}


def full_disk(*args: object, **kwargs: object) -> Artifact:
    raise ResourceError("the disk is full")


def test_steps_are_opened_only_when_done_and_sound(grown: Path) -> None:
    assert opened(Project(grown), "evaluate").facts
    (grown / "grown" / "evaluate" / "results.json").write_bytes(b"x")
    with pytest.raises(MbeguError, match="damaged"):
        opened(Project(grown), "evaluate")
    shutil.rmtree(grown / "grown" / "evaluate")
    with pytest.raises(SettingsError, match=r"'evaluate' is not done yet .*Run `mbegu grow"):
        opened(Project(grown), "evaluate")


def test_a_look_ahead_names_what_a_step_waits_for(tmp_path: Path) -> None:
    place = Project(small_project(tmp_path / "p"))
    states: list[StepState] = look_ahead(place, read_recipe(place.recipe), Say(io.StringIO()))
    assert [state.why for state in states[:3]] == ["not done yet", "after corpus", "after corpus, tokenizer"]
    assert not place.grown.exists()


def test_every_artifact_names_what_it_was_made_from(grown: Path) -> None:
    for step in STEPS:
        manifest = read_manifest(step.folder(Project(grown)))
        expected = {name: read_manifest(Project(grown).grown / name).sha256 for name in step.inputs}
        assert manifest.manifest["parents"] == expected


def test_a_text_that_changes_while_it_is_read_is_read_again(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = sorted((grown / "text").iterdir())[0]
    text.write_text(text.read_text(encoding="utf-8") + "\nỌ̀rọ̀ tuntun kan.\n", encoding="utf-8")

    def loaded(target: str) -> object:
        function = load(target)
        if target != "mbegu.corpus.steps:grow_corpus":
            return function

        def then_changed(*arguments: object) -> object:
            facts = function(*arguments)
            text.write_text(text.read_text(encoding="utf-8") + "\nÒmíràn.\n", encoding="utf-8")
            return facts

        return then_changed

    monkeypatch.setattr(runner, "load", loaded)
    again(grown, "corpus")
    monkeypatch.undo()
    assert ahead(grown)["corpus"] == "run"
