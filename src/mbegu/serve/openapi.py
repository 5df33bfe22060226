"""The OpenAPI document, made from the table of endpoints: what it says is what is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mbegu import __version__
from mbegu.serve import openai_fields as fields
from mbegu.serve.documents.routes import LARGEST_ID
from mbegu.serve.endpoints import ENDPOINTS, Endpoint
from mbegu.serve.grammar_limits import FOLLOWED

# Refused by the guard or the framework, whatever the endpoint.
ALWAYS = {
    401: "not paired",
    403: "from another page",
    405: "another method",
    414: "address too long",
    421: "another host name",
    431: "headers too large",
}
REASONS = {
    400: "something in the request is wrong", 404: "no such model", 408: "the body came too slowly", 413: "the body is too large",
    415: "the body is not plain JSON", 429: "the queue is full", 500: "the engine failed", 503: "the server is stopping", **ALWAYS,
}  # fmt: skip
_NUMBER = {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}


@dataclass(frozen=True)
class Bounds:
    """What the model that is served adds to the table: the names to choose from, its context and its number of tokens."""

    models: Sequence[str]
    context: int
    vocabulary_size: int


def document(bounds: Bounds, endpoints: Sequence[Endpoint] = ENDPOINTS) -> dict[str, Any]:
    """Return the document for a model."""
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, bounds)
    paths["/openapi.json"] = {
        "get": {"summary": "this document", "operationId": "openapi", "responses": _responses(None, (), False, ("application/json",))}
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mbegu", "version": __version__, "description": "A model on this computer, for the programs and people around it."},
        "paths": paths,
        "x-words": sorted(FOLLOWED),
    }


def _operation(endpoint: Endpoint, bounds: Bounds) -> dict[str, Any]:
    made: dict[str, Any] = {"summary": endpoint.summary, "operationId": endpoint.handler}
    names = re.findall(r"\{(\w+)\}", endpoint.path)
    if names:
        made["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "enum": list(bounds.models)} if name == "model" else _NUMBER}
            for name in names
        ]
    if endpoint.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _bounded(endpoint.body, bounds)}}}
    made["responses"] = _responses(endpoint.answer, endpoint.statuses, endpoint.streams, endpoint.media)
    return made


def _responses(answer: Mapping[str, Any] | None, statuses: Sequence[int], streams: bool, media: Sequence[str]) -> dict[str, Any]:
    content: dict[str, Any] = {name: {} for name in media} if answer is None else {"application/json": {"schema": answer}}
    if streams:
        content["text/event-stream"] = {}
    made: dict[str, Any] = {"200": {"description": "done", "content": content}}
    for status in sorted({*statuses, *ALWAYS}):
        made[str(status)] = {"description": REASONS[status], "content": {"application/json": {"schema": fields.ERROR}}}
    return made


def _bounded(schema: Any, bounds: Bounds, name: str = "") -> Any:
    """Return a schema of the table with the bounds of the model in the place of those of all models."""
    if isinstance(schema, list):
        return [_bounded(each, bounds) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if name == "model" and schema.get("type") == "string":
        return {"type": "string", "enum": list(bounds.models), "description": schema.get("description", "")}
    made = {key: _bounded(value, bounds, key) for key, value in schema.items()}
    if schema == fields.TOKEN:
        made["maximum"] = bounds.vocabulary_size - 1
    elif name in ("max_tokens", "max_completion_tokens"):
        made["maximum"] = bounds.context
    elif name == "messages":
        made["maxItems"] = min(fields.MOST_TURNS, bounds.context)
    elif schema == fields.TOKENS:
        made["maxItems"] = bounds.context
    return made
