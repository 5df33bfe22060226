"""`mbegu verify`: what was exchanged or forged is named, what is only out of date is told apart, and a cut leaves nothing to complain of."""

from __future__ import annotations

import dataclasses
import io
import os
import shutil
from pathlib import Path

import pytest
from bench.kill_test import small_project

from mbegu.core import artifacts, durable
from mbegu.core.artifacts import Artifact, read_manifest
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.ledger.record import RunRecord, read_record, write_record
from mbegu.ledger.store import Ledger, file_hash
from mbegu.recipes.check import verify_folder
from mbegu.recipes.recipe import read_recipe
from mbegu.recipes.runner import grow
from mbegu.release.publish import write_checksums


def grow_upto(folder: Path, step: str) -> None:
    place = Project(folder)
    grow(place, read_recipe(place.recipe), Say(io.StringIO(), quiet=True), step)


def problems(folder: Path) -> list[str]:
    return [problem.one_line() for problem in verify_folder(folder).problems]


def seal_again(folder: Path, **changes: object) -> Artifact:
    """Write a manifest for the files as they are, otherwise as it was: what anybody can do."""
    manifest = {**read_manifest(folder).manifest, **changes}
    return artifacts.seal(folder, **{name: manifest[name] for name in ("kind", "version", "key", "parents", "facts")})


def forge(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"counting", b"magic"))


def rewrite_ledger(folder: Path, number: int, **changes: object) -> None:
    """Change a record of the ledger and, after it, the chain, so that it is sound by itself."""
    before = ""
    for path in Ledger(folder / "ledger").files():
        record = dataclasses.replace(read_record(path), previous=before)
        write_record(folder / "ledger", dataclasses.replace(record, **changes) if record.number == number else record)
        before = file_hash(path)


def newest(folder: Path, step: str) -> RunRecord:
    return Ledger(folder / "ledger").runs(step)[-1]


def test_a_corpus_of_another_project_is_named(grown: Path, tmp_path: Path) -> None:
    other = small_project(tmp_path / "other", documents=12)
    grow_upto(other, "corpus")
    shutil.rmtree(grown / "grown" / "corpus")
    shutil.copytree(other / "grown" / "corpus", grown / "grown" / "corpus")
    (line,) = problems(grown)
    assert line == (
        f"this is not what the newest run of 'corpus' made: 000001-corpus.json in the ledger names another ({grown / 'grown' / 'corpus'}). "
        "Move this folder elsewhere and run `mbegu grow` again: the step is made anew."
    )


def test_a_forged_label_is_named_by_the_checksums_and_by_the_ledger(grown: Path) -> None:
    release = grown / "release"
    forge(release / "label.html")
    seal_again(release)
    said = problems(grown)
    assert any(line.startswith(f"SHA256SUMS and the manifest do not say the same of a file ({release / 'label.html'})") for line in said)
    assert any("this is not what the newest run of 'release' made" in line for line in said)
    assert "SHA256SUMS and the manifest do not say the same" in problems(release)[0]
    grow_upto(grown, "release")
    assert problems(grown) == []
    assert b"magic" not in (release / "label.html").read_bytes()


def test_a_forged_label_with_all_hashes_of_the_release_is_named_by_the_ledger(grown: Path) -> None:
    release = grown / "release"
    forge(release / "label.html")
    write_checksums(release)
    seal_again(release)
    assert problems(release) == [], "by itself it cannot be told: only a signature could"
    (line,) = problems(grown)
    assert "this is not what the newest run of 'release' made" in line
    shutil.move(release, grown.parent / "elsewhere")
    grow_upto(grown, "release")
    assert problems(grown) == []


def test_a_step_made_of_an_earlier_one_is_out_of_date_and_not_damaged(grown: Path) -> None:
    text = min((grown / "text").iterdir())
    text.write_text(text.read_text(encoding="utf-8") + "\nỌjọ́ tuntun ni èyí.\n", encoding="utf-8")
    grow_upto(grown, "corpus")
    check = verify_folder(grown)
    assert check.problems == []
    assert check.out_of_date[0] == "'tokenizer' was made of an earlier corpus than is here: `mbegu grow` makes it anew"
    assert [line.split("'")[1] for line in check.out_of_date] == ["tokenizer", "plan", "evaluate", "export", "release"]


