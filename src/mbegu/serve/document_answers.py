"""Answers from documents behind the server: the same limits, the same slots of the engine, the same shape of errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any

import anyio.from_thread
from starlette.requests import Request
from starlette.types import Receive

from mbegu.serve.body import read_json
from mbegu.serve.document_fields import QUESTION
from mbegu.serve.engine import Engine, Job
from mbegu.serve.errors import ApiError
from mbegu.serve.limits import FairQueue
from mbegu.serve.reply import while_connected
from mbegu.serve.settings import ServeSettings

# Of the request whose question was read last in this task; the thread that answers it has a copy, and so can tell who asks and when it leaves.
_asker: ContextVar[tuple[Receive, str]] = ContextVar("asker")


class SlotChat:
    """The engine as ``mbegu.serve.documents`` wants it: asked from a thread of its own, it waits for a slot as every request does,
    in the line of the client that asks.

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
            DisconnectedError: the client left; the engine was stopped.
        """
        receive, client = _asker.get()
        try:
            return [anyio.from_thread.run(while_connected, receive, self._write(client, turns, n_tokens, temperature, seed))]
        except ApiError as error:
            if error.status in (429, 503):
                raise
            return []

    async def _write(self, client: str, turns: Sequence[tuple[str, str]], n_tokens: int, temperature: float, seed: int) -> str:
        prompt = await self._engine.chat_tokens(turns)
        length = self._engine.require_fit(prompt, None, "question", n_tokens)
        async with self._queue.slot(client), aclosing(self._engine.generate(Job(prompt, length, temperature, seed=seed))) as pieces:
            return "".join([piece.text async for piece in pieces])


def question_reader(settings: ServeSettings) -> Callable[[Request], Awaitable[dict[str, Any]]]:
    """Return what reads a question within the server's limits."""

    async def read(request: Request) -> dict[str, Any]:
        body = await read_json(request, QUESTION, settings)
        _asker.set((request.receive, str(request.scope.get("mbegu.client", "unknown"))))
        return body

    return read
