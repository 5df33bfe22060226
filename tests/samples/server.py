"""A small HTTP server on this computer that misbehaves on purpose, for the tests of the download."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Behaviour = Callable[["Handler", bytes], None]


@dataclass
class Site:
    """What the server has, what it was asked, and how it behaves: one behaviour a request, then it behaves well."""

    files: dict[str, bytes] = field(default_factory=dict)
    behaviours: list[Behaviour] = field(default_factory=list)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""
    stop_hanging: threading.Event = field(default_factory=threading.Event)

    @property
    def ranges(self) -> list[str | None]:
        return [wanted for _, wanted in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.requests.append((self.path, self.headers.get("Range")))
        data = site.files.get(self.path.removeprefix(site.url))
        if data is None:
            self.send_error(404)
            return
        behaviour = site.behaviours.pop(0) if site.behaviours else well
        behaviour(self, data)

    def wanted_from(self) -> int | None:
        wanted = self.headers.get("Range")
        return int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else None

    def head(self, status: int, **headers: Any) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


def head_for(handler: Handler, data: bytes) -> bytes:
    """Send the head of a proper answer and return the body that it announces."""
    start = handler.wanted_from()
    if start is None:
        handler.head(200, Content_Length=len(data))
        return data
    if start >= len(data):
        handler.head(416, Content_Range=f"bytes */{len(data)}", Content_Length=0)
        return b""
    handler.head(206, Content_Length=len(data) - start, Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
    return data[start:]


def well(handler: Handler, data: bytes) -> None:
    handler.wfile.write(head_for(handler, data))


def cut_after(count: int) -> Behaviour:
    def behave(handler: Handler, data: bytes) -> None:
        handler.wfile.write(head_for(handler, data)[:count])

    return behave


def hang_after(count: int) -> Behaviour:
    def behave(handler: Handler, data: bytes) -> None:
        handler.wfile.write(head_for(handler, data)[:count])
        handler.wfile.flush()
        handler.site.stop_hanging.wait(20)

    return behave


def hang_before_answer(handler: Handler, data: bytes) -> None:
    handler.site.stop_hanging.wait(20)


def ignore_range(handler: Handler, data: bytes) -> None:
    handler.head(200, Content_Length=len(data))
    handler.wfile.write(data)


def without_length(handler: Handler, data: bytes) -> None:
    handler.head(200)
    handler.wfile.write(data)


def other_content(data: bytes, length: bool = True) -> Behaviour:
    def behave(handler: Handler, _: bytes) -> None:
        handler.head(200, **({"Content_Length": len(data)} if length else {}))
        handler.wfile.write(data)

    return behave


def status(code: int, **headers: Any) -> Behaviour:
    def behave(handler: Handler, _: bytes) -> None:
        handler.head(code, Content_Length=0, **headers)

    return behave


def redirect(url: str) -> Behaviour:
    return status(302, Location=url)


def other_range(handler: Handler, data: bytes) -> None:
    handler.head(206, Content_Length=len(data), Content_Range=f"bytes 0-{len(data) - 1}/{len(data)}")
    handler.wfile.write(data)


def serve(site: Site) -> http.server.ThreadingHTTPServer:
    """Start the server on a free port of this computer; the caller shuts it down."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": site}))
    server.daemon_threads = True
    server.block_on_close = False
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
