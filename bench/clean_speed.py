"""Claim: the whole chain of `mbegu corpus clean`, its report included, works in under 1 GB of memory and at 20 times datatrove's speed.

The goal is 5 MB per CPU-second; LOG.md tells what was measured.

    python bench/clean_speed.py --data DIR --scratch FOLDER [--megabytes 1000] [--workers 1 2] [--peer PYTHON --peer-megabytes 10]

The input is made from the development data by repeating and perturbing it (seeded): documents of about 3 kB as JSON lines, of which
one in ten is an exact copy of an earlier one, three in ten a near copy (2 % of the words exchanged), and the rest have a third of their
words exchanged. The same chain for both: read, normalise, identify languages (where the installation has identification), repetition
filters, exact and MinHash duplicates. datatrove runs on the first ``--peer-megabytes`` of it, because it is slow: reading JSON lines
by the json module, Gopher repetition filter, MinHash signatures. What it does not do here and Mbegu does: languages, exact duplicates, comparing the
signatures, repeated lines and passages, noise, papers, writing what is kept and dropped, the report. Its start-up (one short text) is taken off.
Processor time is that of the process and its children; each contender runs in
a process of its own. Pin it (``taskset -c 0``) on a shared machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TEXTS = (
    "raw-text/yor",
    "raw-text/hau",
    "raw-text/swa",
    "raw-text/ibo",
    "raw-text/amh",
    "raw-text/zul",
    "raw-text/wol",
    "raw-text/nya",
    "raw-text/kin",
)
DOCUMENT_BYTES = 3_000
EXACT, NEAR = 0.1, 0.4
NEAR_WORDS, FAR_WORDS = 0.02, 0.33

PEER = """
import json, sys
from pathlib import Path
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import GopherRepetitionFilter
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
folder, out, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
def read(data=None, rank=0, world_size=1):
    for path in sorted(Path(folder).glob("*.jsonl"))[rank::world_size]:
        for number, line in enumerate(path.open(encoding="utf-8")):
            yield Document(text=json.loads(line)["text"], id=f"{path.name}/{number}")
steps = [read, GopherRepetitionFilter(language="yo"), MinhashDedupSignature(out + "/sig", MinhashConfig(), language="yo")]
LocalPipelineExecutor(steps, tasks=workers, workers=workers, logging_dir=out + "/logs").run()
"""


def documents(data: Path) -> list[list[str]]:
    """Return the shared text as documents of about 3 kB, as words."""
    found: list[list[str]] = []
    for folder in TEXTS:
        for path in sorted((data / folder).rglob("*.txt")):
            held: list[str] = []
            size = 0
            if path.name.startswith(("LICENCE", "README")):
                continue
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                held += [*line.split(" "), "\n"]
                size += len(line.encode("utf-8"))
                if size > DOCUMENT_BYTES:
                    found.append(held)
                    held, size = [], 0
    return found


def perturbed(data: Path, seed: int = 1) -> Iterator[str]:
    """Yield documents without end."""
    texts, chance = documents(data), random.Random(seed)
    words = [word for text in texts[::7] for word in text if word != "\n"]
    for text in texts:
        yield " ".join(text).replace(" \n ", "\n")
    while True:
        text, kind = chance.choice(texts), chance.random()
        if kind < EXACT:
            yield " ".join(text).replace(" \n ", "\n")
            continue
        share = NEAR_WORDS if kind < NEAR else FAR_WORDS
        copy = [word if word == "\n" or chance.random() >= share else chance.choice(words) for word in text]
        yield " ".join(copy).replace(" \n ", "\n")


def write_input(data: Path, folder: Path, megabytes: float, files: int = 1) -> int:
    """Write the input as JSON lines; return its bytes of text."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    size, source = 0, perturbed(data)
    for number in range(files):
        with open(folder / f"part-{number}.jsonl", "w", encoding="utf-8") as file:
            while size < megabytes * 1e6 * (number + 1) / files:
                text = next(source)
                size += len(text.encode("utf-8"))
                file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    return size


def children() -> tuple[float, int]:
    """Return the processor seconds of all children that have ended, and the most memory that one of them held, in bytes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def run(command: list[str], size: int, label: str, timeout_s: float | None = None, startup_s: float = 0.0) -> float:
    """Run one contender, print a row and return its processor seconds; ``startup_s`` of them are taken off."""
    before, _ = children()
    began_s = time.monotonic()
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8", timeout=timeout_s)
        ended = "" if done.returncode == 0 else f" ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
        out = done.stdout
    except subprocess.TimeoutExpired:
        ended, out = f" not ended after {timeout_s} s", ""
    seconds, peak = children()
    seconds -= before + startup_s
    facts = json.loads(out) if out.startswith("{") else {}
    peak = facts.get("peak_memory_bytes", peak)
    print(
        f"{label:34s} {size / 1e6:8.1f} MB {seconds:8.1f} CPU-s {time.monotonic() - began_s:8.1f} s {size / 1e6 / seconds:8.2f} MB/CPU-s "
        f"{peak / 1e6:7.0f} MB peak{ended}",
        flush=True,
    )
    if "documents_kept" in facts:
        print("   ", {name: facts[name] for name in ("documents_in", "documents_kept", "duplicates")}, flush=True)
    return seconds


def peer_startup(options: argparse.Namespace, workers: int) -> float:
    """Return the processor seconds that the peer takes for one short text: its imports and its first loading of word lists."""
    folder, out = options.scratch / "one", options.scratch / "peer-one"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "part-0.jsonl").write_text(json.dumps({"text": "ọmọ lọ sí ọjà. " * 20}, ensure_ascii=False) + "\n", encoding="utf-8")
    return run([options.peer, "-c", PEER, str(folder), str(out), str(workers)], 1000, "datatrove, start-up alone", options.peer_timeout_s)


def main() -> None:
    """Make the input and run the contenders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--megabytes", type=float, default=1000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--identifier", default="", help="model of taught languages; without it only what needs no teaching is named")
    parser.add_argument("--peer", default="", help="Python of an environment with datatrove")
    parser.add_argument("--peer-megabytes", type=float, default=10)
    parser.add_argument("--peer-timeout-s", type=float, default=1800)
    options = parser.parse_args()
    size = write_input(options.data, options.scratch / "in", options.megabytes)
    for workers in options.workers:
        out = options.scratch / f"out-{workers}"
        shutil.rmtree(out, ignore_errors=True)
        command = [sys.executable, "-m", "mbegu", "corpus", "clean", str(options.scratch / "in"), "--out", str(out), "--language", "yor"]
        command += ["--identifier", options.identifier] if options.identifier else []
        run([*command, "--workers", str(workers), "--json", "-q"], size, f"mbegu, {workers} worker(s)")
    if options.peer:
        for workers in options.workers:
            small = write_input(options.data, options.scratch / "small", options.peer_megabytes, workers)
            out = options.scratch / "peer"
            shutil.rmtree(out, ignore_errors=True)
            command = [options.peer, "-c", PEER, str(options.scratch / "small"), str(out), str(workers)]
            startup_s = peer_startup(options, workers)
            run(command, small, f"datatrove, {workers} worker(s)", options.peer_timeout_s, startup_s)
    print(f"on {os.cpu_count()} cores; memory of several workers: the parent and as much for each worker as the largest held")


if __name__ == "__main__":
    main()
