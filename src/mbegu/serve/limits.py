"""Who may use the engine now: a fixed number of slots, an exact limit of those who wait, and turns by client."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mbegu.serve.errors import ApiError

SHORTEST_RETRY_S = 1
LONGEST_RETRY_S = 60
NEWEST_WEIGHT = 0.2  # of the last answer in the running mean of how long one takes


class FairQueue:
    """Gives slots to requests, one client after the other; within a client, first come first served.

    Used from one event loop only.

    Args:
        slots: how many run at the same time.
        waiting: how many may wait; 0: none.
        waiting_per_client: how many of these one client may have.
    """

    def __init__(self, slots: int, waiting: int, waiting_per_client: int) -> None:
        self.slots = slots
        self.running = 0
        self.refused = 0
        self._most = waiting
        self._most_per_client = waiting_per_client
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._mean_s = 1.0
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._lines.values()))

    @property
    def is_closed(self) -> bool:
        """Whether the server is stopping."""
        return self._is_closed

    def require_room(self, client: str) -> None:
        """Raise ``ApiError`` 429 when a request of this client would be refused now, 503 when the server stops."""
        if self._is_closed:
            raise ApiError(503, "the server is stopping", code="stopping", headers={"Retry-After": "5", "Connection": "close"})
        if self.running < self.slots:
            return
        of_client = len(self._lines.get(client, ()))
        if self.waiting >= self._most:
            what = f"{self.running} requests run and {self.waiting} wait, which is the limit"
        elif of_client >= self._most_per_client:
            what = f"{of_client} of your requests wait, which is the limit for one client"
        else:
            return
        self.refused += 1
        raise ApiError(429, f"{what}: try again later", code="queue_full", headers={"Retry-After": str(self.retry_after_s())})

    def retry_after_s(self) -> int:
        """Return in how many seconds there is likely to be room: the time in which a round of answers ends."""
        expected = self._mean_s * (self.waiting + 1) / self.slots
        return min(max(math.ceil(expected), SHORTEST_RETRY_S), LONGEST_RETRY_S)

    @asynccontextmanager
    async def slot(self, client: str, goes_on: bool = False) -> AsyncIterator[None]:
        """Wait for a slot and hold it. Raises as ``require_room``.

        Args:
            client: whose it is.
            goes_on: it is for the next part of a request that was let in before: that waits for its turn, but there is always room for it.
        """
        if not goes_on:
            self.require_room(client)
        if self.running < self.slots:
            self.running += 1
        else:
            await self._wait(client)
        began_s = time.monotonic()
        try:
            yield
        finally:
            self._mean_s += NEWEST_WEIGHT * (time.monotonic() - began_s - self._mean_s)
            self._pass_on()

    def close(self) -> None:
        """Refuse those who wait and those who come; those who run go on."""
        self._is_closed = True
        for line in self._lines.values():
            for place in line:
                if not place.done():
                    place.set_exception(ApiError(503, "the server is stopping", code="stopping", headers={"Retry-After": "5"}))
        self._lines.clear()

    async def _wait(self, client: str) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._pass_on()  # the slot came in the same moment as the client left
            else:
                self._leave_line(client, place)
            raise

    def _leave_line(self, client: str, place: asyncio.Future[None]) -> None:
        line = self._lines.get(client)
        if line and place in line:
            line.remove(place)
            if not line:
                del self._lines[client]

    def _pass_on(self) -> None:
        """Hand a slot that became free to the client whose turn it is."""
        while self._lines:
            client, line = self._lines.popitem(last=False)
            place = line.popleft()
            if line:
                self._lines[client] = line
            if not place.done():
                place.set_result(None)
                return
        self.running -= 1
