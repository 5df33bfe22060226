"""Claim: `mbegu corpus clean` reads every dataset of the development data without an error; documents and bytes in, kept, dropped by reason.

    python bench/clean_all.py --data DIR --out FOLDER [--only PREFIX]

DIR is the folder of datasets with their MANIFEST.tsv. A dataset is a folder that has files of its own in the manifest at the depth that
the data's README names (raw-text/yor/lacuna-news, noisy/somali-wikipedia). Writes FOLDER/table.md and one cleaned folder a dataset.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import traceback
from pathlib import Path
from typing import Any

from mbegu.core.errors import MbeguError
from mbegu.core.report import Say
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings

LANGUAGES = {"agriculture": "wol", "noisy/igbo": "ibo", "noisy/somali": "som", "noisy/yoruba": "yor"}


def datasets(data: Path) -> list[str]:
    """Return the folders of all datasets below ``data``."""
    found = set()
    for line in (data / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        parts = line.split("\t")[0].split("/")
        found.add("/".join(parts[: 3 if parts[0] == "raw-text" else 2]))
    return sorted(found)


def language_of(name: str) -> str:
    """Return the language to clean a dataset as; ``mul`` datasets are given one that they hold."""
    if name.startswith("raw-text/"):
        return name.split("/")[1]
    return next((code for prefix, code in LANGUAGES.items() if name.startswith(prefix)), "swa")


def clean_one(data: Path, name: str, out: Path) -> dict[str, Any]:
    """Clean one dataset and return its facts, or the error."""
    began_s = time.process_time()
    try:
        facts = clean(CleanSettings(paths=(str(data / name),), language=language_of(name)), out, Say(io.StringIO(), quiet=True))
    except MbeguError as error:
        return {"error": error.one_line()}
    except Exception:  # a defect: the table shows it
        return {"error": traceback.format_exc().splitlines()[-1]}
    return facts | {"processor_s": time.process_time() - began_s}


def row(name: str, facts: dict[str, Any]) -> str:
    """Return one row of the table."""
    if "error" in facts:
        return f"| {name} | error: {facts['error']} | | | | |"
    dropped = ", ".join(
        f"{reason} {n['documents'] or ''}{'+' if n['documents'] and n['lines'] else ''}{str(n['lines']) + ' l' if n['lines'] else ''}"
        for reason, n in facts["dropped"].items()
    )
    return (
        f"| {name} | {facts['documents_in']:,} | {facts['bytes_in']:,} | {facts['documents_kept']:,} | {facts['bytes_kept']:,} "
        f"({100 * facts['bytes_kept'] / max(1, facts['bytes_in']):.0f} %) | {dropped} |"
    )


def main() -> None:
    """Clean all and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    lines = ["| dataset | documents in | bytes in | documents kept | bytes kept | dropped (documents + lines) |", "|---|---:|---:|---:|---:|---|"]
    bytes_in = processor_s = 0.0
    for name in datasets(options.data):
        if not name.startswith(options.only):
            continue
        facts = clean_one(options.data, name, options.out / name.replace("/", "-"))
        bytes_in += facts.get("bytes_in", 0)
        processor_s += facts.get("processor_s", 0)
        lines.append(row(name, facts))
        print(lines[-1], flush=True)
        for problem in facts.get("problems", [])[:3]:
            print("    not read:", json.dumps(problem, ensure_ascii=False), flush=True)
    lines.append(
        f"\n{bytes_in / 1e6:.1f} MB of text in {processor_s:.1f} processor seconds: {bytes_in / 1e6 / max(processor_s, 1e-9):.1f} MB per CPU-second"
    )
    print(lines[-1])
    (options.out / "table.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
