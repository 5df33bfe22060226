from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mbegu.core.errors import InputError, SettingsError
from mbegu.core.language import SCRIPTS
from mbegu.core.power import PowerSettings
from mbegu.core.steps import ProjectSettings
from mbegu.recipes.catalog import STEPS
from mbegu.recipes.recipe import MOST_RECIPE_BYTES, new_recipe, read_recipe, tables, write_new

SOUND = '[project]\nlanguage = "yor_Latn"\n'


def recipe(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "mbegu.toml"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def problem(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(SettingsError) as caught:
        read_recipe(recipe(tmp_path, text))
    line = caught.value.one_line()
    assert "\n" not in line
    assert len(line) < 3000
    return line


def test_the_shortest_recipe(tmp_path: Path) -> None:
    made = read_recipe(recipe(tmp_path, SOUND))
    assert made.project == ProjectSettings(language="yor_Latn")
    assert dict(made.settings) == {step.name: step.load_settings()() for step in STEPS}


def test_a_recipe_that_notepad_saved(tmp_path: Path) -> None:
    assert read_recipe(recipe(tmp_path, SOUND.replace("\n", "\r\n").encode("utf-8-sig"))).project.language == "yor_Latn"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[projct]\nlanguage = "yor"', "there is no table [projct] (did you mean 'project'"),
        (SOUND + "[trian]\n", "there is no table [trian] (did you mean 'train'?)"),
        (SOUND + "langauge = 'yor'", "[project] has no setting 'langauge' (did you mean 'language'"),
        (SOUND + "[tokenizer]\nvocabulary = 5", "[tokenizer] has no setting 'vocabulary' (did you mean 'vocabulary_size'?)"),
        (SOUND + "[tokenizer]\nvocabulary_size = 258", "[tokenizer] vocabulary_size: 258 is below the fewest tokens there can be, 259"),
        (SOUND + "[plan]\nseed = true", "[plan] seed: expected a whole number, found True"),
        (SOUND + "[plan]\nseed = 1.5", "[plan] seed: expected a whole number, found 1.5"),
        (SOUND + "[plan]\nbudget = 30", "[plan] budget: expected a text in quotes, found 30"),
        (SOUND + "[corpus]\ntext = 'text'", "[corpus] text: expected a list, found 'text'"),
        (SOUND + "[corpus]\ntext = [1]", "[corpus] text: expected a text in quotes, found 1"),
        (SOUND + "[corpus]\nheldout_share = 0.9", "[corpus] heldout_share: 0.9 is above the largest allowed, 0.5"),
        (SOUND + "[corpus]\nheldout_share = nan", "[corpus] heldout_share: expected a number, found nan"),
        (SOUND + "[evaluate]\nngram_order = 0", "[evaluate] ngram_order: 0 is below the smallest allowed, 1 bytes"),
        (SOUND + "[corpus]\ndocument = 'lines'", "'lines' is not one of auto, file, paragraph, line (did you mean 'line'"),
        (SOUND + "[export]\nformats = ['Q9']", "[export] formats: 'Q9' is not one of F16, Q8_0, Q4_K_M"),
        (SOUND + "[plan]\nbudget = 'soon'", "'soon' is not a budget. Write a time such as 30min or 4h, or an energy such as 2kWh"),
        (SOUND + "[power]\nhours = '19-6'", "[power] hours: '19-6' is not hours of the day. Write 19:00-06:00"),
        (SOUND + "[power]\nbattery_above_percent = 101", "[power] battery_above_percent: 101.0 is above the largest allowed, 95 %"),
        ("[corpus]\n", "[project] needs 'language': ISO 639-3 code of the language"),
        ("", "[project] needs 'language'"),
        ("[project]\nlanguage = 'yoruba'", "'yoruba' is not an ISO 639-3 language code. Near: yor (Yoruba)"),
        ("[project]\nlanguage = 'qaa'", "Also give its name"),
        ("corpus = 3\n" + SOUND, "'corpus' is not a table: write [corpus]"),
        (SOUND + "[[corpus]]\n", "'corpus' is not a table"),
        ("[project]\nlanguage = ", "the recipe is not TOML: Invalid value (at end of document)"),
        ("language: yor", "the recipe is not TOML"),
        (b"[project]\nlanguage = '\xff'", "the recipe is not UTF-8 text"),
        ("[project]\nlanguage = 'yor'".encode("utf-16"), "the recipe is not UTF-8 text"),
        ("[project]\nlanguage = 'yor'\nlanguage = 'amh'", "the recipe is not TOML: Cannot overwrite a value"),
    ],
)
def test_wrong_recipes(tmp_path: Path, text: str | bytes, said: str) -> None:
    line = problem(tmp_path, text)
    assert said in line
    assert str(tmp_path / "mbegu.toml") in line


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    line = problem(tmp_path, "[project]\nnmae = 'x'\n[corpus]\nseed = -1\n[plan]\nbudget = 'x'\n[modle]\n")
    for part in ("[modle]", "'nmae'", "needs 'language'", "seed: -1 is below", "'x' is not a budget"):
        assert part in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOUND + f"[plan]\nseed = {'9' * 5000}", "the recipe is not TOML"),  # Python refuses to read such a number
        (SOUND + f"[plan]\nseed = 0x{'f' * 5000}", "[plan] seed: a number of thousands of digits is too large"),
        (SOUND + f"[corpus]\nheldout_share = 0x{'f' * 5000}", "[corpus] heldout_share: expected a number, found inf"),
        (SOUND + f"name = 0x{'f' * 5000}", "[project] name: expected a text in quotes, found a number of thousands of digits"),
        ("x = " + "[" * 5000, "nested too deeply"),
        (".".join("a" * 2000) + " = 1", "there is no table [a]"),
        ("project.language." + ".".join("a" * 2000) + " = 1", "[project] language: expected a text in quotes, found "),
        ("__class__.__init__ = 1\n" + SOUND, "there is no table [__class__]"),
        (f"{'x' * 30_000} = 1\n" + SOUND, "there is no table [xxx"),
        (SOUND + f"{'x' * 30_000} = 1", "[project] has no setting 'xxx"),
        (SOUND + f"[corpus]\ndocument = '{'x' * 30_000}'", "[corpus] document: 'xxx"),
        (SOUND + "name = '\x00'", "the recipe is not TOML"),
        (b"\x00" * 1000, "the recipe is not TOML"),
        (b"#" * 10_000_000, f"the recipe is larger than {MOST_RECIPE_BYTES:,} bytes"),
    ],
)
def test_hostile_recipes(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in problem(tmp_path, text)


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_recipe(tmp_path / "mbegu.toml")


def test_a_new_recipe_reads_back_as_what_was_given_and_the_defaults(tmp_path: Path) -> None:
    project = ProjectSettings(language="nqo_Nkoo", name='ߒߞߏ "x" \\ 🌱', purpose="ለሙከራ\nሁለት")
    text = new_recipe(project, ("my text", "D:\\text"), "4h")
    made = read_recipe(recipe(tmp_path, text))
    assert made.project == project
    assert made.settings["corpus"].text == ("my text", "D:\\text")
    assert made.settings["plan"].budget == "4h"
    for step in STEPS:
        cls = step.load_settings()
        given = {"corpus": {"text": ("my text", "D:\\text")}, "plan": {"budget": "4h"}}.get(step.name, {})
        assert made.settings[step.name] == dataclasses.replace(cls(), **given)


def test_every_default_of_a_new_recipe_can_be_uncommented(tmp_path: Path) -> None:
    lines = new_recipe(ProjectSettings(language="yor"), ()).splitlines()
    names = {field.name for cls in tables().values() for field in dataclasses.fields(cls)}
    opened = [line[2:] if line.startswith("# ") and line[2:].partition(" =")[0] in names else line for line in lines]
    made = read_recipe(recipe(tmp_path, "\n".join(opened)))
    assert made.power == PowerSettings()
    assert sum(" = " in line and not line.startswith("#") for line in opened) >= len(names)
    assert made.project == ProjectSettings(language="yor")
    assert dict(made.settings) == {step.name: step.load_settings()() for step in STEPS}


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_a_recipe_for_every_script(tmp_path: Path, script: str) -> None:
    path = tmp_path / "mbegu.toml"
    write_new(path, new_recipe(ProjectSettings(language=f"yor_{script}"), ()))
    assert read_recipe(path).project.parsed_language().script == script


def test_a_recipe_is_never_written_over_another(tmp_path: Path) -> None:
    path = recipe(tmp_path, SOUND)
    with pytest.raises(SettingsError, match="there is a project here already"):
        write_new(path, "x")
    assert path.read_text(encoding="utf-8") == SOUND
