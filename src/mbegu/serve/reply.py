"""Answers a client for as long as it is there: work ends when it leaves, or when it does not read what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")


class DisconnectedError(Exception):
    """The client left; there is nobody to answer."""


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns; cancel it when the client leaves.

    Args:
        receive: of a request whose body was read.
        work: what is done for the client.

    Raises:
        DisconnectedError: the client left first.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise DisconnectedError
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStream(Response):
    """Server-sent events, each sent as it comes.

    Args:
        events: whole events; closed at the end in any case.
        source: what they are made from; closed too, since events that nobody began to ask for do not close it.
        write_s: how long a client may leave one unread.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None], source: AsyncGenerator[Any, None], write_s: float) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._events = events
        self._source = source
        self._write_s = write_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they end, the client leaves, or it reads no more."""

        async def pump() -> None:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for event in self._events:
                body = {"type": "http.response.body", "body": event, "more_body": True}
                with anyio.fail_after(self._write_s):  # asyncio.wait_for of Python 3.11 swallows a cancellation that comes as it ends
                    await send(body)
            await send({"type": "http.response.body", "body": b""})

        try:
            await while_connected(receive, pump())
        except TimeoutError:
            scope["mbegu.end"] = "not read"
            raise DisconnectedError from None
        finally:
            await self._events.aclose()
            await self._source.aclose()