def test_a_step_whose_parent_is_gone_or_in_work_is_out_of_date(grown: Path) -> None:
    shutil.rmtree(grown / "grown" / "train")
    durable.write_json(grown / "grown" / "train" / artifacts.STARTED, {"key": "k"})
    check = verify_folder(grown)
    assert check.problems == []
    assert [line.split("'")[1] for line in check.out_of_date] == ["evaluate", "export", "release"]


def test_a_sound_project_is_not_out_of_date(grown: Path) -> None:
    assert (verify_folder(grown).problems, verify_folder(grown).out_of_date) == ([], ())


@pytest.mark.parametrize("status", ["cut off", "failed", "running"])
def test_a_run_that_was_killed_after_its_last_file_was_sealed_is_sound(grown: Path, status: str) -> None:
    last = newest(grown, "release")
    rewrite_ledger(grown, last.number, status=status, outputs_sha256="")
    assert problems(grown) == []
    seal_again(grown / "release", parents={"corpus": "0" * 64})
    assert "this is not what the newest run of 'release' made" in problems(grown)[0]


def test_a_run_that_only_planned_made_nothing(grown: Path) -> None:
    last = newest(grown, "release")
    plan = dataclasses.replace(newest(grown, "plan"), number=last.number + 1, key="", outputs_sha256="", inputs={})
    path = Ledger(grown / "ledger").files()[-1]
    write_record(grown / "ledger", dataclasses.replace(plan, previous=file_hash(path)))
    assert problems(grown) == []


def test_what_a_withdrawal_wrote_anew_is_sound(grown: Path) -> None:
    seal_again(grown / "grown" / "corpus", key="[withdrawn] 2026-03-01", facts={})
    check = verify_folder(grown)
    assert check.problems == []
    assert check.out_of_date[0].startswith("'tokenizer' was made of an earlier corpus")


def test_an_output_that_no_run_made_is_named(grown: Path) -> None:
    Ledger(grown / "ledger").files()[-1].unlink()
    (line,) = problems(grown)
    assert line.startswith(f"the ledger knows of no run that made 'release' ({grown / 'release'}). Put the ledger back from a copy, or move")


def test_a_damaged_record_is_named_once_and_costs_no_training(grown: Path) -> None:
    path = grown / "ledger" / newest(grown, "release").file_name
    path.write_bytes(path.read_bytes().replace(b"release", b"rElease", 1))
    (line,) = problems(grown)
    assert str(path) in line


STRANGE = ["checkpoints/run.sh", "setup.exe.partial", "hf/modeling.py.partial", "started.json"]


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_file_in_a_release_is_named(grown: Path, name: str) -> None:
    path = grown / "release" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"mine")
    assert problems(grown / "release") == [f"a file is here that Mbegu did not put here ({path}). Copy it again from where it came from."]
    if name != "started.json":  # in a project it says that the step is at work
        assert problems(grown) == [f"a file is here that Mbegu did not put here ({path}). Move it elsewhere."]


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of other systems")
def test_a_pipe_and_a_link_in_a_release_are_named(grown: Path) -> None:
    os.mkfifo(grown / "release" / "pipe")
    (grown / "release" / "hf" / ".DS_Store").symlink_to("/etc/passwd")
    for folder in (grown, grown / "release"):
        assert [line.split("(")[1].split(")")[0] for line in problems(folder)] == [str(grown / "release" / name) for name in ("hf/.DS_Store", "pipe")]


def test_no_more_is_wrong_than_was_looked_at(grown: Path) -> None:
    for number in range(40):
        (grown / "release" / f"{number}.txt").write_bytes(b"")
    check = verify_folder(grown / "release")
    assert len(check.problems) == 40 < check.files
