"""Claim: chosen rules together run at 30 MB a processor second and more where they change fewer than 5,000 places in a megabyte, and all comes back.

    python bench/rewrite_speed.py --data DIR

DIR is the folder of development data. Each row is a set of rules that someone would choose for the language, on all of its text as one
document, after a first use on a little of it (reading the rules costs 0.1 s once). It ends with an error when a text does not come back
exactly or is not NFC.
"""

from __future__ import annotations

import argparse
import sys
import time
import unicodedata
from pathlib import Path

from mbegu.corpus.rewrite import Rewriter, mark_consistency, restore

SETS = {
    "Yoruba": ("raw-text/yor", ["vertical-line-below", "line-below-as-dot", "latin-lookalikes", "doubled-marks", "mark-after-space", "soft-hyphens"]),
    "Yoruba, clean": ("raw-text/yor/lacuna-news", ["vertical-line-below", "line-below-as-dot", "latin-lookalikes", "doubled-marks", "soft-hyphens"]),
    "Hausa": ("raw-text/hau", ["hausa-hook-after", "hausa-y-of-niger", "glottal-stop-as-apostrophe", "latin-lookalikes", "soft-hyphens"]),
    "Amharic": ("raw-text/amh", ["ethiopic-full-stop", "ethiopic-word-space", "ethiopic-comma", "soft-hyphens", "no-break-spaces"]),
    "Amharic homophones": ("raw-text/amh", ["ethiopic-full-stop", "ethiopic-homophones"]),
    "Somali": ("topic-news/masakhanews/som", ["glottal-stop-as-apostrophe", "latin-lookalikes"]),
    "Twi": ("raw-text/twi", ["african-reference-letters", "latin-lookalikes"]),
    "Burmese and others": ("parallel/ntrex-128", ["burmese-medial-order", "burmese-zero-for-wa", "zero-width-space-once"]),
    "no rule": ("raw-text/yor", []),
}


def main() -> None:
    """Print one row a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    data = parser.parse_args().data
    if not data.is_dir():
        sys.exit(f"no such folder: {data}")
    for name, (folder, rules) in SETS.items():
        paths = sorted(
            path for path in (data / folder).rglob("*.t*") if path.suffix in (".txt", ".tsv") and not path.name.upper().startswith("LICEN")
        )
        text = unicodedata.normalize("NFC", "".join(path.read_text(encoding="utf-8", errors="replace") for path in paths))
        rewriter = Rewriter(rules)
        rewriter.apply(text[:20_000])
        began_s = time.process_time()
        made = rewriter.apply(text)
        seconds = max(time.process_time() - began_s, 1e-9)
        if restore(made.text, made.edits) != text or not unicodedata.is_normalized("NFC", made.text):
            sys.exit(f"{name}: the text does not come back")
        megabytes = len(text.encode()) / 1e6
        print(f"{name:20} {len(rules)} rules, {megabytes:4.1f} MB, {len(made.edits):6} changes, {min(megabytes / seconds, 9999):6.0f} MB/s")
        if name == "Yoruba":
            began_s = time.process_time()
            mark_consistency([("all", text)])
            print(f"{'mark consistency':20} {megabytes / (time.process_time() - began_s):.0f} MB/s")


if __name__ == "__main__":
    main()
