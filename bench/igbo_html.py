"""The Igbo web tables, read from end to end, against their known answer.

    python bench/igbo_html.py --data DIR

DIR holds `noisy/igbo-html-tables/igbosentences.html` (a page with a table of numbered sentences) and `raw-text/ibo/lacuna-news/ibo.txt` (the
same sentences, one a line). The page is read by the reader that `mbegu` uses, with no filter after it. Claim: at least 98 % of the
sentences come out exactly (in NFC), and at most 1 % of the lines that come out are none of them. Ends with exit code 1 where the claim fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from mbegu.corpus.files import open_file
from mbegu.corpus.findings import Findings
from mbegu.corpus.normalise import normalise
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Context
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source

PAGE = "noisy/igbo-html-tables/igbosentences.html"
ANSWER = "raw-text/ibo/lacuna-news/ibo.txt"
MIN_FOUND_SHARE = 0.98
MAX_JUNK_SHARE = 0.01


def read_lines(path: Path) -> list[str]:
    """Return the lines of a file as its reader gives them, in NFC, blank ones left out."""
    source = Source(path.name, path.stat().st_size, partial(open_file, path))
    texts = ["".join(raw.chunks) for raw in read_source(source, Context(CorpusSettings(), Findings(), language="ibo_Latn"))]
    return [line.strip() for text in texts for line in normalise(text).text.splitlines() if line.strip()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    wanted = set(read_lines(data / ANSWER))
    start = time.process_time()
    lines = read_lines(data / PAGE)
    seconds = time.process_time() - start
    found = len(wanted.intersection(lines)) / len(wanted)
    junk = [line for line in lines if line not in wanted]
    print(f"{len(wanted):,} sentences wanted, {found:.2%} found exactly; {len(lines):,} lines came out, {len(junk) / len(lines):.3%} of them junk")
    print(f"{(data / PAGE).stat().st_size / seconds / 1e6:.1f} MB per second of processor time")
    for line in junk[:5]:
        print("  junk:", line[:100])
    return 0 if found >= MIN_FOUND_SHARE and len(junk) <= MAX_JUNK_SHARE * len(lines) else 1


if __name__ == "__main__":
    sys.exit(main())
