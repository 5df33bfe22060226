"""What was left out: how much for which reason, and examples from as many sources as there are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mbegu.core.errors import DamageError
from mbegu.corpus.report.masked import masked_excerpt
from mbegu.corpus.report.pairs import Lookup
from mbegu.corpus.source import file_of

EXAMPLES = 3
# Reasons whose details repeat what a community does not want to be read.
SECRET = ("blocked",)
EXAMPLE_CHARACTERS = 240
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Example:
    """Something that was left out: its source, line (0: the whole document), detail and how it begins."""

    source: str
    line: int
    detail: str
    excerpt: str


@dataclass
class Reason:
    """How much was left out for one reason. ``bytes`` is ``None`` where only beginnings of the texts were kept."""

    name: str
    documents: int = 0
    lines: int = 0
    bytes: int | None = 0
    examples: list[Example] = field(default_factory=list)


Chosen = tuple[int, int, Example]  # the hash of its file, its own, and the example


def dropped_reasons(path: Path | None, counted: Mapping[str, Any] | None, lookup: Lookup) -> list[Reason] | None:
    """Gather the reasons, the one with the most bytes first.

    Args:
        path: dropped.parquet, or ``None``.
        counted: the counts that were made while cleaning, which hold where both are there; ``None`` where absent.
        lookup: is shown every text.

    Returns:
        The reasons, or ``None`` when neither file nor counts are there.

    Raises:
        DamageError: the file is not one of what was left out.
    """
    if path is None and counted is None:
        return None
    reasons: dict[str, Reason] = {}
    chosen: dict[str, dict[str, Chosen]] = {}
    for row in _rows(path) if path is not None else ():
        lookup.see(row["text"], f"{row['source']}#{row['line']}" if row["line"] else row["source"])
        reason = reasons.setdefault(row["reason"], Reason(row["reason"]))
        reason.documents += row["line"] == 0
        reason.lines += row["line"] != 0
        reason.bytes = None if reason.bytes is None or row["bytes"] is None else reason.bytes + row["bytes"]
        if (row["text"].strip() or row["detail"]) and row["reason"] not in SECRET:
            _choose(chosen.setdefault(row["reason"], {}), row)
    for name, amounts in (counted or {}).items():
        known = amounts if isinstance(amounts, Mapping) else {}
        reason = reasons.setdefault(name, Reason(name))
        reason.documents, reason.lines = (int(known.get(key, 0)) for key in ("documents", "lines"))
        reason.bytes = int(known["bytes"]) if "bytes" in known else reason.bytes
    for name, examples in chosen.items():
        ranked = sorted(examples.values(), key=lambda each: each[:2])
        reasons[name].examples = [example for _, _, example in ranked[:EXAMPLES]]
    return sorted(reasons.values(), key=lambda each: (-(each.bytes or 0), -each.documents - each.lines, each.name))


def _choose(chosen: dict[str, Chosen], row: Mapping[str, Any]) -> None:
    """Keep one row of each of a few files, by the least hash: a sample that no order of the rows changes."""
    file = file_of(row["source"])
    of_file = chosen[file][0] if file in chosen else _hash(file)
    if file not in chosen and len(chosen) == EXAMPLES and of_file > max(each[0] for each in chosen.values()):
        return
    rank = _hash(f"{row['source']}\0{row['line']}\0{row['text'][:100]}")
    if file in chosen and chosen[file][1] <= rank:
        return
    chosen[file] = (of_file, rank, Example(row["source"], row["line"], row["detail"], masked_excerpt(row["text"], EXAMPLE_CHARACTERS)))
    if len(chosen) > EXAMPLES:
        del chosen[max(chosen, key=lambda name: chosen[name][0])]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield rows with source, line, reason, detail, text and bytes; a project keeps only an ``excerpt``, of which no size is known."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            if not {"source", "reason", "detail"} <= names:
                raise DamageError("not a file of what was left out", path, "run `mbegu corpus clean` again")
            columns = [name for name in ("source", "line", "reason", "detail", "text", "excerpt") if name in names]
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=columns):
                for row in batch.to_pylist():
                    text = row.get("text")
                    yield {
                        "source": row["source"] or "",
                        "line": row.get("line") or 0,
                        "reason": row["reason"] or "",
                        "detail": row["detail"] or "",
                        "text": (text if text is not None else row.get("excerpt")) or "",
                        "bytes": len(text.encode("utf-8", "replace")) if text is not None else None,
                    }
    except (OSError, pa.ArrowException) as error:
        raise DamageError(f"not a file of what was left out: {error}", path) from error
