"""The document: made from the table, true to what the server does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.serve.running import Running

from mbegu.serve.endpoints import ENDPOINTS
from mbegu.serve.openapi import Bounds, document
from mbegu.serve.schema import problems_in


def test_the_document_names_every_endpoint_and_model(server: Running) -> None:
    told = json.loads(server.ask("GET", "/openapi.json")[2])
    for endpoint in ENDPOINTS:
        assert endpoint.method.lower() in told["paths"][endpoint.path]
    body = told["paths"]["/v1/chat/completions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["model"]["enum"] == ["ìwé"]


ASKED: list[tuple[str, str, Any]] = [
    ("GET", "/v1/models", None),
    ("POST", "/v1/chat/completions", {"model": "ìwé", "messages": [{"role": "user", "content": "ẹ"}], "max_tokens": 2, "logprobs": True}),
    ("POST", "/v1/completions", {"model": "ìwé", "prompt": "ẹ", "max_tokens": 2, "logprobs": 1}),
    ("POST", "/v1/embeddings", {"model": "ìwé", "input": "ẹ"}),
    ("POST", "/tokenize", {"content": "ẹ"}),
    ("POST", "/detokenize", {"tokens": [5, 6]}),
    ("GET", "/health", None),
    ("GET", "/ready", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_answers_are_as_the_document_says(server: Running, method: str, path: str, body: Any) -> None:
    told = json.loads(server.ask("GET", "/openapi.json")[2])
    status, _, data = server.ask(method, path, body)
    assert status == 200
    schema = told["paths"][path][method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
    assert list(problems_in(json.loads(data), schema)) == []


@pytest.mark.parametrize("path", ["/v1/completions", "/nowhere", "/v1/models/none"])
def test_refusals_are_as_the_document_says(server: Running, path: str) -> None:
    told = json.loads(server.ask("GET", "/openapi.json")[2])
    status, _, data = server.ask("GET", path)
    assert status in (404, 405)
    schema = told["paths"]["/v1/completions"]["post"]["responses"]["405"]["content"]["application/json"]["schema"]
    assert list(problems_in(json.loads(data), schema)) == []


def test_a_conversation_has_no_more_turns_than_the_context_has_tokens() -> None:
    for context, most in ((64, 64), (2048, 256)):
        body = document(Bounds(["m"], context, 300))["paths"]["/v1/chat/completions"]["post"]["requestBody"]
        assert body["content"]["application/json"]["schema"]["properties"]["messages"]["maxItems"] == most
