"""Commands about a project: new, plan, grow, label, verify, steps."""

from __future__ import annotations

import contextlib
import dataclasses
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.cli.common import (
    PATH,
    PowerOptions,
    budget_option,
    folder_argument,
    json_option,
    power_options,
    prepare_threads,
    project_at,
    quiet_option,
    require_unicode,
    stoppable,
    workers_option,
)
from mbegu.core.artifacts import STRANGER
from mbegu.core.commands import typed
from mbegu.core.errors import DamageError, InputError, LostWorkerError, UsageError
from mbegu.core.report import Say, format_table, write_result
from mbegu.core.steps import Project, ProjectSettings
from mbegu.core.units import format_number_of

if TYPE_CHECKING:
    from mbegu.core.artifacts import Artifact
    from mbegu.recipes.recipe import Recipe


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.argument("more_texts", nargs=-1, metavar="", type=PATH)
@click.option("--language", required=True, metavar="CODE", help="ISO 639-3 code of the language, with an optional script: yor or yor_Latn.")
@click.option("--language-name", default="", help="Name of a language that has no code of its own (codes qaa to qtz).")
@click.option("--text", "texts", multiple=True, type=PATH, metavar="PATH", help="Files and folders of text. Default: DIR/text.")
@click.option("--related", multiple=True, type=PATH, metavar="PATH", help="Files and folders of text of a related language, to learn from too.")
@click.option("--related-language", default="", metavar="CODE", help="The code of that language.")
@click.option("--name", default="", help="Name of the model. Default: the folder's name.")
@click.option("--budget", default="", help="What growing may cost: 30min, 4h, 2kWh.")
@click.option("--clean", is_flag=True, help="Clean the text while growing: what that leaves out is kept beside, with its reason.")
@json_option
def new(
    folder: Path,
    more_texts: tuple[Path, ...],
    language: str,
    language_name: str,
    texts: tuple[Path, ...],
    related: tuple[Path, ...],
    related_language: str,
    name: str,
    budget: str,
    clean: bool,
    as_json: bool,
) -> None:
    """Make a project in DIR: a recipe for your language, and a folder for your text."""
    from mbegu.core.units import parse_budget
    from mbegu.corpus.settings import CorpusSettings
    from mbegu.recipes.recipe import new_recipe, write_new

    if more_texts and not texts:
        raise UsageError(f"one DIR is made at a time, and '{more_texts[0]}' is a second one", fix="give text files and folders after --text")
    texts += more_texts
    project = ProjectSettings(language=language, language_name=language_name, name=name)
    parsed = project.parsed_language()
    if budget:
        parse_budget(budget)
    require_unicode(name + language_name, "--name, --language-name")
    CorpusSettings(related=tuple(map(str, related)), related_language=related_language).check_related()
    for option, paths in (("--text", texts), ("--related", related)):
        for path in paths:
            if not path.exists():
                raise InputError("no such file or folder", path, f"check the path after {option}")
            require_unicode(str(path.resolve()), option)
    place = Project(folder.resolve())
    if place.root.exists() and not place.root.is_dir():
        raise UsageError("this is a file, and a project is a folder", folder, "name a folder that is not there yet, or an empty one")
    own, other = (tuple(_portable(path, place.root) for path in paths) for paths in (texts, related))
    write_new(place.recipe, new_recipe(project, own, budget, clean=clean, related=other, related_language=related_language))
    if not texts:
        (place.root / "text").mkdir(exist_ok=True)
    where = "" if texts else f"Put your text into {place.root / 'text'}, then: "
    text = f"Made a project for {parsed.name} ({parsed.tag}): {place.recipe}\n{where}{typed('grow', folder)}"
    write_result({"project": str(place.root), "recipe": str(place.recipe), "language": parsed.tag, "name": parsed.name}, as_json, text)


def _portable(path: Path, root: Path) -> str:
    """Write a path relative to the project where it lies inside it, else absolute."""
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else str(resolved)


@click.command()
@folder_argument
@budget_option
@click.option("--save", is_flag=True, help="Write plan.toml, in place of one that is there.")
@json_option
@quiet_option
def plan(folder: Path, budget: str, save: bool, as_json: bool, quiet: bool) -> None:
    """Say what `grow` would do: steps, time, memory, energy and what to expect; reads the text and measures this computer."""
    from mbegu.recipes.outlook import outlook

    prepare_threads()
    place = project_at(folder)
    say = Say(quiet=quiet)
    if budget and place.plan.is_file() and not save:
        say.warn("plan.toml is there and is shown; --budget has no effect without --save")
    with stoppable(say):
        result = outlook(place, _recipe(place, budget), say, save=save)
    write_result(result.as_json(), as_json, result.text())


@click.command()
@folder_argument
@budget_option
@power_options
@workers_option
@json_option
@quiet_option
def grow(folder: Path, budget: str, power: PowerOptions, workers: int, as_json: bool, quiet: bool) -> None:
    """From the text to the model: runs every step that is not done, and goes on where it was cut."""
    if trained_as_other():
        return
    artifacts = grow_upto(folder, None, budget, power, quiet, workers)
    release = artifacts["release"]
    write_result(
        {"release": str(release.folder), "label": release.facts["label"], "manifest_sha256": release.sha256},
        as_json,
        f'{release.facts["label_text"]}\n\nThe model, its label and its checksums: {release.folder}\nLet it write: {typed("complete", folder)} "..."',
    )


