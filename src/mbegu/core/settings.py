"""Settings, stated once: a frozen dataclass whose fields carry default, help, unit, range and choices.

The recipe, the command line, the reference page and Python all build the same object from the same statement, and every
problem in a recipe is reported in one go.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from mbegu.core.errors import SettingsError
from mbegu.core.plain import plain, plain_lines

T = TypeVar("T")
LARGEST_EXACT = 2**53  # from here on a float no longer holds every whole number
MOST_SHOWN = 60  # characters of a wrong value in a message


def setting(
    default: Any = dataclasses.MISSING,
    *,
    help: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] = (),
    pattern: str = "",
    pattern_help: str = "",
    lines: bool = False,
    changes_output: bool = True,
) -> Any:
    """Declare one setting as a dataclass field.

    Args:
        default: its value when the recipe is silent; without one the recipe must give it.
        help: one line for people, shown in recipes and in the reference.
        unit: unit of the value (``tokens``, ``kWh``), empty where it has none.
        low: smallest allowed number.
        high: largest allowed number.
        choices: the only allowed values.
        pattern: regular expression that a whole text must match.
        pattern_help: what such a text is, for the message, with an example.
        lines: whether a text may have several lines.
        changes_output: whether another value would give another output; if not, what is done or half done stays when it changes.
    """
    if isinstance(default, list):
        raise TypeError("use a tuple: settings are frozen")
    metadata = {
        "help": help,
        "unit": unit,
        "low": low,
        "high": high,
        "choices": tuple(choices),
        "pattern": pattern,
        "pattern_help": pattern_help,
        "lines": lines,
        "changes_output": changes_output,
    }
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


def read_settings(cls: type[T], values: Mapping[str, Any], section: str) -> tuple[T | None, list[str]]:
    """Build a settings object from a table of the recipe.

    Args:
        cls: a frozen dataclass whose fields are made by ``setting``.
        values: what the recipe says.
        section: the table's name, for messages.

    Returns:
        The object and no problems, or ``None`` and every problem as one line each.
    """
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    problems = [f"[{section}] has no setting {shown(name)}{near(name, list(fields))}" for name in values if name not in fields]
    accepted: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in values:
            if field.default is dataclasses.MISSING:
                problems.append(f"[{section}] needs '{name}': {field.metadata['help']}")
            continue
        value, problem = _accept(values[name], hints[name], field.metadata)
        if problem:
            problems.append(f"[{section}] {name}: {problem}")
        else:
            accepted[name] = value
    return (None, problems) if problems else (cls(**accepted), [])


def require_settings(cls: type[T], values: Mapping[str, Any], section: str) -> T:
    """Build a settings object or raise ``SettingsError`` with every problem."""
    made, problems = read_settings(cls, values, section)
    if made is None:
        raise SettingsError("; ".join(problems))
    return made


def as_table(settings: Any) -> dict[str, Any]:
    """Return all fields of a settings object with their values as plain TOML and JSON values."""
    table = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        table[field.name] = list(value) if isinstance(value, tuple) else value
    return table


def as_key(settings: Any) -> dict[str, Any]:
    """Return ``as_table`` with the default of every setting that changes no output: what a step's output depends on."""
    defaults = {each.name: each.default for each in dataclasses.fields(settings) if not each.metadata["changes_output"]}
    return as_table(dataclasses.replace(settings, **defaults))


def near(name: str, known: Sequence[str]) -> str:
    """Return `` (did you mean 'x'?)`` with the nearest known names, or nothing."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(repr(each) for each in close)}?)" if close else ""


def shown(value: Any) -> str:
    """Return a value from a file for a message: cut short, and safe for values that are huge or nested deeply."""
    try:
        text = repr(value)
    except RecursionError:
        return "values nested too deeply"
    except ValueError:  # Python refuses to write it in decimal
        return "a number of thousands of digits"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _accept(value: Any, hint: Any, metadata: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the value in its declared type and no problem, or anything and the problem."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(each for each in typing.get_args(hint) if each is not type(None))
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        if not isinstance(value, (list, tuple)):
            return value, f"expected a list, found {shown(value)}"
        parts = [_accept(each, inner, metadata) for each in value]
        return tuple(part for part, _ in parts), "; ".join(problem for _, problem in parts if problem)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < LARGEST_EXACT else math.inf
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool) or (hint is float and not math.isfinite(value)):
        return value, f"expected {_NAMES[hint]}, found {shown(value)}"
    if hint is int and abs(value) >= LARGEST_EXACT:
        return value, f"{shown(value)} is too large"
    unit = f" {metadata['unit']}" if metadata["unit"] else ""
    if metadata["choices"] and value not in metadata["choices"]:
        choices = [str(choice) for choice in metadata["choices"]]
        return value, f"{shown(value)} is not one of {', '.join(choices)}{near(str(value), choices)}"
    if isinstance(value, str) and (problem := _text_problem(value, metadata)):
        return value, problem
    if metadata["low"] is not None and value < metadata["low"]:
        return value, f"{value} is below the smallest allowed, {metadata['low']}{unit}"
    if metadata["high"] is not None and not value <= metadata["high"]:
        return value, f"{value} is above the largest allowed, {metadata['high']}{unit}"
    return value, ""


def _text_problem(text: str, metadata: Mapping[str, Any]) -> str:
    """Return why a text is not accepted, or nothing."""
    if (plain_lines(text) if metadata["lines"] else plain(text)) != text:
        return f"{shown(text)} holds {'' if metadata['lines'] else 'the end of a line or '}a control character: take it out"
    if metadata["pattern"] and not re.fullmatch(metadata["pattern"], text):
        return f"{shown(text)} is not {metadata['pattern_help']}"
    return ""


_NAMES = {int: "a whole number", float: "a number", str: "a text in quotes", bool: "true or false"}
