"""Which JSON Schemas may shape an answer: small ones, of words that the engine follows, that fetch nothing.

The engine turns a schema into a grammar. It leaves words that it does not know out without a word, and a schema can be made to need
more memory or time than there is; so only what it follows is let through, within limits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mbegu.serve.errors import ApiError

MOST_BYTES = 16_384
MOST_DEPTH = 16
MOST_REPEATS = 1_000  # llama.cpp refuses more than 2,000 repetitions of a rule
FOLLOWED = {
    "type", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const", "anyOf", "oneOf", "allOf",
    "$ref", "$defs", "definitions", "format",
}  # fmt: skip
SAID_ONLY = {"title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated"}
FORMATS = {"date", "time", "date-time", "uuid"}
MOST_BOUND = 10**9
TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}
_NAMED = ("properties", "$defs", "definitions")  # hold schemas by name
_LISTED = ("prefixItems", "anyOf", "oneOf", "allOf")
_ONE = ("items", "additionalProperties")


def check_answer_schema(schema: Mapping[str, Any]) -> None:
    """Raise ``ApiError`` 400 with every reason why a schema cannot shape an answer."""
    size = len(json.dumps(schema))
    if size > MOST_BYTES:
        raise _refusal(f"it has {size:,} bytes, at most {MOST_BYTES:,} are allowed")
    problems = list(dict.fromkeys(_problems(schema, schema, MOST_DEPTH)))
    if problems:
        raise _refusal("; ".join(problems[:5]))


def _refusal(why: str) -> ApiError:
    return ApiError(400, f"this JSON schema cannot shape an answer: {why}", "response_format.json_schema.schema", "invalid_json_schema")


def _problems(schema: Any, root: Mapping[str, Any], depth: int) -> Iterator[str]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield f"a schema must be an object, found {type(schema).__name__}"
        return
    if depth == 0:
        yield f"it is nested deeper than {MOST_DEPTH}"
        return
    yield from (f"'{word[:40]}' is not followed here" for word in schema if word not in FOLLOWED | SAID_ONLY)
    yield from _wrong_values(schema, root)
    inner: list[Any] = [schema[word] for word in _ONE if word in schema]
    for word in _NAMED:
        if isinstance(schema.get(word, {}), dict):
            inner += schema.get(word, {}).values()
        else:
            yield f"'{word}' must be an object"
    for word in _LISTED:
        if isinstance(schema.get(word, []), list):
            inner += schema.get(word, [])
        else:
            yield f"'{word}' must be a list"
    for each in inner:
        yield from _problems(each, root, depth - 1)


def _wrong_values(schema: dict[str, Any], root: Mapping[str, Any]) -> Iterator[str]:
    kinds = schema.get("type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind not in TYPES:
            yield f"there is no type {str(kind)[:40]!r}"
    for word in ("minItems", "maxItems", "minLength", "maxLength"):
        value = schema.get(word, 0)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_REPEATS:
            yield f"'{word}' must be a whole number from 0 to {MOST_REPEATS:,}"
    for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        value = schema.get(word, 0)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MOST_BOUND:
            yield f"'{word}' must be a whole number of at most {MOST_BOUND:,}"
    if "enum" in schema and not (isinstance(schema["enum"], list) and schema["enum"]):
        yield "'enum' must be a list with something in it"
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(each, str) for each in required):
        yield "'required' must be a list of names"
    if schema.get("format", "date") not in FORMATS:
        yield f"'format' is followed for {', '.join(sorted(FORMATS))} only"
    if "$ref" in schema and not _is_inside(schema["$ref"], root):
        yield f"'$ref' must point into this schema, found {str(schema['$ref'])[:80]!r}: nothing is fetched"


def _is_inside(reference: Any, root: Mapping[str, Any]) -> bool:
    """Whether a reference such as ``#/$defs/word`` names a part of the schema."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return False
    place: Any = root
    for step in reference[2:].split("/"):
        if not isinstance(place, dict) or step not in place:
            return False
        place = place[step]
    return isinstance(place, dict)
