"""Speaks HTTP with the engine, which listens on this computer only: one connection a request, closed to cancel it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import h11

from mbegu.serve.errors import ApiError, engine_trouble

READ_BYTES = 1 << 16
LONGEST_EVENT_BYTES = 1 << 24  # the list of log-probabilities of a large vocabulary


class EngineClient:
    """Asks the engine.

    Args:
        host: where it listens.
        port: its port.
        key: that it demands, so that no other program on this computer can use it past our limits.
    """

    def __init__(self, host: str, port: int, key: str) -> None:
        self._host = host
        self._port = port
        self._key = key

    async def ask(self, path: str, body: dict[str, Any]) -> Any:
        """Return the engine's answer to a request. Raises ``ApiError`` when it refuses or fails."""
        return json.loads(b"".join([part async for part in self._exchange(path, body)]))

    async def stream(self, path: str, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the events of an answer as they come. Closing the iterator stops the engine's work. Raises as ``ask``."""
        held = b""
        parts = self._exchange(path, body)
        try:
            async for part in parts:
                *events, held = (held + part).split(b"\n\n")
                for event in events:
                    if event.startswith(b"data: {"):
                        yield _require(json.loads(event[6:]))
        finally:
            await parts.aclose()

    async def _exchange(self, path: str, body: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of an answer's body."""
        try:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        except OSError as error:
            raise engine_trouble(str(error.strerror)) from error
        try:
            connection = h11.Connection(h11.CLIENT, LONGEST_EVENT_BYTES)
            writer.write(self._request(connection, path, body))
            await writer.drain()
            status, refusal = 200, b""
            while not isinstance(event := await _next_event(connection, reader), h11.EndOfMessage):
                if isinstance(event, h11.Response):
                    status = event.status_code
                elif isinstance(event, h11.Data):
                    if status == 200:
                        yield bytes(event.data)
                    else:
                        refusal += bytes(event.data)
            if status != 200:
                _require(_refusal(refusal, status))
        finally:
            writer.transport.abort()

    def _request(self, connection: h11.Connection, path: str, body: dict[str, Any]) -> bytes:
        data = json.dumps(body).encode("ascii")
        headers = [("Host", f"{self._host}:{self._port}"), ("Content-Type", "application/json"), ("Content-Length", str(len(data)))]
        head = h11.Request(method="POST", target=path, headers=[*headers, ("Authorization", f"Bearer {self._key}")])
        events: list[h11.Event] = [head, h11.Data(data=data), h11.EndOfMessage()]
        return b"".join(connection.send(event) or b"" for event in events)


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> Any:
    while (event := connection.next_event()) is h11.NEED_DATA:
        try:
            connection.receive_data(await reader.read(READ_BYTES))
        except OSError as error:
            raise engine_trouble(str(error.strerror)) from error
    if isinstance(event, h11.ConnectionClosed):
        raise engine_trouble("it closed the connection")
    return event


def _refusal(data: bytes, status: int) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        return {"error": {"code": status, "message": f"status {status}"}}
    return found if isinstance(found, dict) and "error" in found else {"error": {"code": status, "message": str(found)[:200]}}


def _require(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event; raise it when it is an error."""
    error = event.get("error")
    if error is None:
        return event
    message = str(error.get("message", error) if isinstance(error, dict) else error)[:300]
    if isinstance(error, dict) and error.get("code") == 400:
        raise ApiError(400, f"the engine refuses this request: {message}", code="engine_refused")
    raise engine_trouble(message)
