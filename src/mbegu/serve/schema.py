"""Checks a request against the part of JSON Schema that our own document uses, so that document and check are one statement.

Known words: type, enum, minimum, maximum, minLength, maxLength, minItems, maxItems, items, properties, required,
additionalProperties, anyOf. Others (description, default, title) say something to people only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from mbegu.core.settings import near, shown

Schema = Mapping[str, Any]
Problem = tuple[str, str]  # the field and what is wrong with it
MOST_PROBLEMS = 5  # that anybody is told of; a value can be made to have a hundred thousand, and each takes time to find


def problems_in(value: Any, schema: Schema, where: str = "") -> Iterator[Problem]:
    """Yield everything that is wrong with a value, field by field; of a choice, and of a list that is too long, only the first.

    Args:
        value: as ``json.loads`` returns it.
        schema: what it must be.
        where: the name of the field, such as ``messages[0].role``.
    """
    if "anyOf" in schema:
        yield from _problems_in_choice(value, schema["anyOf"], where)
        return
    kinds = _kinds(schema)
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield where, f"expected {' or '.join(_WORDS[kind] for kind in kinds)}, found {shown(value)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield where, f"{shown(value)} is not one of {', '.join(map(str, schema['enum']))}"
    if isinstance(value, str):
        yield from _problems_of_size(len(value), "Length", "character(s)", schema, where)
    elif isinstance(value, list):
        yield from _problems_of_size(len(value), "Items", "item(s)", schema, where)
        for index, each in enumerate(value[: schema.get("maxItems")]):
            yield from problems_in(each, schema.get("items", {}), f"{where}[{index}]")
    elif isinstance(value, dict):
        yield from _problems_in_object(value, schema, where)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            yield where, f"{shown(value)} is below the smallest allowed, {schema['minimum']}"
        if "maximum" in schema and value > schema["maximum"]:
            yield where, f"{shown(value)} is above the largest allowed, {schema['maximum']}"


def _problems_in_choice(value: Any, choices: list[Schema], where: str) -> Iterator[Problem]:
    """Nothing when one choice fits; else the problems of the choice of the same type, or of all."""
    found: list[list[Problem]] = []
    for choice in choices:
        found.append(list(islice(problems_in(value, choice, where), MOST_PROBLEMS)))
        if not found[-1]:
            return
    of_type = [each for each, choice in zip(found, choices, strict=True) if any(_is(value, kind) for kind in _kinds(choice))]
    yield from min(of_type or found, key=len)


def _problems_of_size(size: int, word: str, unit: str, schema: Schema, where: str) -> Iterator[Problem]:
    if size < schema.get(f"min{word}", 0):
        yield where, f"{size:,} {unit}, at least {schema[f'min{word}']:,} needed"
    if size > schema.get(f"max{word}", size):
        yield where, f"{size:,} {unit}, at most {schema[f'max{word}']:,} allowed"


def _problems_in_object(value: dict[str, Any], schema: Schema, where: str) -> Iterator[Problem]:
    known: Mapping[str, Schema] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield _inside(where, name), "missing"
    for name, each in value.items():
        if name in known:
            yield from problems_in(each, known[name], _inside(where, name))
        elif schema.get("additionalProperties") is False:
            yield _inside(where, shown(name)[1:-1]), f"not known here{near(name, list(known))}"


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _is(value: Any, kind: str) -> bool:
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    if kind in ("integer", "number") and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES[kind])


_TYPES: dict[str, Any] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict, "null": type(None),
}  # fmt: skip
_WORDS = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list",
    "object": "an object", "null": "null",
}  # fmt: skip