def trained_as_other() -> bool:
    """Train beside the first worker where this process was started for that, and return whether it was.

    Raises:
        LostWorkerError: the first worker, or another, ended, under ``torchrun``; otherwise the first worker alone says it.
    """
    from mbegu.train.launch import own_seat

    seat = own_seat()
    if seat is None or seat.rank == 0:
        return False
    prepare_threads()
    from mbegu.train.other_worker import train_as_other

    with contextlib.suppress(*([LostWorkerError] if seat.meeting_file else [])):
        train_as_other(seat)
    return True


def grow_upto(folder: Path, step: str | None, budget: str, power: PowerOptions, quiet: bool, workers: int = 1) -> dict[str, Artifact]:
    """Run the steps up to one, for ``grow`` and the commands of single stages."""
    from mbegu.core.power import Pauses, make_rules
    from mbegu.recipes.runner import grow as run_steps
    from mbegu.train.launch import own_seat

    if workers > 1 and own_seat():
        raise UsageError("torchrun has started the workers already", "--workers", "leave --workers out")
    prepare_threads()
    place = project_at(folder)
    recipe = _recipe(place, budget)
    say = Say(quiet=quiet)
    rules = make_rules(recipe.power, datetime.now(), until=power.until, hours=power.hours, battery_above=power.battery_above)
    if own_seat():  # the others end with a pause, and nobody would start them again
        if rules.hours:
            fix = "give --until, and start all of them again in the next hours"
            raise UsageError("workers that torchrun started cannot wait for their hours", rules.hours.text, fix)
        rules = dataclasses.replace(rules, battery_above_percent=0.0)
    say.pauses = Pauses(say, rules)
    say.pauses.announce()
    if budget and place.plan.is_file():
        say.warn("plan.toml is there and is followed; --budget has no effect (`mbegu plan --budget ... --save` plans anew)")
    with stoppable(say):
        return run_steps(place, recipe, say, upto=step, workers=workers)


def _recipe(place: Project, budget: str) -> Recipe:
    from mbegu.core.units import parse_budget
    from mbegu.recipes.recipe import read_recipe

    recipe = read_recipe(place.recipe)
    if not budget:
        return recipe
    parse_budget(budget)
    plan_settings = dataclasses.replace(recipe.settings["plan"], budget=budget)
    return dataclasses.replace(recipe, settings={**recipe.settings, "plan": plan_settings})


@click.command()
@folder_argument
@json_option
def label(folder: Path, as_json: bool) -> None:
    """Show the label of a grown model; the whole of it is in release/label.html and release/README.md."""
    from mbegu.recipes.runner import opened

    facts = opened(project_at(folder), "release").facts
    write_result(facts["label"], as_json, f"{facts['label_text']}\n\nThe whole label: {project_at(folder).release / 'label.html'}")


@click.command()
@folder_argument
@json_option
def verify(folder: Path, as_json: bool) -> None:
    """Check every file of a project, or of a release that was given to you, against its hash."""
    from mbegu.recipes.check import MAKE_ANEW, verify_folder

    report = verify_folder(folder.resolve())
    problems = [error.one_line() for error in report.problems]
    result: dict[str, Any] = {"sound": not problems, "files": report.files, "problems": problems, "out_of_date": list(report.out_of_date)}
    told = problems or [f"Sound: {report.files:,} files, each as its hash says."]
    write_result(result, as_json, "\n".join([*told, *(f"Out of date: {each}." for each in report.out_of_date)]))
    if not problems:
        return
    is_project = Project(folder.resolve()).recipe.is_file()
    strangers = sum(error.what == STRANGER for error in report.problems) if is_project else 0
    if strangers == len(problems):
        are = "file is" if strangers == 1 else "files are"
        raise DamageError(f"{strangers} {are} here that Mbegu did not put here", folder, "move what is named above elsewhere")
    fix = "run `mbegu grow` to make them anew" if is_project else "copy the folder again from where it came from"
    if any(error.fix.endswith(MAKE_ANEW) for error in report.problems):
        fix = "do what is said of each above"
    elif strangers:  # `mbegu grow` refuses as long as they are there
        fix = f"move elsewhere what Mbegu did not put here, then {fix}"
    found = format_number_of(len(problems) - strangers, "problem")
    raise DamageError(f"{found} found in {format_number_of(report.files, 'file')}", folder, fix)


@click.command()
@click.argument("name", required=False)
@json_option
def steps(name: str | None, as_json: bool) -> None:
    """List the steps; with NAME, every setting of that step (or of `project` or `power`) with its default, range and meaning."""
    from mbegu.recipes.catalog import STEPS
    from mbegu.recipes.recipe import tables

    if name is None:
        rows = [(step.name, step.summary, ", ".join(step.inputs) or "your text") for step in STEPS]
        value: Any = [dict(zip(("step", "summary", "inputs"), row, strict=True)) for row in rows]
        write_result(value, as_json, format_table(("step", "what it does", "from"), rows))
        return
    classes = tables()
    if name not in classes:
        from mbegu.core.settings import near

        raise UsageError(f"there is no step '{name}'{near(name, list(classes))}", fix="`mbegu steps` lists them")
    described = [_describe(field) for field in dataclasses.fields(classes[name])]
    write_result(described, as_json, format_table(("setting", "default", "meaning"), [(d["name"], str(d["default"]), d["help"]) for d in described]))


def _describe(field: dataclasses.Field[Any]) -> dict[str, Any]:
    default = "(needed)" if field.default is dataclasses.MISSING else field.default
    return {"name": field.name, "default": default, **field.metadata}
