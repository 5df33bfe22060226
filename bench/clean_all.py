"""Claim: `mbegu corpus clean` reads every dataset of the development data without an error; documents and bytes in, kept, dropped by reason.

    python bench/clean_all.py --data DIR --out FOLDER [--only PREFIX]
    python bench/clean_all.py --data DIR --out FOLDER --samples FILE.csv [--seed 1] [--each 20]
    python bench/clean_all.py --count FILE.csv

DIR is the folder of datasets with their MANIFEST.tsv. A dataset is a folder that has files of its own in the manifest at the depth that
the data's README names (raw-text/yor/lacuna-news, noisy/somali-wikipedia). Writes FOLDER/table.md and one cleaned folder a dataset.
With --samples, random drops and kept lines of each language with 20 and more drops are written to a CSV file, which holds text and so belongs
outside the repository. Somebody reads them, puts 1 or 0 into its column `right` (a drop is right that is no running text worth training on or is
kept elsewhere; a keep is right that is such text), and --count makes the table. A file's language is what its name and folders say.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import traceback
from pathlib import Path
from typing import Any

from clean_samples import language_of_source, table, write_samples
from mbegu.core.errors import MbeguError
from mbegu.core.report import Say
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.readers.languages import main_code

SEVERAL = "swa"  # a dataset of several languages is cleaned as one that it holds
LANGUAGES = {"agriculture": "wol", "noisy/igbo": "ibo", "noisy/somali": "som", "noisy/yoruba": "yor"}


def datasets(data: Path) -> list[str]:
    """Return the folders of all datasets below ``data``."""
    found = set()
    for line in (data / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        parts = line.split("\t")[0].split("/")
        found.add("/".join(parts[: 3 if parts[0] == "raw-text" else 2]))
    return sorted(found)


def own_language_of(name: str) -> str:
    """Return the language of a dataset; nothing where it has several."""
    if name.startswith("raw-text/"):
        return main_code(name.split("/")[1])
    return next((code for prefix, code in LANGUAGES.items() if name.startswith(prefix)), "")


def clean_one(data: Path, name: str, out: Path) -> dict[str, Any]:
    """Clean one dataset and return its facts, or the error."""
    began_s = time.process_time()
    try:
        facts = clean(CleanSettings(paths=(str(data / name),), language=own_language_of(name) or SEVERAL), out, Say(io.StringIO(), quiet=True))
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


def known_languages(data: Path) -> set[str]:
    """Return the languages that folders of the data are named after."""
    paths = [line.split("\t")[0].split("/") for line in (data / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    return {main_code(part) for parts in paths for part in parts[1:-1] if part.isalpha() and len(part) in (2, 3)}


def sample(options: argparse.Namespace) -> None:
    """Write the samples of what was cleaned."""
    known = known_languages(options.data)
    named = {name.replace("/", "-"): own for name in datasets(options.data) if (own := own_language_of(name))}
    write_samples(options.out, options.samples, options.seed, options.each, lambda name, source: named.get(name) or language_of_source(source, known))


def main() -> None:
    """Clean all and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--samples", type=Path, help="write samples of what lies in --out to this CSV file instead of cleaning")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--count", type=Path, help="print the table of a judged CSV file instead of cleaning")
    options = parser.parse_args()
    if options.count:
        print(table(options.count))
    elif options.data is None or options.out is None:
        parser.error("--data and --out are needed")
    elif options.samples:
        sample(options)
    else:
        clean_all(options)


def clean_all(options: argparse.Namespace) -> None:
    """Clean every dataset and write the table."""
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
