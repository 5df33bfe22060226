from __future__ import annotations

import json
import re
import shlex
import shutil
import unicodedata
from pathlib import Path

import pytest
from bench.kill_test import file_hashes, small_project
from tests.end_to_end.project import CommandLine, copy_grown

from mbegu.core.artifacts import is_sealed
from mbegu.core.steps import Project, ProjectSettings
from mbegu.ledger.store import Ledger
from mbegu.recipes.catalog import STEPS
from mbegu.recipes.recipe import read_recipe


def test_new_makes_a_recipe_that_reads_back(mbegu: CommandLine, tmp_path: Path) -> None:
    project = tmp_path / "èdè mi 🌱"
    said = mbegu("new", project, "--language", "yor_Latn", "--name", "Àlàbá", "--budget", "4h", "--json")
    assert said.code == 0
    assert json.loads(said.out) == {"project": str(project), "recipe": str(project / "mbegu.toml"), "language": "yor_Latn", "name": "Yoruba"}
    recipe = read_recipe(project / "mbegu.toml")
    assert (recipe.project.name, recipe.settings["plan"].budget, recipe.settings["corpus"].text) == ("Àlàbá", "4h", ("text",))
    assert (project / "text").is_dir()


def test_new_with_text_writes_paths_that_move_along(mbegu: CommandLine, tmp_path: Path) -> None:
    inside, outside = tmp_path / "p" / "نصوص", tmp_path / "stories.txt"
    inside.mkdir(parents=True)
    outside.write_text("x", encoding="utf-8")
    assert mbegu("new", tmp_path / "p", "--language", "arb", "--text", inside, "--text", outside).code == 0
    assert read_recipe(tmp_path / "p" / "mbegu.toml").settings["corpus"].text == ("نصوص", str(outside))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("yoruba", "'yoruba' is not an ISO 639-3 language code. Near: yor (Yoruba)"),
        ("yo", "did you mean yor (Yoruba)?"),
        ("swahili", "near: swa (Swahili (macrolanguage)), swh (Swahili (individual language))"),
        ("zzz", "'zzz' is not an ISO 639-3 language code"),
        ("yor_Latm", "'Latm' is not a script that is known (yor_Latm). Use an ISO 15924 code (did you mean 'Latn'"),
        ("qaa", "'qaa' is kept for languages that have no code of their own. Also give its name"),
        ("", "'' is not a language code"),
        ("../../x", "is not a language code"),
        ("ọ̀rọ̀", "is not a language code"),
    ],
)
def test_new_refuses_a_language_that_no_list_knows(mbegu: CommandLine, tmp_path: Path, language: str, said: str) -> None:
    line = mbegu.fails(3, "new", tmp_path / "p", "--language", language)
    assert said.lower() in line.lower()
    assert not (tmp_path / "p").exists()


def test_a_language_without_a_code(mbegu: CommandLine, tmp_path: Path) -> None:
    assert mbegu("new", tmp_path / "p", "--language", "qaa", "--language-name", "Kikĩtũ").code == 0
    assert read_recipe(tmp_path / "p" / "mbegu.toml").project.parsed_language().name == "Kikĩtũ"


def test_new_with_text_of_a_related_language(mbegu: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "zulu").mkdir()
    options = ["--language", "xho_Latn", "--related", tmp_path / "zulu"]
    assert mbegu("new", tmp_path / "a", *options, "--related-language", "zul_Latn").code == 0
    settings = read_recipe(tmp_path / "a" / "mbegu.toml").settings["corpus"]
    assert (settings.related, settings.related_language) == ((str(tmp_path / "zulu"),), "zul_Latn")
    assert "does not say of which language" in mbegu.fails(3, "new", tmp_path / "b", *options)
    assert "Check the path after --related." in mbegu.fails(
        4, "new", tmp_path / "b", "--language", "xho", "--related", "x", "--related-language", "zul"
    )
    assert not (tmp_path / "b").exists()


