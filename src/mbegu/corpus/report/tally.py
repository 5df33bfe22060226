"""The first look at the documents: how many, how large, from where, whose, under which licence, in which languages. No text is held."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mbegu.core.errors import DamageError
from mbegu.corpus.source import file_of

# Names of files that are kept apart; in a corpus of more files than these, the folder stands for the rest of them.
MOST_FILES = 50_000
ROWS_AT_ONCE = 1024


@dataclass
class Tally:
    """Bytes, and documents where it says so, by what the documents carry with them.

    ``languages`` has the bytes of each language: by line where the documents say so, otherwise by the language that each document is
    filed under. ``mixed`` is the number of documents with passages in more than one language and their bytes, ``None`` when nothing
    was looked for. ``given_domains`` has the bytes by file and by the domain that someone gave. ``suspects`` has documents and bytes by
    the sign that a machine may have written or translated them.
    """

    documents: int = 0
    bytes: int = 0
    characters: int = 0
    files: Counter[str] = field(default_factory=Counter)
    file_documents: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    contributors: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    given_domains: dict[str, Counter[str]] = field(default_factory=dict)
    mixed_documents: int = 0
    mixed_bytes: int = 0
    lines_identified: bool = False
    suspects: dict[str, tuple[int, int]] = field(default_factory=dict)


def tally(paths: Sequence[Path]) -> Tally:
    """Count the documents of some files.

    Args:
        paths: files that ``write_documents`` wrote.

    Raises:
        DamageError: one is not such a file.
    """
    counted = Tally()
    for path in paths:
        for row in _rows(path):
            _add(counted, row)
    return counted


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield all but the texts, of which the size in bytes and in characters is taken."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                texts = batch.column("text")
                sizes = pc.binary_length(texts).to_pylist()
                lengths = pc.utf8_length(texts).to_pylist()
                rows = batch.select(["language", "source", "licence", "contributor", "meta"]).to_pylist()
                for row, size, length in zip(rows, sizes, lengths, strict=True):
                    yield {**row, "meta": dict(row["meta"] or ()), "bytes": size or 0, "characters": length or 0}
    except (OSError, pa.ArrowException, KeyError, TypeError) as error:
        raise DamageError(f"not a file of documents: {error}", path) from error


def _add(counted: Tally, row: dict[str, Any]) -> None:
    size: int = row["bytes"]
    meta: dict[str, str] = row["meta"]
    file = file_of(row["source"] or "")
    if file not in counted.files and len(counted.files) >= MOST_FILES:
        file = file.rpartition("/")[0] or "…"
    counted.documents += 1
    counted.bytes += size
    counted.characters += row["characters"]
    counted.files[file] += size
    counted.file_documents[file] += 1
    counted.licences[row["licence"] or "unknown"] += size
    counted.contributors[row["contributor"] or ""] += size
    shares = _shares(meta.get("languages", ""))
    counted.lines_identified |= bool(shares)
    for language, share in (shares or {row["language"] or "und": 1.0}).items():
        counted.languages[language] += round(size * share)
    if meta.get("spans"):
        counted.mixed_documents += 1
        counted.mixed_bytes += size
    for sign in (meta.get("suspect") or "").split(", "):
        if sign:
            before = counted.suspects.get(sign, (0, 0))
            counted.suspects[sign] = (before[0] + 1, before[1] + size)
    if meta.get("domain"):
        counted.given_domains.setdefault(file, Counter())[meta["domain"]] += size


def _shares(text: str) -> dict[str, float]:
    """Return the share of each language as JSON gives it, or nothing where it does not."""
    if not text:
        return {}
    try:
        shares = {str(name): float(share) for name, share in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
    total = sum(share for share in shares.values() if share > 0)
    return {name: share / total for name, share in shares.items() if share > 0} if 0 < total < float("inf") else {}
