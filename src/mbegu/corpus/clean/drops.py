"""What was dropped: source, line, reason, detail and all of the text, so that it can be brought back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbegu.core import durable
from mbegu.corpus.clean.hiding import Hiding
from mbegu.corpus.findings import Findings

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[str, int, str, str, str]
FLUSH_ROWS = 20_000
FLUSH_BYTES = 8_000_000


def drop_schema() -> pa.Schema:
    """Return the columns of a file of what was dropped. ``line`` is 0 where it was the whole document."""
    import pyarrow as pa

    return pa.schema([("source", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("detail", pa.string()), ("text", pa.large_string())])


class Drops:
    """Collects what is dropped and counts it."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = defaultdict(lambda: {"documents": 0, "lines": 0, "bytes": 0})
        self._rows: list[Row] = []
        self._held_bytes = 0
        self._writer: Any = None

    def add(self, source: str, line: int, reason: str, detail: str, text: str) -> None:
        """Keep something that was dropped; ``line`` 0 is a whole document."""
        size = len(text.encode("utf-8", "replace"))
        self._rows.append((source, line, reason, detail, text))
        self._held_bytes += size
        count = self.counts[reason]
        count["lines" if line else "documents"] += 1
        count["bytes"] += size
        if self._writer and (len(self._rows) >= FLUSH_ROWS or self._held_bytes >= FLUSH_BYTES):
            self._flush()

    @contextmanager
    def into(self, path: Path) -> Iterator[None]:
        """Write the rows to a Parquet file durably: those that are held and all that are added meanwhile, some megabytes at a time."""
        import pyarrow.parquet as pq

        with durable.replace_file(path) as file, pq.ParquetWriter(file, drop_schema(), compression="zstd") as writer:
            self._writer = writer
            yield
            self._flush()
            self._writer = None

    def write(self, path: Path) -> None:
        """Write the rows that are held durably."""
        with self.into(path):
            pass

    def _flush(self) -> None:
        import pyarrow as pa

        if not self._rows:
            return
        columns: list[Any] = [list(column) for column in zip(*self._rows, strict=True)]
        columns[-1] = [text.encode("utf-8", "replace").decode("utf-8") for text in columns[-1]]
        schema = drop_schema()
        arrays = [pa.array(column, type=kind.type) for column, kind in zip(columns, schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=FLUSH_ROWS)
        self._rows, self._held_bytes = [], 0


class ReadingFindings(Findings):
    """Findings of reading that keep all of what was left out, not only how it began, but for what is hidden.

    ``place`` gives the place in the whole file of one in the slice that is read.
    """

    def __init__(self, drops: Drops, hiding: Hiding) -> None:
        super().__init__()
        self._drops = drops
        self._hiding = hiding
        self.place: Callable[[str], str] = str

    def drop(self, source: str, reason: str, detail: str = "", text: str = "", *, size_bytes: int | None = None) -> None:
        """Hand it to the drops with its place in the whole file, and count it as reading does."""
        super().drop(self.place(source), reason, detail, text, size_bytes=size_bytes)

    def record(self, source: str, reason: str, detail: str, text: str, *, size_bytes: int | None = None) -> None:
        """Hand it to the drops, and count it as reading does."""
        detail, text = self._hiding.remark(detail), self._hiding.remark(text)
        self._drops.add(source, 0, reason, detail, text)
        super().record(source, reason, detail, text, size_bytes=size_bytes)
        self.drops.clear()

    def note(self, source: str, text: str) -> None:
        """Keep a remark without what is hidden."""
        super().note(source, self._hiding.remark(text))
