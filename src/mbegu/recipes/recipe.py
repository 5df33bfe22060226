"""mbegu.toml: the recipe of a project. Data only: no shell, no dotted paths, safe to open from a stranger."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.errors import MbeguError, SettingsError, explain_os_error
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
    """A checked recipe: the [project] settings and the settings of each step, defaults filled in."""

    project: ProjectSettings
    settings: Mapping[str, Any]


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
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise SettingsError(f"the recipe is not TOML: {error}", path, "mend that line") from error
    except OSError as error:
        raise explain_os_error(error, path) from error
    return make_recipe(values, path)


def make_recipe(values: Mapping[str, Any], where: Path) -> Recipe:
    """Check the tables of a recipe. Raises ``SettingsError`` as ``read_recipe`` does."""
    classes: dict[str, type[Any]] = {"project": ProjectSettings, **{step.name: step.load_settings() for step in STEPS}}
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
    return Recipe(made.pop("project"), made)


def _deeper_problems(made: Mapping[str, Any]) -> list[str]:
    """Check what a type and a range cannot: that the language exists, that prices agree and the budget is an amount."""
    problems = []
    checks = []
    if made.get("project"):
        checks += [made["project"].parsed_language, made["project"].check_price]
    if made.get("plan"):
        checks.append(lambda: parse_budget(made["plan"].budget))
    for check in checks:
        try:
            check()
        except MbeguError as error:
            problems.append(error.one_line().rstrip("."))
    return problems


def new_recipe(project: ProjectSettings, text: tuple[str, ...], budget: str = "") -> str:
    """Return the text of a new recipe: what was given, and every other setting as a comment with its default, unit and meaning."""
    given: dict[str, dict[str, Any]] = {
        "project": {name: value for name, value in dataclasses.asdict(project).items() if value},
        "corpus": {"text": list(text)} if text else {},
        "plan": {"budget": budget} if budget else {},
    }
    lines = ["# The recipe of this model. Lines that begin with # show the defaults: take the # away to change one."]
    classes: dict[str, type[Any]] = {"project": ProjectSettings, **{step.name: step.load_settings() for step in STEPS}}
    for table, cls in classes.items():
        lines += ["", f"[{table}]"]
        for field in dataclasses.fields(cls):
            values = given.get(table, {})
            value = values.get(field.name, None if field.default is dataclasses.MISSING else field.default)
            unit = f" ({field.metadata['unit']})" if field.metadata["unit"] else ""
            lines.append(f"# {field.metadata['help']}{unit}")
            lines.append(f"{'' if field.name in values else '# '}{field.name} = {_toml_value(value)}")
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
