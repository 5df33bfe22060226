"""The document: made from the table, true to what the server does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.serve.running import Running

from mbegu.serve.endpoints import ENDPOINTS
from mbegu.serve.schema import problems_in


def test_the_document_names_every_endpoint_and_model(server: Running) -> None:
    document = json.loads(server.ask("GET", "/openapi.json")[2])
    for endpoint in ENDPOINTS:
        assert endpoint.method.lower() in document["paths"][endpoint.path]
    assert "/predict" not in document["paths"]  # no classifier is served yet
    body = document["paths"]["/v1/chat/completions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
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
    document = json.loads(server.ask("GET", "/openapi.json")[2])
    status, _, data = server.ask(method, path, body)
    assert status == 200
    schema = document["paths"][path][method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
    assert list(problems_in(json.loads(data), schema)) == []


@pytest.mark.parametrize("path", ["/v1/completions", "/nowhere", "/v1/models/none"])
def test_refusals_are_as_the_document_says(server: Running, path: str) -> None:
    document = json.loads(server.ask("GET", "/openapi.json")[2])
    status, _, data = server.ask("GET", path)
    assert status in (404, 405)
    schema = document["paths"]["/v1/completions"]["post"]["responses"]["405"]["content"]["application/json"]["schema"]
    assert list(problems_in(json.loads(data), schema)) == []
