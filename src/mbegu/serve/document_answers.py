"""Answers from documents behind the server: the same limits, the same slots of the engine, the same shape of errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import anyio.from_thread
from starlette.requests import Request

from mbegu.serve.body import read_json
from mbegu.serve.engine import Engine, Job
from mbegu.serve.errors import ApiError
from mbegu.serve.limits import FairQueue
from mbegu.serve.settings import ServeSettings

CLIENT = "answers from documents"  # all answers from documents stand in one line for the engine
MOST_QUESTION_CHARACTERS = 20_000
QUESTION = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "minLength": 1, "maxLength": MOST_QUESTION_CHARACTERS},
        "language": {"type": "string", "maxLength": 20},
    },
    "required": ["question"],
    "additionalProperties": False,
}


class SlotChat:
    """The engine as ``mbegu.serve.documents`` wants it: asked from a thread of its own, it waits for a slot as every request does.

    Args:
        engine: the model.
        queue: who may use it when.
    """

    def __init__(self, engine: Engine, queue: FairQueue) -> None:
        self._engine = engine
        self._queue = queue

    @property
    def can_chat(self) -> bool:
        """Whether the model was made for conversation."""
        return self._engine.can_chat

    def chat(self, turns: Sequence[tuple[str, str]], n_tokens: int, temperature: float = 0.0, seed: int = 0) -> Iterable[str]:
        """Write the next turn; call it in a worker thread of the server's loop.

        Nothing when it does not fit into the model's context or the engine fails: the quotation needs no model.

        Raises:
            ApiError: 429 when the queue is full, 503 when the server stops.
        """
        try:
            return [anyio.from_thread.run(self._write, turns, n_tokens, temperature, seed)]
        except ApiError as error:
            if error.status in (429, 503):
                raise
            return []

    async def _write(self, turns: Sequence[tuple[str, str]], n_tokens: int, temperature: float, seed: int) -> str:
        prompt = await self._engine.chat_tokens(turns)
        length = self._engine.require_fit(prompt, None, "question", n_tokens)
        async with self._queue.slot(CLIENT):
            return "".join([piece.text async for piece in self._engine.generate(Job(prompt, length, temperature, seed=seed))])


def question_reader(settings: ServeSettings) -> Callable[[Request], Awaitable[dict[str, Any]]]:
    """Return what reads a question within the server's limits."""

    async def read(request: Request) -> dict[str, Any]:
        return await read_json(request, QUESTION, settings)

    return read