def test_new_refuses_what_does_not_fit(mbegu: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_text("x", encoding="utf-8")
    assert "'soon' is not a budget" in mbegu.fails(3, "new", tmp_path / "p", "--language", "yor", "--budget", "soon")
    assert "Check the path after --text" in mbegu.fails(4, "new", tmp_path / "p", "--language", "yor", "--text", tmp_path / "no")
    assert "this is a file, and a project is a folder" in mbegu.fails(2, "new", file, "--language", "yor")
    assert mbegu("new", tmp_path / "p", "--language", "yor").code == 0
    assert "there is a project here already" in mbegu.fails(3, "new", tmp_path / "p", "--language", "amh")


def test_commands_on_a_folder_without_a_project(mbegu: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = f"mbegu: no project here: mbegu.toml is missing ({tmp_path}). Make one with `mbegu new DIR --language CODE --text PATH`."
    for command in ("grow", "plan", "label", "verify", "corpus", "tokenizer", "train", "evaluate", "export", "release"):
        assert mbegu.fails(3, command, tmp_path) == expected
    monkeypatch.chdir(tmp_path)
    assert mbegu.fails(3, "grow") == expected
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", b"", "there is no text: looked at 0 files"),
        ("a.txt", b"ab", "left out: 1 too short"),
        ("a.txt", bytes(range(256)) * 20, "binary data, the name says text, but these bytes are none that is known"),
        ("a.txt", "Ọjọ́ kan ni ìjàpá lọ sí oko àgbàdo.\n".encode(), "bytes of text, and 2,000 are needed even for a trial"),
        ("a.pdf", b"%PDF-1.4 broken", "there is no text: looked at 1 files"),
        ("a.zip", b"PK\x03\x04 broken", "there is no text: looked at 1 files"),
        ("LICENSE", b"a licence is no text", "there is no text"),
    ],
)
def test_text_that_is_none(mbegu: CommandLine, tmp_path: Path, name: str, content: bytes, said: str) -> None:
    project = tmp_path / "p"
    mbegu("new", project, "--language", "yor")
    if name:
        (project / "text" / name).write_bytes(content)
    line = mbegu.fails(4, "grow", project)
    assert said in line
    assert line.endswith("there.") or line.endswith("text.")


def test_a_text_folder_that_went_away(mbegu: CommandLine, tmp_path: Path) -> None:
    project = tmp_path / "p"
    mbegu("new", project, "--language", "yor")
    (project / "text").rmdir()
    assert mbegu.fails(4, "grow", project) == (
        f"mbegu: the text 'text' is not there ({project / 'text'}). Put your text there, or name its place under 'text' in [corpus]."
    )


def test_a_plan_that_is_wrong_is_named_in_full(mbegu: CommandLine, tmp_path: Path) -> None:
    project = small_project(tmp_path / "p", documents=12)
    plan = project / "plan.toml"
    sound = plan.read_text(encoding="utf-8")
    wrong = sound.replace("heads = 2", "haeds = 2").replace("steps = 30", 'steps = "30"') + "[comptuer]\n"
    plan.write_text(wrong, encoding="utf-8")
    line = mbegu.fails(3, "grow", project)
    assert not is_sealed(project / "grown" / "corpus"), "said before the text is read"
    for part in ("[comptuer] (did you mean 'computer'?)", "'haeds' (did you mean 'heads'", "[training] steps: expected a whole number, found '30'"):
        assert part in line
    assert str(plan) in line
    plan.write_text(sound.replace("= 512", "= 600"), encoding="utf-8")
    for command in ("grow", "plan"):
        assert "plan.toml is for a vocabulary of 600 tokens, the tokenizer has 512" in mbegu.fails(3, command, project)
    plan.write_text("[", encoding="utf-8")
    shutil.rmtree(project / "grown")
    for command in ("grow", "plan"):
        assert "not TOML" in mbegu.fails(3, command, project)
        assert not is_sealed(project / "grown" / "corpus"), "said before the text is read"
    plan.write_text(sound, encoding="utf-8")
    assert mbegu("plan", project).code == 0


def test_a_budget_that_is_too_small_or_none(mbegu: CommandLine, tmp_path: Path) -> None:
    project = small_project(tmp_path / "p", documents=20)
    (project / "plan.toml").unlink()
    assert "'4 fortnights' is not a budget" in mbegu.fails(3, "grow", project, "--budget", "4 fortnights")
    line = mbegu.fails(6, "grow", project, "--budget", "1s")
    assert "the budget leaves" in line
    assert not (project / "plan.toml").exists()


