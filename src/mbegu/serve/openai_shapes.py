"""Turns checked requests into jobs, and pieces of answers into the shapes of OpenAI's API."""

from __future__ import annotations

import base64
import json
import secrets
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mbegu.serve.engine import Job, Piece, logprob_of
from mbegu.serve.errors import ApiError
from mbegu.serve.grammar_limits import check_answer_schema

LARGEST_SEED = 2**32 - 2  # the engine takes the next number for "any"


@dataclass(frozen=True)
class Wish:
    """What a request asks for beside its prompt."""

    model: str
    answers: int
    streams: bool
    gives_usage: bool
    n_logprobs: int | None
    max_tokens: int | None
    sampling: dict[str, Any]

    def jobs(self, prompt: Sequence[int], max_tokens: int, lora: int | None) -> list[Job]:
        """Return the answers to be written to one prompt."""
        listed = 0 if self.n_logprobs is None else max(1, self.n_logprobs)
        sampling = {name: value for name, value in self.sampling.items() if name != "seed"}
        seeds = [(self.sampling["seed"] + index) % (LARGEST_SEED + 1) for index in range(self.answers)]
        return [Job(prompt, max_tokens, seed=seed, n_logprobs=listed, lora=lora, **sampling) for seed in seeds]


def read_wish(body: Mapping[str, Any], is_chat: bool) -> Wish:
    """Return what a checked request asks for. Raises ``ApiError`` 400 for a schema that cannot shape an answer."""
    given = {name: value for name, value in body.items() if value is not None}
    stop = given.get("stop", [])
    n_logprobs = given.get("logprobs")
    if is_chat:
        n_logprobs = int(given.get("top_logprobs", 0)) if given.get("logprobs") else None
    seed = given.get("seed")
    sampling = {
        "temperature": float(given.get("temperature", 0.8)),
        "top_p": float(given.get("top_p", 1.0)),
        "seed": int(seed) if seed is not None else secrets.randbelow(LARGEST_SEED),
        "stop": [stop] if isinstance(stop, str) else stop,
        "frequency_penalty": float(given.get("frequency_penalty", 0)),
        "presence_penalty": float(given.get("presence_penalty", 0)),
        "schema": _schema_of(given.get("response_format", {})),
    }
    most = given.get("max_completion_tokens", given.get("max_tokens", None if is_chat else 16))
    gives_usage = bool((given.get("stream_options") or {}).get("include_usage"))
    return Wish(
        given["model"],
        int(given.get("n", 1)),
        bool(given.get("stream")),
        gives_usage,
        None if n_logprobs is None else int(n_logprobs),
        None if most is None else int(most),
        sampling,
    )


