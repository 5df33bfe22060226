"""Claim: the whole chain of `mbegu corpus clean`, its report included, works in under 1 GB of memory and at 50 times datatrove's speed.

The goal is 5 MB per CPU-second; LOG.md tells what was measured.

    python bench/clean_speed.py --data DIR --scratch FOLDER [--megabytes 1000] [--workers 1 2] [--peer PYTHON --peer-megabytes 10]
        [--ray-megabytes 50]

The input is made from the development data by repeating and perturbing it (seeded): documents of about 3 kB as JSON lines, of which
one in ten is an exact copy of an earlier one, three in ten are near copies (2 % of the words exchanged), and the rest have a third of their words
exchanged. Processor time is that of the process and its children; each contender runs in a process of its own. Pin it
(``taskset -c 0``) on a shared machine; the wall clock is only what was seen.

datatrove runs on the first ``--peer-megabytes`` of it, because it is slow, and so does Mbegu once more. Its chain, each stage its own: JSON lines
reader, Gopher repetition and quality filters, exact duplicates (signatures, find, filter), MinHash (signatures, buckets, cluster, filter), JSON
lines writer. Its language filters need a model that has to be downloaded, so it names no languages. Gopher's limits are for English, so
they are set to drop hardly anything: the later stages then see as much text as Mbegu's. What Mbegu does on top of that cannot all be
switched off and is on: languages of each line, repeated lines and passages, noise, papers, what is dropped with its reasons, the report.
The start-up of both (one document) is measured and taken off.

With ``--ray-megabytes`` so much of the input is cleaned by Ray too, and both results are compared row for row.
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
import sys
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.exact_dedup import ExactDedupConfig, ExactDedupFilter, ExactDedupSignature, ExactFindDedups
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
folder, out, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
def run(name, tasks, *steps):
    LocalPipelineExecutor(list(steps), tasks=tasks, workers=min(workers, tasks), logging_dir=f"{out}/logs/{name}").run()
def read(name):
    return JsonlReader(f"{out}/{name}")
config, exact = MinhashConfig(), ExactDedupConfig(content_getter=lambda document: document.text.encode())
off = dict.fromkeys(("min_doc_words", "min_avg_word_length", "max_avg_word_length", "max_non_alpha_words_ratio", "min_stop_words"))
quality = GopherQualityFilter(language="yo", **off)
run("filter", workers, JsonlReader(folder), GopherRepetitionFilter(language="yo"), quality, JsonlWriter(f"{out}/1"))
run("exact1", workers, read(1), ExactDedupSignature(f"{out}/exact", exact, finder_workers=workers))
run("exact2", workers, ExactFindDedups(f"{out}/exact", f"{out}/exact-found", exact))
run("exact3", workers, read(1), ExactDedupFilter(f"{out}/exact-found", exact), JsonlWriter(f"{out}/2"))
run("near1", workers, read(2), MinhashDedupSignature(f"{out}/sig", config, language="yo"))
run("near2", config.num_buckets, MinhashDedupBuckets(f"{out}/sig", f"{out}/buckets", config=config))
run("near3", 1, MinhashDedupCluster(f"{out}/buckets", f"{out}/remove", config=config))
run("near4", workers, read(2), MinhashDedupFilter(f"{out}/remove"), JsonlWriter(f"{out}/3"))
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
        share, copy = NEAR_WORDS if kind < NEAR else FAR_WORDS, list(text)
        places = chance.choices(range(len(copy)), k=round(share * len(copy)))
        for place, word in zip(places, chance.choices(words, k=len(places)), strict=True):
            copy[place] = word if copy[place] != "\n" else "\n"
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


def one_text(data: Path, scratch: Path) -> Path:
    """Return a folder with one document, which no filter drops: what a contender takes for it is its start-up."""
    folder = scratch / "one"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "part-0.jsonl").write_text(json.dumps({"text": next(perturbed(data))}, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def ours(folder: Path, out: Path, workers: int, options: argparse.Namespace, engine: str = "local") -> list[str]:
    """Return our command, for a folder that is not there yet."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "mbegu", "corpus", "clean", str(folder), "--out", str(out), "--language", "yor", "--engine", engine]
    command += ["--identifier", options.identifier] if options.identifier else []
    return [*command, "--workers", str(workers), "--json", "-q"]


def against_peer(options: argparse.Namespace, workers: int) -> None:
    """Run both on the same small input, with the start-up of each taken off, and print how many times as fast ours is."""
    size = write_input(options.data, options.scratch / "small", options.peer_megabytes, workers)
    taken_s = []
    for name in ("mbegu", "datatrove"):
        out = options.scratch / name
        seconds = 0.0
        for folder, label, of in (
            (one_text(options.data, options.scratch), "start-up, one document", 3000),
            (options.scratch / "small", f"{workers} worker(s)", size),
        ):
            command = ours(folder, out, workers, options) if name == "mbegu" else [options.peer, "-c", PEER, str(folder), str(out), str(workers)]
            shutil.rmtree(out, ignore_errors=True)
            seconds = run(command, of, f"{name}, {label}", options.peer_timeout_s, seconds)
        taken_s.append(seconds)
    print(f"on the same {size / 1e6:.1f} MB, {workers} worker(s): {taken_s[1] / taken_s[0]:.1f} times as fast", flush=True)


def beside_ray(options: argparse.Namespace) -> None:
    """Clean the same by both engines, and compare what they wrote row for row."""
    import pyarrow.parquet as pq

    size = write_input(options.data, options.scratch / "ray-in", options.ray_megabytes, 2)
    outs = {engine: options.scratch / f"out-{engine}" for engine in ("local", "ray")}
    for engine, out in outs.items():
        run(ours(options.scratch / "ray-in", out, 2, options, engine), size, f"mbegu, engine {engine}, 2 workers")
    for name in ("kept.parquet", "dropped.parquet"):
        local, ray = (pq.read_table(out / name) for out in outs.values())
        print(f"{name}: {local.num_rows:,} rows, {'equal' if local.equals(ray) else 'NOT EQUAL'} row for row", flush=True)


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
    parser.add_argument("--ray-megabytes", type=float, default=0, help="how much to clean by Ray too; 0: none")
    options = parser.parse_args()
    if options.workers and options.megabytes:
        size = write_input(options.data, options.scratch / "in", options.megabytes)
        for workers in options.workers:
            run(ours(options.scratch / "in", options.scratch / f"out-{workers}", workers, options), size, f"mbegu, {workers} worker(s)")
    for workers in options.workers if options.peer else ():
        against_peer(options, workers)
    if options.ray_megabytes:
        beside_ray(options)
    print(f"on {os.cpu_count()} cores; memory of several workers: the parent and as much for each worker as the largest held")


if __name__ == "__main__":
    main()