def test_a_budget_beside_a_plan_is_said_to_have_no_effect(mbegu: CommandLine, grown: Path) -> None:
    before = file_hashes(grown)
    said = mbegu("grow", grown, "--budget", "2h", "--quiet")
    assert said.code == 0
    assert said.err == "  ! plan.toml is there and is followed; --budget has no effect (`mbegu plan --budget ... --save` plans anew)\n"
    assert file_hashes(grown) == before
    assert "plan.toml is there and is shown; --budget has no effect without --save" in mbegu("plan", grown, "--budget", "2h").err


def test_measuring_for_a_plan_stands_in_the_ledger(mbegu: CommandLine, tmp_path: Path) -> None:
    project = small_project(tmp_path / "p", documents=20)
    (project / "plan.toml").unlink()
    assert mbegu("plan", project, "--budget", "2min", "--save").code == 0
    (run,) = [run for run in Ledger(project / "ledger").runs() if run.step == "plan"]
    assert run.status == "done"
    assert run.energy is not None
    assert run.cpu_seconds > 0


def test_grow_says_where_everything_is(mbegu: CommandLine, grown: Path) -> None:
    said = mbegu("grow", grown)
    assert str(grown / "release") in said.out
    assert said.err.count("done before, nothing has changed: skipped") == len(STEPS)
    value = json.loads(mbegu("grow", grown, "--json").out)
    assert value["release"] == str(grown / "release")
    assert value["label"]
    assert len(value["manifest_sha256"]) == 64


def test_plan_of_a_project_with_a_plan(mbegu: CommandLine, grown: Path) -> None:
    said = mbegu("plan", grown)
    assert said.code == 0
    assert "30 steps; this plan.toml does not say what to expect of them" in said.out
    assert "which `mbegu grow` follows" in said.out
    value = json.loads(mbegu("plan", grown, "--json").out)
    assert {step["action"] for step in value["steps"]} == {"skip"}
    assert value["plan"]["training"]["steps"] == 30
    assert "counting (PPMd) would " in said.out
    points = value["more_text"]["bits_per_byte"]
    assert value["more_text"]["shares"] == [0.25, 0.5, 1.0]
    assert points == json.loads((grown / "grown" / "evaluate" / "results.json").read_text(encoding="utf-8"))["more_text"]["bits_per_byte"]
    assert value["followed"] is True


def test_label(mbegu: CommandLine, grown: Path, tmp_path: Path) -> None:
    said = mbegu("label", grown)
    assert "bits per byte" in said.out
    assert str(grown / "release" / "label.html") in said.out
    value = json.loads(mbegu("label", grown, "--json").out)
    assert value == json.loads((grown / "release" / "label.json").read_text(encoding="utf-8"))
    small_project(tmp_path / "p")
    assert "'release' is not done yet" in mbegu.fails(3, "label", tmp_path / "p")


def test_verify(mbegu: CommandLine, grown: Path) -> None:
    value = json.loads(mbegu("verify", grown, "--json").out)
    assert (value["sound"], value["problems"]) == (True, [])
    files = [path for top in ("grown", "release", "ledger") for path in (grown / top).rglob("*") if path.is_file()]
    assert value["files"] == len(files)
    assert mbegu("verify", grown).out == f"Sound: {len(files)} files, each as its hash says.\n"
    assert json.loads(mbegu("verify", grown / "release", "--json").out)["sound"]
    damaged = grown / "release" / "label.html"
    damaged.write_bytes(damaged.read_bytes() + b" ")
    (grown / "grown" / "mine.txt").write_text("x", encoding="utf-8")
    said = mbegu("verify", grown, "--json")
    assert said.code == 5
    problems = json.loads(said.out)["problems"]
    assert any(str(damaged) in problem and "damaged" in problem for problem in problems)
    assert any("mine.txt" in problem and "Mbegu did not put here" in problem for problem in problems)
    assert str(damaged) in mbegu("verify", grown / "release").out
    assert "1 problem found in " in mbegu.fails(5, "verify", grown / "release")