def read_turns(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return role and text of each turn of a checked request. Raises ``ApiError`` 400 when the last is not to be answered."""
    turns = []
    for message in body["messages"]:
        content = message["content"]
        text = content if isinstance(content, str) else "".join(part["text"] for part in content)
        turns.append(("system" if message["role"] == "developer" else message["role"], text))
    return turns


def _schema_of(wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
    kind = wanted.get("type", "text")
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": "object"}
    schema: Mapping[str, Any] = wanted["json_schema"]["schema"]
    check_answer_schema(schema)
    return schema


@dataclass
class Answer:
    """One answer as it comes together."""

    text: str = ""
    tokens: int = 0
    finish: str = ""
    logprobs: list[dict[str, Any]] = field(default_factory=list)

    def add(self, piece: Piece) -> None:
        """Put the next piece to it."""
        self.text += piece.text
        self.tokens = max(self.tokens, piece.tokens)
        self.finish = piece.finish
        self.logprobs += piece.logprobs


class Shape:
    """The shape of answers of one endpoint.

    Args:
        wish: what was asked for.
        is_chat: ``chat.completions`` if so, ``completions`` if not.
    """

    def __init__(self, wish: Wish, is_chat: bool) -> None:
        self._wish = wish
        self._is_chat = is_chat
        self._id = ("chatcmpl-" if is_chat else "cmpl-") + secrets.token_hex(12)
        self._created = int(time.time())
        self._begun: set[int] = set()
        self._offsets: dict[int, int] = {}

    def whole(self, answers: Sequence[Answer], usage: Mapping[str, int]) -> dict[str, Any]:
        """Return the body of an answer that is sent at once."""
        choices = []
        for index, answer in enumerate(answers):
            choice: dict[str, Any] = {"index": index, "logprobs": self._logprobs(index, answer.logprobs), "finish_reason": answer.finish}
            if self._is_chat:
                choice["message"] = {"role": "assistant", "content": answer.text, "refusal": None}
            else:
                choice["text"] = answer.text
            choices.append(choice)
        return {**self._head("chat.completion" if self._is_chat else "text_completion"), "choices": choices, "usage": dict(usage)}

    def event(self, index: int, piece: Piece) -> bytes:
        """Return a piece of answer number ``index`` as an event."""
        choice: dict[str, Any] = {"index": index, "finish_reason": piece.finish or None}
        choice["logprobs"] = self._logprobs(index, piece.logprobs) if piece.logprobs else None
        if not self._is_chat:
            choice["text"] = piece.text
        else:
            choice["delta"] = {"content": piece.text} if piece.text else {}
            if index not in self._begun:
                choice["delta"]["role"] = "assistant"
                self._begun.add(index)
        usage = {"usage": None} if self._wish.gives_usage else {}
        return sse({**self._head("chat.completion.chunk" if self._is_chat else "text_completion"), "choices": [choice], **usage})

    def end(self, usage: Mapping[str, int]) -> bytes:
        """Return the last events."""
        head = self._head("chat.completion.chunk" if self._is_chat else "text_completion")
        told = sse({**head, "choices": [], "usage": dict(usage)}) if self._wish.gives_usage else b""
        return told + b"data: [DONE]\n\n"

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._wish.model}

    def _logprobs(self, index: int, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        most = self._wish.n_logprobs
        if most is None:
            return None
        if self._is_chat:
            return {
                "content": [{**_entry(each), "top_logprobs": [_entry(top) for top in each["top_logprobs"][:most]]} for each in found],
                "refusal": None,
            }
        offsets = []
        for each in found:
            offsets.append(self._offsets.get(index, 0))
            self._offsets[index] = offsets[-1] + len(each["token"])
        return {
            "tokens": [each["token"] for each in found],
            "token_logprobs": [logprob_of(each) for each in found],
            "top_logprobs": [{top["token"]: logprob_of(top) for top in each["top_logprobs"][:most]} for each in found],
            "text_offset": offsets,
        }


def _entry(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"token": found["token"], "logprob": logprob_of(found), "bytes": found.get("bytes")}


def sse(body: Mapping[str, Any]) -> bytes:
    """Return an object as one server-sent event."""
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n\n"


def usage_of(prompt_tokens: int, answer_tokens: int) -> dict[str, int]:
    """Return numbers of tokens as OpenAI names them."""
    return {"prompt_tokens": prompt_tokens, "completion_tokens": answer_tokens, "total_tokens": prompt_tokens + answer_tokens}


def vector(numbers: Sequence[float], as_base64: bool) -> list[float] | str:
    """Return an embedding as numbers, or as little-endian float32 in base64."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode("ascii") if as_base64 else list(numbers)


def texts_of(value: Any) -> list[str | list[int]]:
    """Return the prompts that a prompt, or an input, stands for: a text, token ids, or several of one kind."""
    if isinstance(value, str) or (value and isinstance(value[0], (int, float))):
        return [value if isinstance(value, str) else [int(each) for each in value]]
    return [each if isinstance(each, str) else [int(token) for token in each] for each in value]


def require_something(tokens: Sequence[int], param: str) -> None:
    """Raise ``ApiError`` 400 when there is nothing to go on from."""
    if not tokens:
        raise ApiError(400, "it is empty, and this model has no token for the beginning of a text", param, "empty")
