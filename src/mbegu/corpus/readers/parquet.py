"""Parquet tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mbegu.corpus.findings import DAMAGED, ReadError
from mbegu.corpus.readers.columns import LOOKED_AT_ROWS, choose_column
from mbegu.corpus.readers.context import Context
from mbegu.corpus.source import RawText, Source

ROWS_AT_ONCE = 256


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the text cell of each row, some rows at a time.

    Raises:
        ReadError: it is no sound Parquet file or has no text column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with source.seekable(context.settings.max_file_bytes) as stream:
        try:
            with pq.ParquetFile(stream) as file:
                column = _column(file, source, context)
                number = 0
                for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=[column]):
                    for value in batch.column(0).to_pylist():
                        number += 1
                        yield RawText(source.name, str(number), [value or ""])
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise ReadError(DAMAGED, f"not a sound Parquet file: {error}") from error


def _column(file: Any, source: Source, context: Context) -> str:
    import pyarrow as pa

    def is_text(kind: Any) -> bool:
        inner = kind.value_type if pa.types.is_dictionary(kind) else kind
        return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))

    names = [field.name for field in file.schema_arrow if is_text(field.type)]
    first = next(file.iter_batches(batch_size=LOOKED_AT_ROWS, columns=names), None) if names else None
    cells = {name: [value or "" for value in first.column(name).to_pylist()] if first is not None else [] for name in names}
    return choose_column(cells, source.name, context)
