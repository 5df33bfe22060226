"""Random drops and keeps of every language, to be judged by reading, and the table that the judgements give; used by ``clean_all.py``."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mbegu.corpus.keys import letters_and_marks
from mbegu.corpus.readers.languages import main_code

COLUMNS = ("language", "kind", "drops", "dataset", "source", "line", "reason", "detail", "also_kept", "text", "right")
LEAST_DROPS = 20
MOST_CHARACTERS = 600
Row = dict[str, Any]
_CODE = re.compile(r"[a-z]{2,3}(?:[_-][A-Za-z]{2,4})?")


def language_of_source(source: str, known: set[str]) -> str:
    """Return the language that a file's ending, its folders or else its name say, as the data writes them; ``und`` where they say nothing."""
    *folders, name = source.split("#", 1)[0].split("!", 1)[0].split("/")
    ending = main_code(name.rpartition(".")[2])
    if ending in known:
        return ending
    for folder in reversed(folders):
        if _CODE.fullmatch(folder) and main_code(folder) in known:
            return main_code(folder)
    parts = [main_code(part) for part in reversed(re.split(r"[._-]", name)) if 2 <= len(part) <= 3 and part not in ("txt", "tsv", "xml", "tmx")]
    return next((part for part in parts if part in known), parts[0] if parts else "und")


def write_samples(out: Path, file: Path, seed: int, each: int, language_of: Callable[[str, str], str]) -> None:
    """Draw drops and kept lines of each language that has enough drops, and write them to a CSV file with an empty column ``right``.

    Args:
        out: the folder with a cleaned folder a dataset.
        file: to write to, outside the repository: it holds the text.
        seed: of the draws.
        each: how many drops and how many keeps of a language.
        language_of: gives the language of a file from the name of its dataset's folder and its own.
    """
    draw = random.Random(seed)
    drops, keeps = _Draws(each, draw), _Draws(each, draw)
    for folder in sorted(path.parent for path in out.glob("*/kept.parquet")):
        kept_lines: set[str] = set()
        for row in _kept(folder, language_of):
            keeps.add(row)
            kept_lines.add(letters_and_marks(row["text"]))
        for row in _dropped(folder, language_of):
            drops.add(row | {"also_kept": letters_and_marks(row["text"]) in kept_lines})
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for language in sorted(drops.seen):
            if drops.seen[language] >= LEAST_DROPS:
                for kind, draws in (("drop", drops), ("keep", keeps)):
                    for row in draws.rows[language]:
                        writer.writerow({**dict.fromkeys(COLUMNS, ""), **row, "kind": kind, "drops": drops.seen[language]})


def table(file: Path) -> str:
    """Return the table of a CSV file whose column ``right`` was filled in with 1 or 0. Raises ``ValueError`` where one is neither."""
    judged: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    with file.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            if row["right"] not in ("0", "1"):
                raise ValueError(f"row {number}: right is {row['right']!r}, not 0 or 1")
            own = judged[row["language"]]
            own["drops"] = int(row["drops"])
            for counter in (own, total):
                counter[row["kind"]] += 1
                counter[row["kind"] + " right"] += int(row["right"])
    lines = ["| language | drops in all | drops right | keeps right |", "|---|---:|---:|---:|"]
    for language, own in sorted(judged.items()):
        lines.append(f"| {language} | {own['drops']:,} | {own['drop right']} of {own['drop']} | {own['keep right']} of {own['keep']} |")
    lines.append(f"| all | | {total['drop right']} of {total['drop']} | {total['keep right']} of {total['keep']} |")
    return "\n".join(lines)


class _Draws:
    """Holds some of the rows of each language, each row as likely as any other."""

    def __init__(self, each: int, draw: random.Random) -> None:
        self._each, self._draw = each, draw
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self.seen: Counter[str] = Counter()

    def add(self, row: Row) -> None:
        own = self.rows[row["language"]]
        self.seen[row["language"]] += 1
        if len(own) < self._each:
            own.append(row)
        elif (place := self._draw.randrange(self.seen[row["language"]])) < self._each:
            own[place] = row


def _kept(folder: Path, language_of: Callable[[str, str], str]) -> Iterator[Row]:
    with pq.ParquetFile(folder / "kept.parquet") as file:
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group, columns=["source", "text"]).to_pylist():
                language = language_of(folder.name, row["source"])
                for line in filter(str.strip, row["text"].split("\n")):
                    yield {"language": language, "dataset": folder.name, "source": row["source"], "text": line[:MOST_CHARACTERS]}


def _dropped(folder: Path, language_of: Callable[[str, str], str]) -> Iterator[Row]:
    """Yield what was dropped, but for files and documents of which nothing is there to judge."""
    with pq.ParquetFile(folder / "dropped.parquet") as file:
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                if row["text"].strip():
                    text = row["text"].strip()[:MOST_CHARACTERS]
                    yield {**row, "text": text, "language": language_of(folder.name, row["source"]), "dataset": folder.name}
