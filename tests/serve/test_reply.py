"""Who leaves is answered no longer, at whatever moment; who does not read, neither; and what was written for it is let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from mbegu.serve.reply import DisconnectedError, EventStream, while_connected

MOST = 2_000


class Client:
    """A client that leaves after its third event, noticed some turns of the loop later; or one that reads nothing."""

    def __init__(self, turns: int = 0, reads: bool = True) -> None:
        self.sent = 0
        self.turns = turns
        self.reads = reads
        self.left = asyncio.Event()

    async def send(self, message: Any) -> None:
        self.sent += message["type"] == "http.response.body"
        if self.sent == 3:
            self.left.set()
        if not self.reads and self.sent:
            await asyncio.sleep(60)

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        for _ in range(self.turns):
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}


class Source:
    """What the events are made from; it knows whether it was closed."""

    def __init__(self) -> None:
        self.is_closed = False

    async def parts(self) -> AsyncGenerator[bytes, None]:
        try:
            for _ in range(MOST):
                yield b"data: {}"
                await asyncio.sleep(0)
        finally:
            self.is_closed = True


async def events(parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for part in parts:
        yield part


@pytest.mark.parametrize("turns", range(12))
def test_who_leaves_is_sent_nothing_more(turns: int) -> None:
    async def work() -> None:
        client, source = Client(turns), Source()
        parts = source.parts()
        with pytest.raises(DisconnectedError):
            await EventStream(events(parts), parts, 60.0)({}, client.receive, client.send)
        assert client.sent < 50
        assert source.is_closed

    asyncio.run(work())


def test_who_does_not_read_is_left() -> None:
    async def work() -> None:
        client, source, scope = Client(reads=False), Source(), {}
        parts = source.parts()
        with pytest.raises(DisconnectedError):
            await EventStream(events(parts), parts, 0.05)(scope, client.receive, client.send)
        assert scope == {"mbegu.end": "not read"}
        assert source.is_closed

    asyncio.run(work())


def test_what_nobody_began_to_read_is_let_go_too() -> None:
    async def work() -> None:
        source = Source()
        parts = source.parts()
        await anext(parts)

        async def never(_: Any) -> None:
            raise OSError("the connection is gone")

        with pytest.raises(OSError, match="gone"):
            await EventStream(events(parts), parts, 1.0)({}, Client().receive, never)
        assert source.is_closed

    asyncio.run(work())


def test_an_end_is_an_end_though_the_client_leaves_in_the_same_moment() -> None:
    async def work() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def answer() -> str:
            return "done"

        assert await while_connected(receive, answer()) == "done"

    asyncio.run(work())