def test_verify_tells_what_is_out_of_date(mbegu: CommandLine, grown: Path) -> None:
    text = min((grown / "text").iterdir())
    text.write_text(text.read_text(encoding="utf-8") + "\nỌjọ́ tuntun ni èyí.\n", encoding="utf-8")
    assert mbegu("corpus", grown, "--quiet").code == 0
    said = mbegu("verify", grown)
    assert said.code == 0
    assert "Out of date: 'tokenizer' was made of an earlier corpus than is here: `mbegu grow` makes it anew.\n" in said.out
    assert len(json.loads(mbegu("verify", grown, "--json").out)["out_of_date"]) == 5


def test_steps_lists_every_step_and_every_setting(mbegu: CommandLine) -> None:
    assert [row["step"] for row in json.loads(mbegu("steps", "--json").out)] == [step.name for step in STEPS]
    assert all(step.summary in mbegu("steps").out for step in STEPS)
    for name in ("project", *(step.name for step in STEPS), "power"):
        described = json.loads(mbegu("steps", name, "--json").out)
        assert all(each["help"] for each in described)
        assert all(each["name"] in mbegu("steps", name).out for each in described)
    names = [each["name"] for each in json.loads(mbegu("steps", "project", "--json").out)]
    assert names == list(ProjectSettings.__dataclass_fields__)


@pytest.mark.parametrize("stage", ["corpus", "tokenizer", "train", "evaluate", "export", "release"])
def test_a_stage_alone(mbegu: CommandLine, grown: Path, stage: str) -> None:
    value = json.loads(mbegu(stage, grown, "--json").out)
    assert value["step"] == stage
    assert Path(value["folder"]).is_dir()
    assert value["facts"]
    assert mbegu(stage, grown).out.startswith(f"{stage} is done: ")


def test_stages_stop_where_they_say(mbegu: CommandLine, tmp_path: Path) -> None:
    project = small_project(tmp_path / "p", documents=12)
    assert mbegu("tokenizer", project, "--quiet").code == 0
    assert sorted(path.name for path in (project / "grown").iterdir()) == ["corpus", "tokenizer"]


def test_doctor_and_samples(mbegu: CommandLine) -> None:
    checks = json.loads(mbegu("doctor", "--json").out)
    assert {each["check"] for each in checks} >= {"computer", "memory", "disk", "engine", "energy", "battery"}
    told = mbegu("doctor").out
    assert "llama.cpp" in told
    assert max(map(len, told.splitlines())) <= 110, "a table that a small screen breaks"
    samples = json.loads(mbegu("samples", "--json").out)
    assert {each["language"] for each in samples["built_in"]} >= {"yor_Latn", "swh_Latn"}
    assert "machine-written" in mbegu("samples").out
    assert "amh" in mbegu("samples", "--language", "amh_Ethi").out


def test_samples_of_a_language_by_its_name_or_of_none(mbegu: CommandLine) -> None:
    assert "Did you mean yor (Yoruba)?" in mbegu.fails(3, "samples", "--language", "Yoruba")
    said = mbegu("samples", "--language", "qaa")
    assert said.code == 0
    assert said.out.startswith("There is no sample text and no open corpus of qaa (qaa) in this list. `mbegu samples` lists the sources")
    assert json.loads(mbegu("samples", "--language", "qaa", "--json").out) == {"built_in": [], "open_corpora": []}


