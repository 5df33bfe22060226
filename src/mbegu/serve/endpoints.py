"""The one table of what the server offers; routes and the OpenAPI document are both made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mbegu.serve import document_fields as documents
from mbegu.serve import openai_fields as fields
from mbegu.serve.predict import PREDICTION, PREDICTION_ANSWER


@dataclass(frozen=True)
class Endpoint:
    """One line of the table.

    Args:
        method: ``GET`` or ``POST``.
        path: with names of its parts in braces.
        summary: one line.
        handler: name of the method of ``Handlers``.
        answer: schema of the answer; ``None`` for plain text.
        body: schema of the request; ``None`` for none.
        statuses: of refusals.
        streams: whether the answer may come as server-sent events.
        media: media types of an answer that has no schema.
    """

    method: str
    path: str
    summary: str
    handler: str
    answer: dict[str, Any] | None
    body: dict[str, Any] | None = None
    statuses: tuple[int, ...] = ()
    streams: bool = False
    media: tuple[str, ...] = ("text/plain; version=0.0.4",)


_READING = (400, 404, 408, 413, 415)
_WORKING = (*_READING, 429, 500, 503)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/v1/models", "the model and its adapters", "models", fields.MODELS_ANSWER),
    Endpoint("GET", "/v1/models/{model}", "one of them", "model", fields.MODEL_ANSWER, statuses=(404,)),
    Endpoint("POST", "/v1/chat/completions", "answer the last turn of a conversation", "chat", fields.CHAT_ANSWER, fields.CHAT, _WORKING, True),
    Endpoint("POST", "/v1/completions", "write on after a prompt", "complete", fields.COMPLETION_ANSWER, fields.COMPLETION, _WORKING, True),
    Endpoint("POST", "/v1/embeddings", "texts as vectors", "embed", fields.EMBEDDING_ANSWER, fields.EMBEDDING, _WORKING),
    Endpoint("POST", "/predict", "which of several labels fits a text", "predict", PREDICTION_ANSWER, PREDICTION, _WORKING),
    Endpoint("POST", "/tokenize", "a text as token ids", "tokenize", fields.TOKENIZE_ANSWER, fields.TOKENIZE, (*_READING, 500)),
    Endpoint("POST", "/detokenize", "token ids as a text", "detokenize", fields.DETOKENIZE_ANSWER, fields.DETOKENIZE, (*_READING, 500)),
    Endpoint("GET", "/health", "whether the server is alive", "health", fields.STATUS_ANSWER),
    Endpoint("GET", "/ready", "whether it takes work", "ready", fields.STATUS_ANSWER, statuses=(500, 503)),
    Endpoint("GET", "/metrics", "counts in the text format of Prometheus", "metrics", None),
)
STATE_ENDPOINTS = tuple(each for each in ENDPOINTS if each.path in ("/health", "/ready", "/metrics"))  # of a server without a model
_ORIGINAL = ("application/pdf", "application/octet-stream")
# Served where documents are; their handlers are those of mbegu.serve.documents.routes.
DOCUMENT_ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST", "/answers", "quote the passage that answers a question", "answer", documents.ANSWER, documents.QUESTION, (*_READING, 429, 500, 503)
    ),
    Endpoint("GET", "/documents", "the documents and what could not be read", "listing", documents.LISTING),
    Endpoint("GET", "/documents/{document}/passage/{passage}", "a passage in its document", "passage", None, None, (404, 500), False, ("text/html",)),
    Endpoint("GET", "/documents/{document}/original", "the document itself", "original", None, None, (404,), False, _ORIGINAL),
)
