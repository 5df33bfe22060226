"""mbegu.toml: the recipe of a project. Data only: no shell, no dotted paths, safe to open from a stranger."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.errors import MbeguError, SettingsError, explain_os_error
from mbegu.core.hours import parse_hours
from mbegu.core.power import PowerSettings
from mbegu.core.settings import near, read_settings, shown
from mbegu.core.steps import ProjectSettings
from mbegu.core.units import parse_budget
from mbegu.recipes.catalog import STEPS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


MOST_RECIPE_BYTES = 64_000  # a recipe with every setting has about 6,000


@dataclass(frozen=True)
class Recipe:
    """A checked recipe: the [project] settings, the settings of each step, and [power], which no step depends on; defaults filled in."""

    project: ProjectSettings
    settings: Mapping[str, Any]
    power: PowerSettings = field(default_factory=PowerSettings)


def tables() -> dict[str, type[Any]]:
    """Return the class of each table that a recipe may have, in the order in which they are written."""
    return {"project": ProjectSettings, **{step.name: step.load_settings() for step in STEPS}, "power": PowerSettings}


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        SettingsError: not TOML, unknown tables and settings, wrong types, out of range, unknown language or budget: all at once.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_RECIPE_BYTES + 1)
        if len(data) > MOST_RECIPE_BYTES:
            raise SettingsError(f"the recipe is larger than {MOST_RECIPE_BYTES:,} bytes", path, "a recipe holds settings, the text is elsewhere")
        values = tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise SettingsError("the recipe is not one: its values are nested too deeply", path, "write it anew with `mbegu new`") from error
    except UnicodeDecodeError as error:
        raise SettingsError("the recipe is not UTF-8 text", path, "save it as UTF-8") from error
    except ValueError as error:  # not TOML, or a number of thousands of digits
        raise SettingsError(f"the recipe is not TOML: {error}", path, "mend that line") from error
    except OSError as error:
        raise explain_os_error(error, path) from error
    return make_recipe(values, path)


def make_recipe(values: Mapping[str, Any], where: Path) -> Recipe:
    """Check the tables of a recipe. Raises ``SettingsError`` as ``read_recipe`` does."""
    classes = tables()
    problems = [f"there is no table [{shown(name)[1:-1]}]{near(name, list(classes))}" for name in values if name not in classes]
    made: dict[str, Any] = {}
    for name, cls in classes.items():
        table = values.get(name, {})
        if not isinstance(table, dict):
            problems.append(f"'{name}' is not a table: write [{name}]")
            continue
        made[name], wrong = read_settings(cls, table, name)
        problems += wrong
    problems += _deeper_problems(made)
    if problems:
        raise SettingsError("; ".join(problems), where, "mend the recipe; `mbegu steps` lists every setting")
    return Recipe(made.pop("project"), power=made.pop("power"), settings=made)


def _deeper_problems(made: Mapping[str, Any]) -> list[str]:
    """Check what a type and a range cannot: that the language exists, prices agree, a vocabulary has room for every byte, amounts are amounts."""
    problems = []
    checks: list[tuple[str, Callable[[], object]]] = []
    if made.get("project"):
        checks += [("", made["project"].parsed_language), ("", made["project"].check_price)]
    if made.get("corpus"):
        checks += [("", made["corpus"].check_cleaning), ("", made["corpus"].check_related)]
    if made.get("tokenizer"):
        checks.append(("", made["tokenizer"].check_vocabulary))
    if made.get("plan"):
        checks.append(("", lambda: parse_budget(made["plan"].budget)))
    if made.get("power") and made["power"].hours.strip():
        checks.append(("[power] hours: ", lambda: parse_hours(made["power"].hours)))
    for where, check in checks:
        try:
            check()
        except MbeguError as error:
            problems.append(where + error.one_line().rstrip("."))
    return problems


def new_recipe(
    project: ProjectSettings,
    text: tuple[str, ...],
    budget: str = "",
    *,
    clean: bool = False,
    related: tuple[str, ...] = (),
    related_language: str = "",
) -> str:
    """Return the text of a new recipe: what was given, and every other setting as a comment with its default, unit and meaning.

    ``clean`` is written out where it is asked for, so that nobody's text is cleaned without a line that says so.
    """
    corpus = {"text": list(text), "clean": clean, "related": list(related), "related_language": related_language}
    given: dict[str, dict[str, Any]] = {
        "project": {name: value for name, value in dataclasses.asdict(project).items() if value},
        "corpus": {name: value for name, value in corpus.items() if value},
        "plan": {"budget": budget} if budget else {},
    }
    lines = ["# The recipe of this model. Lines that begin with # show the defaults: take the # away to change one."]
    for table, cls in tables().items():
        lines += ["", f"[{table}]"]
        for each in dataclasses.fields(cls):
            values = given.get(table, {})
            value = values.get(each.name, None if each.default is dataclasses.MISSING else each.default)
            unit = f" ({each.metadata['unit']})" if each.metadata["unit"] else ""
            lines.append(f"# {each.metadata['help']}{unit}")
            lines.append(f"{'' if each.name in values else '# '}{each.name} = {_toml_value(value)}")
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def write_new(path: Path, text: str) -> None:
    """Write a new recipe durably. Raises ``SettingsError`` when there is one already."""
    if path.exists():
        raise SettingsError("there is a project here already", path, "choose another folder, or change its recipe")
    durable.write_text(path, text)