def test_doctor_names_what_is_missing_and_no_class(mbegu: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbegu.cli.doctor.NEEDED_TO_SERVE", ("no-such-package",))
    found = {each["check"]: each["found"] for each in json.loads(mbegu("doctor", "--json").out)}
    assert found["to serve"] == "missing: no-such-package. Install 'mbegu[serve]'"
    assert not re.search(r"[a-z][A-Z]|Rapl|Emi\b|Battery\b", found["energy"])
    monkeypatch.setattr("mbegu.ledger.energy.choose.Rapl.is_available", False)
    monkeypatch.setattr("mbegu.ledger.energy.choose.Emi.is_available", False)
    monkeypatch.setattr("mbegu.ledger.energy.choose.Battery.is_available", False)
    found = {each["check"]: each["found"] for each in json.loads(mbegu("doctor", "--json").out)}
    assert found["energy"].startswith("modelled from processor time: no meter file, ")


@pytest.mark.parametrize("arguments", [("new", "", "--language", "yor"), ("new", "x", "--language", "yor", "--text", ""), ("grow", "")])
def test_an_empty_word_is_no_folder(mbegu: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    monkeypatch.chdir(tmp_path)
    assert "it is empty: name a file or folder, or . for the current folder" in mbegu.fails(2, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_the_command_that_is_said_next_can_be_copied(mbegu: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    assert shlex.split(mbegu("new", folder, "--language", "yor").out.splitlines()[-1].partition("then: ")[2]) == ["mbegu", "grow", str(folder)]
    copy_grown(tmp_path / "it's")
    last = mbegu("grow", tmp_path / "it's", "--quiet").out.splitlines()[-1]
    assert shlex.split(last.partition("Let it write: ")[2]) == ["mbegu", "complete", str(tmp_path / "it's"), "..."]


def test_verify_of_a_file_that_is_not_mbegus_says_what_grow_needs_first(mbegu: CommandLine, grown: Path) -> None:
    (grown / "grown" / "mine.txt").write_text("mine", encoding="utf-8")
    (grown / "grown" / "train" / "mine.txt").write_text("mine", encoding="utf-8")
    line = mbegu.fails(5, "verify", grown)
    assert line == f"mbegu: 2 files are here that Mbegu did not put here ({grown}). Move what is named above elsewhere."
    weights = grown / "grown" / "train" / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    line = mbegu.fails(5, "verify", grown)
    assert "1 problem found in " in line
    assert line.endswith("Move elsewhere what Mbegu did not put here, then run `mbegu grow` to make them anew.")


def test_quiet_says_only_warnings(mbegu: CommandLine, tmp_path: Path) -> None:
    project = small_project(tmp_path / "p", documents=20)
    said = mbegu("tokenizer", project, "--quiet", "--json")
    assert said.code == 0
    assert all(line.startswith("  ! ") for line in said.err.splitlines())
    assert json.loads(said.out)["step"] == "tokenizer"
    assert mbegu("tokenizer", project, "--quiet").err == ""


def test_json_is_one_document_even_when_warnings_are_said(mbegu: CommandLine, grown: Path) -> None:
    (grown / "grown" / "evaluate" / "results.json").write_bytes(b"x")
    for arguments in (["grow", grown, "--budget", "1h", "--json"], ["plan", grown, "--json"], ["corpus", grown, "--budget", "1h", "--json"]):
        said = mbegu(*arguments)
        assert said.code == 0
        json.loads(said.out)
        assert said.err


NAMES = ["with blanks", "مشروع", "ፕሮጀክት", "ߞߊ߲", "គម្រោង", "🌱🌍", unicodedata.normalize("NFD", "Ọ̀ṣun"), "-dash", "a'b$d;e"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_folder(mbegu: CommandLine, grown: Path, tmp_path: Path, name: str) -> None:
    moved = tmp_path / name
    grown.rename(moved)
    assert mbegu("grow", moved, "--quiet").code == 0
    assert mbegu("verify", moved).code == 0
    assert mbegu("complete", moved, "Ọjọ́", "-n", "2").code == 0
    assert mbegu("label", moved).code == 0
    assert Project(moved).release.is_dir()


def test_workers_are_not_started_twice(mbegu: CommandLine, grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in started.items():
        monkeypatch.setenv(name, value)
    for command in ("train", "grow"):
        line = mbegu.fails(2, command, grown, "--workers", "2")
        assert line == "mbegu: torchrun has started the workers already (--workers). Leave --workers out."
    line = mbegu.fails(2, "train", grown, "--hours", "19:00-06:00")
    assert line.startswith("mbegu: workers that torchrun started cannot wait for their hours (19:00-06:00). Give --until,")


def test_more_workers_than_cores_are_refused(mbegu: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbegu.train.workers.usable_cores", lambda: 1)
    project = small_project(tmp_path / "p", documents=12)
    assert mbegu.fails(6, "train", project, "--workers", "2") == (
        "mbegu: each worker needs a core of its own, and 2 do not fit on 1 core. Give --workers 1 or fewer."
    )
    assert not (project / "grown" / "train" / "checkpoints").exists()
