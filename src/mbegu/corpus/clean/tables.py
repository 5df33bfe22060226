"""Documents between the two passes: a Parquet file a part, with the number of each line; and what a person brought back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mbegu.core import durable
from mbegu.core.documents import Document, document_schema
from mbegu.corpus.filters.batch import Batch
from mbegu.corpus.keys import Counts
from mbegu.corpus.source import file_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Kept:
    """What was brought back by hand: whole reasons, and places as (source or file, line); line 0 stands for all of it."""

    reasons: frozenset[str] = frozenset()
    places: frozenset[tuple[str, int]] = frozenset()

    def has(self, source: str, line: int, reason: str = "") -> bool:
        """Whether what is dropped there, for that reason, was brought back."""
        if not self.reasons and not self.places:
            return False
        file = file_of(source)
        return reason in self.reasons or any(place in self.places for place in ((source, line), (source, 0), (file, line), (file, 0)))


def batch_schema() -> pa.Schema:
    """Return the columns: those of documents, the numbers of lines, the letters that were read, and how much the document repeats itself."""
    import pyarrow as pa

    own = [pa.field("line_numbers", pa.list_(pa.int64())), pa.field("letters_in", pa.int64()), pa.field("repeated", pa.float64())]
    return pa.schema([*document_schema(), *own])


class DocumentTable:
    """Writes the documents of a part, a batch at a time."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self._schema = batch_schema()
        self._replacing = durable.replace_file(path)
        self._writer: Any = None
        self._pq = pq
        self.rows = 0

    def __enter__(self) -> DocumentTable:
        file = self._replacing.__enter__()
        self._writer = self._pq.ParquetWriter(file, self._schema, compression="lz4", use_dictionary=False, write_statistics=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._writer.close()
        self._replacing.__exit__(kind, error, trace)

    def add(self, batch: Batch, documents: Sequence[Document], numbers: Sequence[int], letters_in: Counts, repeated: npt.NDArray[np.float64]) -> None:
        """Write a batch as one row group: the lines of the batch, one number each, are the texts of the documents."""
        import pyarrow as pa

        offsets = np.searchsorted(batch.owner, np.arange(batch.documents + 1))
        bounds = offsets.tolist()
        texts = ["\n".join(batch.lines[bounds[i] : bounds[i + 1]]) for i in range(batch.documents)]
        columns: list[Any] = [
            pa.array([document.id for document in documents], pa.string()),
            pa.array(texts, pa.large_string()),
            *(
                pa.array([getattr(document, name) for document in documents], pa.string())
                for name in ("language", "source", "licence", "contributor")
            ),
            pa.array([sorted(document.meta.items()) for document in documents], self._schema.field("meta").type),
            pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(numbers, pa.int64())),
            pa.array(letters_in, pa.int64()),
            pa.array(repeated, pa.float64()),
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self.rows += batch.documents


@dataclass(frozen=True)
class ReadBatch:
    """A batch read back: documents, and for each the numbers of its lines, its letters at first, and how much it repeats itself [documents]."""

    documents: list[Document]
    line_numbers: list[list[int]]
    letters_in: Counts
    repeated: npt.NDArray[np.float64]


def read_batches(path: Path) -> Iterator[ReadBatch]:
    """Yield what ``DocumentTable`` wrote, a batch at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            columns = file.read_row_group(group).to_pydict()
            numbers, letters, repeated = columns.pop("line_numbers"), columns.pop("letters_in"), columns.pop("repeated")
            names = list(columns)
            rows = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
            documents = [Document(**{**row, "meta": dict(row["meta"])}) for row in rows]
            yield ReadBatch(documents, numbers, np.array(letters, dtype=np.int64), np.array(repeated, dtype=np.float64))
