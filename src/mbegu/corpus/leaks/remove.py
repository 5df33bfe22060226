"""Writes a training text without the test items that stand in it, and what was taken out beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mbegu.core import durable
from mbegu.core.documents import Document, write_documents
from mbegu.core.errors import UsageError
from mbegu.corpus.leaks.find import KEPT, LeakSearch, without_leaks

DROPPED = "dropped.parquet"
REASON = "test item"
ROWS_AT_ONCE = 5_000


@dataclass
class Written:
    """What was written: documents kept, and pieces and documents taken out."""

    kept: int = 0
    pieces: int = 0
    whole_documents: int = 0


def write_without_leaks(documents: Iterable[Document], leaks: LeakSearch, out: Path) -> Written:
    """Search a training text and write what is left into a new folder.

    Args:
        documents: the training text, read once.
        leaks: the search; its reports are complete afterwards.
        out: the folder; gets kept.parquet, and dropped.parquet with the reason "test item".

    Raises:
        UsageError: the folder holds files already.
        ResourceError: the disk is full or refuses.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("this folder is not empty", out, "name another with --out")
    schema = pa.schema([("source", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("detail", pa.string()), ("text", pa.large_string())])
    written = Written()
    rows: list[dict[str, object]] = []
    with durable.replace_file(out / DROPPED) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:

        def rest() -> Iterator[Document]:
            for document, matches in leaks.through(documents):
                left, removed = without_leaks(document, matches, [leaks.item_place(match) for match in matches])
                for each in removed:
                    detail = f"{each.kind}: {each.item}"
                    rows.append({"source": each.source, "line": each.line, "reason": REASON, "detail": detail, "text": each.text})
                if len(rows) >= ROWS_AT_ONCE:
                    writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                    rows.clear()
                written.pieces += len(removed)
                written.whole_documents += left is None
                if left is not None:
                    yield left

        written.kept = write_documents(out / KEPT, rest())
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return written
