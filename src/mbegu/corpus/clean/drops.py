"""What was dropped: source, line, reason, detail and all of the text, so that it can be brought back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbegu.core import durable
from mbegu.corpus.clean.hiding import Hiding
from mbegu.corpus.findings import Findings

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[str, int, str, str, str]
FLUSH_ROWS = 20_000


def drop_schema() -> pa.Schema:
    """Return the columns of a file of what was dropped. ``line`` is 0 where it was the whole document."""
    import pyarrow as pa

    return pa.schema([("source", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("detail", pa.string()), ("text", pa.large_string())])


class Drops:
    """Collects what is dropped and counts it."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.counts: dict[str, dict[str, int]] = defaultdict(lambda: {"documents": 0, "lines": 0, "bytes": 0})

    def add(self, source: str, line: int, reason: str, detail: str, text: str) -> None:
        """Keep something that was dropped; ``line`` 0 is a whole document."""
        self.rows.append((source, line, reason, detail, text))
        count = self.counts[reason]
        count["lines" if line else "documents"] += 1
        count["bytes"] += len(text.encode("utf-8", "replace"))

    def write(self, path: Path) -> None:
        """Write the rows durably."""
        write_drops(path, self.rows)


def write_drops(path: Path, rows: Sequence[Row]) -> None:
    """Write rows of what was dropped to a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = drop_schema()
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in schema]
    columns[-1] = [text.encode("utf-8", "replace").decode("utf-8") for text in columns[-1]]
    table = pa.Table.from_arrays([pa.array(column, type=kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)
    with durable.replace_file(path) as file:
        pq.write_table(table, file, compression="zstd", row_group_size=FLUSH_ROWS)


class ReadingFindings(Findings):
    """Findings of reading that keep all of what was left out, not only how it began, but for what is hidden."""

    def __init__(self, drops: Drops, hiding: Hiding) -> None:
        super().__init__()
        self._drops = drops
        self._hiding = hiding

    def drop(self, source: str, reason: str, detail: str = "", text: str = "", *, size_bytes: int | None = None) -> None:
        """Hand it to the drops, and count it as reading does."""
        detail, text = map(self._hiding.remark, self.told(source, detail, text))
        self._drops.add(source, 0, reason, detail, text)
        super().drop(source, reason, detail, text, size_bytes=size_bytes)
        self.drops.clear()

    def note(self, source: str, text: str) -> None:
        """Keep a remark without what is hidden."""
        super().note(source, self._hiding.remark(text))
