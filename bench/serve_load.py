"""Many clients at once: nothing lost, 429 exact, health quick, memory bounded, work of clients that leave stopped.

Claims, with 64 clients on two cores and a small model: every request ends as an answer, a 429 or by its client's own leaving; the server
counts as many refusals as the clients do; /health answers within 100 ms at the 99th percentile; memory does not grow; of an answer whose
client left after the first piece no more than some tokens are written.

    python bench/serve_load.py [--minutes 5] [--clients 64] [--model FILE.gguf] [--data DIR]

The server is a process of its own, started by `mbegu serve`. Without --model it gets one of 3 M parameters with random weights.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.serve.running import make_gguf, parse

LONGEST_WAIT_S = 120
HEALTH_EVERY_S = 0.1
MEMORY_EVERY_S = 2.0
TOKENS_OF_ONE_THAT_LEAVES = 500  # asked for; a short rest of them is written


class Load:
    """The clients and what they saw."""

    def __init__(self, host: str, port: int, model: str) -> None:
        self.host, self.port, self.model = host, port, model
        self.ends: Counter[str] = Counter()
        self.whole_tokens = self.stream_tokens = 0
        self.refusal_s: list[float] = []
        self.health_s: list[float] = []

    async def client(self, number: int, until_s: float) -> None:
        """Ask again and again: whole answers, streams, and streams that are left after the first piece."""
        draws = random.Random(number)
        while time.monotonic() < until_s:
            kind = draws.choices(("whole", "stream", "leave"), (5, 3, 2))[0]
            tokens = draws.randint(8, 48) if kind != "leave" else TOKENS_OF_ONE_THAT_LEAVES  # with the longest prompt still within the context
            body = {
                "model": self.model,
                "prompt": f"{draws.random()} ẹ " * draws.randint(1, 12),
                "max_tokens": tokens,
                "seed": draws.randint(0, 9**9),
            }
            began_s = time.monotonic()
            try:
                end, wait_s = await asyncio.wait_for(self.ask(kind, {**body, "stream": kind != "whole"}, f"client-{number}"), LONGEST_WAIT_S)
            except (OSError, asyncio.TimeoutError, TimeoutError, AssertionError, ValueError) as error:
                end, wait_s = f"lost: {type(error).__name__} {error}"[:80], 1.0
            self.ends[end] += 1
            if end == "429":
                self.refusal_s.append(time.monotonic() - began_s)
            await asyncio.sleep(wait_s)

    async def ask(self, kind: str, body: dict[str, object], key: str) -> tuple[str, float]:
        """Return how a request ended and how long to wait before the next."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(self.request("POST", "/v1/completions", json.dumps(body).encode(), key))
            if kind == "leave":
                data = b""
                while b"data: {" not in data and b"\r\n\r\n" not in data.partition(b"HTTP/1.1 429")[2]:
                    part = await reader.read(65536)
                    assert part, "closed before the first piece"
                    data += part
                if b"HTTP/1.1 200" in data:
                    return "left", 0.0
            else:
                data = await reader.read()
                while not reader.at_eof():
                    data += await reader.read()
            status, headers, answer = parse(data)
            if status == 429:
                assert int(headers["retry-after"]) >= 1
                return "429", random.uniform(0.2, 1.0)
            assert status == 200, status
            if kind == "whole":
                self.whole_tokens += json.loads(answer)["usage"]["completion_tokens"]
                return "whole", 0.0
            assert answer.endswith(b"data: [DONE]\n\n"), "a stream without its end"
            self.stream_tokens += int(body["max_tokens"])  # type: ignore[call-overload]  # the model never ends by itself
            return "stream", 0.0
        finally:
            writer.close()

    def request(self, method: str, path: str, body: bytes = b"", key: str = "") -> bytes:
        """Return the bytes of a request."""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        head += f"Content-Type: application/json\r\nAuthorization: Bearer {key}\r\n" if body else ""
        return head.encode() + b"\r\n" + body

    async def get(self, path: str) -> bytes:
        """Return the body of a page."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(self.request("GET", path))
        data = await reader.read()
        writer.close()
        status, _, body = parse(data)
        assert status == 200
        return body

    async def number(self, name: str) -> float:
        """Return a number of /metrics."""
        text = (await self.get("/metrics")).decode()
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])  # type: ignore[index]

    async def watch_health(self, until_s: float) -> None:
        """Time /health over and over."""
        while time.monotonic() < until_s:
            began_s = time.monotonic()
            await self.get("/health")
            self.health_s.append(time.monotonic() - began_s)
            await asyncio.sleep(HEALTH_EVERY_S)

    async def watch_memory(self, until_s: float) -> list[float]:
        """Return the memory of the server every few seconds."""
        found = []
        while time.monotonic() < until_s:
            found.append(await self.number("mbegu_resident_bytes"))
            await asyncio.sleep(MEMORY_EVERY_S)
        return found


async def run(load: Load, clients: int, seconds: float) -> dict[str, object]:
    """Let the clients ask for a time and return what came of it."""
    until_s = time.monotonic() + seconds
    memory, *_ = await asyncio.gather(
        load.watch_memory(until_s), load.watch_health(until_s), *(load.client(each, until_s) for each in range(clients))
    )
    await asyncio.sleep(2)
    counts = {
        name: await load.number(f"mbegu_{name}")
        for name in ("refused_total", "answers_total", "cut_off_total", "answer_tokens_total", "running", "waiting")
    }
    answers = load.ends["whole"] + load.ends["stream"]
    health = sorted(load.health_s)
    per_minute = round(60 / MEMORY_EVERY_S)
    return {
        "ends": dict(load.ends),
        "lost": sum(count for end, count in load.ends.items() if end.startswith("lost")),
        "refusals_agree": counts["refused_total"] == load.ends["429"],
        "answers_agree": counts["answers_total"] == answers and counts["cut_off_total"] == load.ends["left"],
        "left_behind": counts["running"] + counts["waiting"],
        "health_ms": {"p50": percentile_ms(health, 0.5), "p99": percentile_ms(health, 0.99), "n": len(health)},
        "refusal_ms_p99": percentile_ms(sorted(load.refusal_s), 0.99),
        "memory_mb_by_minute": [round(max(memory[begin : begin + per_minute]) / 1e6) for begin in range(0, len(memory), per_minute)],
        "tokens_of_one_that_left": round((counts["answer_tokens_total"] - load.whole_tokens - load.stream_tokens) / max(1, load.ends["left"]), 1),
        "server_counts": counts,
    }


def percentile_ms(values: list[float], share: float) -> float | None:
    """Return a percentile of sorted values in ms."""
    return round(1000 * values[min(len(values) - 1, int(share * len(values)))], 1) if values else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--data", type=Path, help="not needed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.model or make_gguf(Path(folder), name="small", never_ends=True, layers=4)
        command = [sys.executable, "-m", "mbegu", "serve", str(path), "--port", "0", "--threads", "1", "--waiting", "32", "--quiet"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
            assert server.stdout is not None
            place = urlsplit(server.stdout.readline().strip())
            load = Load(place.hostname or "", place.port or 0, path.stem)
            try:
                result = asyncio.run(run(load, arguments.clients, 60 * arguments.minutes))
            finally:
                server.terminate()
            result["exit_code"] = server.wait(90)
        print(json.dumps({"model": path.name, "clients": arguments.clients, "minutes": arguments.minutes, **result}))


if __name__ == "__main__":
    main()
