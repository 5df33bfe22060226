"""A project's model beside 7-Zip's own PPMd (order 12, 1 GB): compressed size of train + held-out less that of train.

Usage: python bench/seven_zip.py PROJECT...   (needs the program 7z)
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from mbegu.core.documents import read_documents
from mbegu.core.report import format_table
from mbegu.core.steps import Project


def compressed_bytes(data: bytes, folder: Path) -> int:
    """Return the size of a .7z file that holds ``data``."""
    source, target = folder / "text", folder / "text.7z"
    source.write_bytes(data)
    target.unlink(missing_ok=True)
    subprocess.run(["7z", "a", "-bso0", "-bsp0", "-m0=PPMd:o=12:mem=1g", str(target), str(source)], check=True)
    return target.stat().st_size


def row(project: Path) -> list[str | float | int]:
    """Return one row of the table for a grown project."""
    corpus = Project(project).grown / "corpus"
    train, heldout = ([d.text.encode() for d in read_documents(corpus / f"{name}.parquet")] for name in ("train", "heldout"))
    before, after = b"".join(t + b"\n" for t in train), b"".join(t + b"\n" for t in heldout)
    with tempfile.TemporaryDirectory() as folder:
        added = compressed_bytes(before + after, Path(folder)) - compressed_bytes(before, Path(folder))
    results = json.loads((Project(project).grown / "evaluate" / "results.json").read_text(encoding="utf-8"))
    model, ngram = results["model"], results["baselines"]["ngram"]
    seven_zip = 8 * added / sum(map(len, heldout))
    interval = f"{model['interval'][0]:.3f} to {model['interval'][1]:.3f}" if model["interval"] else "none"
    gain = f"{100 * (1 - model['bits_per_byte'] / min(seven_zip, ngram['bits_per_byte'])):+.1f} %"
    return [project.name, len(before), sum(map(len, heldout)), model["bits_per_byte"], interval, ngram["bits_per_byte"], seven_zip, gain]


if __name__ == "__main__":
    heads = ("project", "train bytes", "held-out bytes", "model", "95 % interval", "n-gram", "7-Zip PPMd", "fewer bits than the better")
    print(format_table(heads, [row(Path(each)) for each in sys.argv[1:]]))
