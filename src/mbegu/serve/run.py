"""Runs the server until it is asked to stop; then what runs is finished and nothing new is taken."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from mbegu.core.errors import ResourceError
from mbegu.serve.limits import FairQueue
from mbegu.serve.protocol import bounded_protocol
from mbegu.serve.settings import ServeSettings

LARGEST_HEAD_BYTES = 16_384
BACKLOG = 256
SEND_BUFFER_BYTES = 1 << 17  # of a connection; with more, answers that nobody reads would pile up in the system


class Server(uvicorn.Server):
    """uvicorn that tells the queue first when it stops, and ends quietly after Ctrl-C."""

    def __init__(self, config: uvicorn.Config, queue: FairQueue) -> None:
        super().__init__(config)
        self._queue = queue

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Send those who wait away, and finish what runs."""
        self._queue.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at Ctrl-C or the system's request; at once when it comes twice."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [signal.SIGINT, signal.SIGTERM]
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, *_: Any) -> None:
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


def make_server(app: ASGIApp, queue: FairQueue, settings: ServeSettings) -> Server:
    """Return the server of an application; ``run`` it with the sockets of ``listen``."""
    protocol = bounded_protocol(settings.header_s, settings.write_s, settings.connections, settings.connections_per_address)
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
        timeout_keep_alive=max(1, int(settings.header_s)),
        timeout_graceful_shutdown=int(settings.stop_s),
        backlog=BACKLOG,
    )
    return Server(config, queue)


def listen(settings: ServeSettings) -> socket.socket:
    """Open the port: of this computer alone, or with ``lan`` of all its networks. Raises ``ResourceError`` when it is taken."""
    host = "0.0.0.0" if settings.lan else "127.0.0.1"  # noqa: S104  asked for by name, and then only for paired devices
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        opened.bind((host, settings.port))
        opened.listen(BACKLOG)  # who comes while the model is opened waits and is answered
    except OSError as error:
        opened.close()
        what = f"port {settings.port} cannot be opened: {error.strerror or error}"
        raise ResourceError(what, fix="stop the program that uses it, or choose another with --port") from error
    return opened


def hosts_of(port: int, addresses: list[str]) -> list[str]:
    """Return the names under which the server may be asked for, each with its port."""
    names = ["localhost", "127.0.0.1", "[::1]", *addresses]
    return [f"{name}:{port}" for name in names] + (names if port == 80 else [])


def own_addresses() -> list[str]:
    """Return the IPv4 addresses of this computer on its networks. Nothing is sent."""
    import psutil

    found = [each.address for card in psutil.net_if_addrs().values() for each in card if each.family == socket.AF_INET]
    return sorted({address for address in found if not address.startswith("127.")}, key=lambda each: (not each.startswith("192.168."), each))
