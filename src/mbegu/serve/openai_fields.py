"""The fields of each request and answer, as JSON Schema: the server checks by them and the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any

MOST_ANSWERS = 8  # of n
MOST_TOKENS = 1_048_576
LONGEST_TEXT = 80_000  # characters; written as \\u escapes, twelve bytes each at most, they fit into a body
MOST_STOPS = 4  # OpenAI's limit
MOST_TOP_LOGPROBS = 20  # OpenAI's limit
MOST_TEXTS = 64
MOST_TURNS = 256  # and no more than the context has tokens


def _text(help: str, longest: int = LONGEST_TEXT, shortest: int = 0) -> dict[str, Any]:
    return {"type": "string", "description": help, "maxLength": longest, "minLength": shortest}


def _number(help: str, low: float, high: float, default: float | None = None) -> dict[str, Any]:
    return {"type": ["number", "null"], "description": help, "minimum": low, "maximum": high, "default": default}


def _whole(help: str, low: int, high: int, default: int | None = None) -> dict[str, Any]:
    return {"type": ["integer", "null"], "description": help, "minimum": low, "maximum": high, "default": default}


def _flag(help: str) -> dict[str, Any]:
    return {"type": ["boolean", "null"], "description": help, "default": False}


def _list(items: dict[str, Any], help: str, most: int, least: int = 1) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": help, "minItems": least, "maxItems": most}


def _object(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False, **more}


TOKEN = {"type": "integer", "minimum": 0, "maximum": MOST_TOKENS}
TOKENS = _list(TOKEN, "token ids", MOST_TOKENS)
MODEL = _text("a name that /v1/models lists", 200, 1)
STOP_TEXT = _text("where to stop; it is not part of the answer", 64, 1)

SAMPLING: dict[str, Any] = {
    "temperature": _number("0 takes the likeliest token, 1 draws from the model's own distribution", 0, 2, 0.8),
    "top_p": _number("draw among the likeliest tokens that together have this probability", 0, 1, 1.0),
    "n": _whole("how many answers, written one after the other", 1, MOST_ANSWERS, 1),
    "seed": _whole("of the drawing; answer i draws with seed + i", -(2**53), 2**53),
    "stop": {"anyOf": [STOP_TEXT, _list(STOP_TEXT, "several of them", MOST_STOPS), {"type": "null"}]},
    "frequency_penalty": _number("makes a token less likely for each time it was written", -2, 2, 0),
    "presence_penalty": _number("makes a token less likely once it was written", -2, 2, 0),
    "stream": _flag("send the answer piece by piece, as server-sent events"),
    "stream_options": {
        "anyOf": [
            _object({"include_usage": _flag("end with the numbers of tokens"), "include_obfuscation": _flag("has no effect")}),
            {"type": "null"},
        ]
    },
    "user": {"type": ["string", "null"], "description": "has no effect", "maxLength": 512},
}

PART = _object({"type": {"type": "string", "enum": ["text"]}, "text": _text("what is said")}, "type", "text")
MESSAGE = _object(
    {
        "role": {"type": "string", "enum": ["system", "developer", "user", "assistant"]},
        "content": {"anyOf": [_text("what is said"), _list(PART, "parts, put together", 64)]},
        "name": {"type": ["string", "null"], "description": "has no effect", "maxLength": 64},
    },
    "role",
    "content",
)
FORMAT = {
    "anyOf": [
        _object({"type": {"type": "string", "enum": ["text"]}}, "type"),
        _object({"type": {"type": "string", "enum": ["json_object"]}}, "type"),
        _object(
            {
                "type": {"type": "string", "enum": ["json_schema"]},
                "json_schema": _object(
                    {
                        "name": _text("has no effect", 64, 1),
                        "description": {"type": ["string", "null"], "description": "has no effect", "maxLength": 1024},
                        "schema": {
                            "type": "object",
                            "description": "JSON Schema of the answer, of the words in x-words, without $ref to elsewhere",
                            "additionalProperties": True,
                        },
                        "strict": {"type": ["boolean", "null"], "description": "has no effect: the answer always follows"},
                    },
                    "name",
                    "schema",
                ),
            },
            "type",
            "json_schema",
        ),
        {"type": "null"},
    ]
}

CHAT = _object(
    {
        "model": MODEL,
        "messages": _list(MESSAGE, "the conversation; the last turn is answered; with the answer it must fit into the context", MOST_TURNS),
        "max_tokens": _whole("length of the answer at most, in tokens", 1, MOST_TOKENS),
        "max_completion_tokens": _whole("the same, by its newer name", 1, MOST_TOKENS),
        "logprobs": _flag("give the log-probability of each token"),
        "top_logprobs": _whole("and those of so many likeliest tokens", 0, MOST_TOP_LOGPROBS),
        "response_format": FORMAT,
        **SAMPLING,
    },
    "model",
    "messages",
)
COMPLETION = _object(
    {
        "model": MODEL,
        "prompt": {"anyOf": [_text("what comes before"), TOKENS, _list(_text("what comes before"), "several prompts", MOST_TEXTS)]},
        "max_tokens": _whole("length of the answer at most, in tokens", 1, MOST_TOKENS, 16),
        "logprobs": _whole("give the log-probabilities of so many likeliest tokens", 0, MOST_TOP_LOGPROBS),
        **SAMPLING,
    },
    "model",
    "prompt",
)
EMBEDDING = _object(
    {
        "model": MODEL,
        "input": {
            "anyOf": [
                _text("a text", shortest=1),
                TOKENS,
                _list(_text("a text", shortest=1), "texts", MOST_TEXTS),
                _list(TOKENS, "token ids", MOST_TEXTS),
            ]
        },
        "encoding_format": {"type": ["string", "null"], "enum": ["float", "base64", None], "description": "how the numbers are written"},
        "user": SAMPLING["user"],
    },
    "model",
    "input",
)
TOKENIZE = _object({"content": _text("what to cut into tokens"), "add_special": _flag("with the token that begins a text")}, "content")
DETOKENIZE = _object({"tokens": _list(TOKEN, "token ids", MOST_TOKENS, 0)}, "tokens")

ERROR = _object(
    {"error": _object({name: {"type": ["string", "null"]} for name in ("message", "type", "param", "code")}, "message", "type", "param", "code")},
    "error",
)
_COUNT = {"type": "integer", "minimum": 0}
_ID = {"id": {"type": "string"}, "object": {"type": "string"}, "created": _COUNT, "model": {"type": "string"}}
USAGE = _object(dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), _COUNT), "prompt_tokens", "total_tokens")
FINISH = {"type": ["string", "null"], "enum": ["stop", "length", None]}
_LOGPROBS = {"type": ["object", "null"]}
CHAT_CHOICE = _object(
    {
        "index": _COUNT,
        "message": _object({"role": {"type": "string"}, "content": {"type": "string"}, "refusal": {"type": "null"}}, "role", "content"),
        "logprobs": _LOGPROBS,
        "finish_reason": FINISH,
    },
    "index",
    "message",
    "finish_reason",
)
TEXT_CHOICE = _object(
    {"index": _COUNT, "text": {"type": "string"}, "logprobs": _LOGPROBS, "finish_reason": FINISH}, "index", "text", "logprobs", "finish_reason"
)
CHAT_ANSWER = _object({**_ID, "choices": {"type": "array", "items": CHAT_CHOICE}, "usage": USAGE}, *_ID, "choices", "usage")
COMPLETION_ANSWER = _object({**_ID, "choices": {"type": "array", "items": TEXT_CHOICE}, "usage": USAGE}, *_ID, "choices", "usage")
VECTOR = _object(
    {"object": {"type": "string"}, "index": _COUNT, "embedding": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string"}]}},
    "object",
    "index",
    "embedding",
)
EMBEDDING_ANSWER = _object(
    {"object": {"type": "string"}, "model": {"type": "string"}, "data": {"type": "array", "items": VECTOR}, "usage": USAGE}, "object", "data", "usage"
)
MODEL_ANSWER = _object({**{name: _ID[name] for name in ("id", "object", "created")}, "owned_by": {"type": "string"}}, "id", "object", "created")
MODELS_ANSWER = _object({"object": {"type": "string"}, "data": {"type": "array", "items": MODEL_ANSWER}}, "object", "data")
TOKENIZE_ANSWER = _object({"tokens": {"type": "array", "items": TOKEN}}, "tokens")
DETOKENIZE_ANSWER = _object({"content": {"type": "string"}}, "content")
STATUS_ANSWER = _object(
    {
        "status": {"type": "string"},
        "content_kept_days": {"type": "integer", "minimum": 1, "description": "where content is kept"},
    },
    "status",
)
