"""Claim: the shape of the lines alone, without any name, calls no running prose a wrong kind of text.

    PYTHONPATH=src python bench/report_shapes.py --data DIR

DIR holds the development data (see its README). For each set below the first 2 MB are looked at; one row says the shares of lines that begin
with a number, a time or speech, end in a question mark, or hold marks of chat, and the kind that ``infer`` names.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mbegu.core.report import format_table
from mbegu.corpus.report.domains import infer, structure

SETS = ("raw-text", "topic-news/masakhanews", "noisy/somali-wikipedia", "stories/african-storybook", "sentiment/afrisenti", "agriculture")
SUFFIXES = (".txt", ".tsv", ".md", ".stm")
PAPERS = ("licence", "readme", "labels")
MOST_BYTES = 2_000_000


def folders(data: Path) -> Iterator[Path]:
    for name in SETS:
        for path in sorted((data / name).rglob("*")):
            if path.is_dir() and any(
                each.is_file() and each.suffix in SUFFIXES and not each.name.lower().startswith(PAPERS) for each in path.iterdir()
            ):
                yield path


def lines_in(folder: Path) -> Iterator[str]:
    size = 0
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in SUFFIXES and not path.name.lower().startswith(PAPERS):
            whole = path.read_text(encoding="utf-8", errors="replace")
            # Of a table the longest field is the text, as the readers of the corpus take it.
            rows = csv.reader(io.StringIO(whole), delimiter="\t") if path.suffix == ".tsv" else ()
            texts = [max(row, key=len) for row in rows if row] if path.suffix == ".tsv" else whole.splitlines()
            for text in texts:
                size += len(text)
                if size > MOST_BYTES:
                    return
                if text.strip():
                    yield text.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    rows = []
    for folder in folders(arguments.data):
        found = structure(islice(lines_in(folder), 20_000))
        shares = (found.verse, found.time, found.speech, found.turn, found.question, found.message)
        rows.append((folder.relative_to(arguments.data).as_posix(), found.lines, *(round(share, 3) for share in shares), infer(found)))
    print(format_table(("folder", "lines", "number", "time", "speech", "turn", "question", "chat", "kind"), rows))


if __name__ == "__main__":
    main()
