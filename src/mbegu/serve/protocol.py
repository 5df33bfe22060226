"""uvicorn's HTTP with limits that it lacks: time for a request's head and to read an answer, and connections in all and of one address."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol


def bounded_protocol(header_s: float, write_s: float, connections: int, connections_per_address: int) -> type[H11Protocol]:
    """Return a protocol for uvicorn.

    Args:
        header_s: a connection without a whole request head after this time is closed, also between two requests.
        write_s: so is one whose client has read nothing of what waits for it in this time. Who reads slowly is waited for.
        connections: how many may be open; one more is closed at once.
        connections_per_address: how many of one address.
    """
    of_address: Counter[str] = Counter()

    class BoundedProtocol(H11Protocol):
        """One connection."""

        address = ""
        watch: asyncio.TimerHandle | None = None  # until a head is whole
        unread: asyncio.TimerHandle | None = None  # while an answer is not read
        unsent_bytes = 0  # when that began

        def connection_made(self, transport: Any) -> None:
            """Count the connection, or close it."""
            super().connection_made(transport)
            self.address = self.client[0] if self.client else ""
            of_address[self.address] += 1
            if len(self.connections) > connections or of_address[self.address] > connections_per_address:
                transport.abort()
                return
            self._expect_head()

        def connection_lost(self, exc: Exception | None) -> None:
            """Count it off."""
            super().connection_lost(exc)
            of_address[self.address] -= 1
            if of_address[self.address] <= 0:
                del of_address[self.address]
            self._stop_watch()
            self._stop_unread()

        def data_received(self, data: bytes) -> None:
            """Stop the clock when a head is whole."""
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._stop_watch()

        def on_response_complete(self) -> None:
            """Start it again for the next request."""
            super().on_response_complete()
            self._expect_head()

        def pause_writing(self) -> None:
            """Start the clock of an answer that is not read."""
            super().pause_writing()
            self._expect_reading()

        def resume_writing(self) -> None:
            """Stop it: enough was read."""
            super().resume_writing()
            self._stop_unread()

        def _expect_head(self) -> None:
            self._stop_watch()
            self.watch = self.loop.call_later(header_s, self._close_slow)

        def _stop_watch(self) -> None:
            if self.watch is not None:
                self.watch.cancel()
                self.watch = None

        def _close_slow(self) -> None:
            if self.cycle is not None and not self.cycle.response_complete:
                return
            if self.unread is not None:  # the answer before is long, and is still being read
                self._expect_head()
            elif self.transport.get_write_buffer_size():  # or its end is
                self.watch = self.loop.call_later(write_s, self.transport.abort)
            else:
                self.transport.abort()

        def _expect_reading(self) -> None:
            self._stop_unread()
            self.unsent_bytes = self.transport.get_write_buffer_size()
            self.unread = self.loop.call_later(write_s, self._close_unread)

        def _stop_unread(self) -> None:
            if self.unread is not None:
                self.unread.cancel()
                self.unread = None

        def _close_unread(self) -> None:
            if self.transport.get_write_buffer_size() < self.unsent_bytes:
                self._expect_reading()
                return
            cast("dict[str, Any]", self.scope)["mbegu.end"] = "not read"
            self.transport.abort()

    return BoundedProtocol
