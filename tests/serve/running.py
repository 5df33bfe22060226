"""A server that runs in a thread of the test, with a tiny model, and a raw connection to it."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file, save_file
from starlette.routing import BaseRoute
from tests import tiny_model

from mbegu.release.gguf import About, read_model_folder, write_gguf
from mbegu.serve.app import make_app
from mbegu.serve.content_log import ContentLog
from mbegu.serve.engine import Engine
from mbegu.serve.limits import FairQueue
from mbegu.serve.logs import RequestLog
from mbegu.serve.pairing import Devices
from mbegu.serve.run import Server, hosts_of, listen, make_server
from mbegu.serve.settings import ServeSettings
from mbegu.tokenizer.bpe import SPECIAL_TOKENS

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
CONTEXT = 1024


def make_gguf(folder: Path, template: str = "", context: int = CONTEXT, name: str = "ìwé", never_ends: bool = False, **shape: int) -> Path:
    """Write a tiny model of random weights; with a template it says that it converses. One that never ends avoids the marks that end a text."""
    model = tiny_model.make_model_folder(folder / f"{name}-model", **shape)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    (model / "config.json").write_text(json.dumps({**config, "max_position_embeddings": context}), encoding="utf-8")
    if never_ends:
        tensors = load_file(model / "model.safetensors")
        tensors["model.embed_tokens.weight"][: len(SPECIAL_TOKENS)] = 0  # tied with the output: their logits are 0, below the likeliest
        save_file(tensors, model / "model.safetensors", metadata={"format": "pt"})
    if template:
        (model / "chat_template.jinja").write_text(template, encoding="utf-8")
    path = folder / f"{name}.gguf"
    write_gguf(read_model_folder(model), path, "F16", About("tiny"))
    return path


@dataclass
class Running:
    """A running server and what the tests look at."""

    port: int
    engine: Engine | None
    queue: FairQueue
    server: Server
    log: io.StringIO
    devices: Devices | None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def metric(self, name: str) -> float:
        """Return one number of /metrics."""
        text = self.ask("GET", "/metrics")[2].decode()
        return float(next(line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name + " ")))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send one request as raw HTTP and return status, headers and body. An empty header is left out."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"host": f"127.0.0.1:{self.port}", "connection": "close", **({"content-type": "application/json"} if data else {})}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        if data or method == "POST":
            given.setdefault("content-length", str(len(data)))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
        return parse(self.raw(head.encode("latin-1") + b"\r\n" + data))

    def raw(self, data: bytes, timeout_s: float = 30) -> bytes:
        """Send bytes and return everything until the server closes."""
        with self.connect(timeout_s) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
            found = b""
            with contextlib.suppress(ConnectionError):
                while part := connection.recv(65536):
                    found += part
            return found

    def connect(self, timeout_s: float = 30) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
        """Send JSON and return status and JSON."""
        status, _, data = self.ask("POST", path, body, **headers)
        return status, json.loads(data)

    def start_post(self, path: str, body: dict[str, Any]) -> socket.socket:
        """Send a request and return the connection without reading."""
        data = json.dumps(body).encode()
        connection = self.connect()
        head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        connection.sendall(head.encode() + data)
        return connection


def parse(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Split an HTTP answer; a chunked body is put together."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        whole = b""
        while body:
            size, _, rest = body.partition(b"\r\n")
            whole, body = whole + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        body = whole
    return int(first.split()[1]) if first else 0, headers, body


@contextlib.contextmanager
def running(
    engine: Engine | None,
    settings: ServeSettings,
    devices: Devices | None = None,
    page: Path | None = None,
    more_routes: Callable[[FairQueue], Sequence[BaseRoute]] = lambda _: (),
    content: ContentLog | None = None,
) -> Iterator[Running]:
    """Run a server while the block runs; it must end by itself afterwards."""
    opened = listen(settings)
    port = opened.getsockname()[1]
    queue = FairQueue(settings.slots, settings.waiting, settings.waiting_per_client)
    log = io.StringIO()
    hosts = hosts_of(port, [])
    more = more_routes(queue)
    app = make_app(engine, queue, settings, hosts, devices=devices, log=RequestLog(log), page=page, more_routes=more, content=content)
    server = make_server(app, queue, settings)
    thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield Running(port, engine, queue, server, log, devices)
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


def wait_until(holds: Any, timeout_s: float = 20) -> float:
    """Wait until a condition holds and return how long that took, in s."""
    began_s = time.monotonic()
    while not holds():
        assert time.monotonic() - began_s < timeout_s, "it did not come true"
        time.sleep(0.005)
    return time.monotonic() - began_s
