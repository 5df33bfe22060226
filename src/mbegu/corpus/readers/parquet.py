"""Parquet tables, as many rows at a time as fit in memory: a cell of many megabytes may stand in any number of rows and be stored once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO

from mbegu.core.documents import document_schema
from mbegu.corpus.findings import DAMAGED, ReadError
from mbegu.corpus.readers.columns import LOOKED_AT_ROWS, choose_column
from mbegu.corpus.readers.context import Context, refuse_bomb
from mbegu.corpus.source import RawText, Source

ROWS_AT_ONCE = 256
BATCH_BYTES = 256_000_000  # for the cells of one column; programs store cells once only while they take 1 MB together, so 256 rows of any fit
_HEADER_BYTES = 64
_DICTIONARY_PAGE = 2
# A page begins with its kind and its unpacked size, each a field of Thrift's compact form: its sign, and a number in groups of 7 bits, doubled.
_HEADER = re.compile(rb"\x15([\x80-\xff]{0,4}[\x00-\x7f])\x15([\x80-\xff]{0,4}[\x00-\x7f])")


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield the text cell of each row, or each document of a file of documents.

    Raises:
        ReadError: it is no sound Parquet file, unpacks to more than real text does, or has no text column.
    """
    with open_table(source, context.settings.max_file_bytes) as table:
        if table.file.schema_arrow.equals(document_schema()):
            from mbegu.corpus.readers.documents import given_documents

            yield from given_documents(table, source)
            return
        column = _column(table, source, context)
        for number, (cell,) in enumerate(table.rows((column,)), 1):
            yield RawText(source.name, str(number), [cell or ""])


class Table:
    """An open Parquet file.

    Args:
        file: it, as pyarrow opens it.
        stream: its bytes.
        size_bytes: how many these are.
    """

    def __init__(self, file: Any, stream: BinaryIO, size_bytes: int) -> None:
        self.file = file
        self._stream = stream
        self._size_bytes = size_bytes

    def text_columns(self) -> list[str]:
        """Return the names of the columns of text."""
        return [field.name for field in self.file.schema_arrow if _is_text(field.type)]

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the cells of some columns, a row at a time. Raises ``ReadError`` when they unpack to more than real text does."""
        given_bytes = 0
        for batch in self.file.iter_batches(batch_size=self._rows_at_once(columns), columns=list(columns)):
            cells = [_cells(batch.column(name)) for name in columns]
            given_bytes += batch.num_rows + sum(len(cell) for column in cells for cell in column if cell)
            refuse_bomb(self._size_bytes, given_bytes, "its text")
            yield from zip(*cells, strict=True)

    def _rows_at_once(self, columns: Sequence[str]) -> int:
        """Return how many rows fit in memory whatever stands in them. Raises ``ReadError`` where no real text is packed so small."""
        packed = unpacked = largest = 0
        for chunk, rows in self._chunks(columns):
            packed += chunk.total_compressed_size
            unpacked += chunk.total_uncompressed_size
            largest = max(largest, self._stored_once(chunk) * max(1, chunk.num_values // rows))
        refuse_bomb(packed, unpacked, "its text")
        return max(1, min(ROWS_AT_ONCE, BATCH_BYTES // max(1, largest)))

    def _chunks(self, columns: Collection[str]) -> Iterator[tuple[Any, int]]:
        """Yield what the file says of each stored piece of some columns, with the number of its rows."""
        metadata = self.file.metadata
        paths = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
        wanted = [number for number, path in enumerate(paths) if path in columns or path.partition(".")[0] in columns]
        for place in range(metadata.num_row_groups):
            group = metadata.row_group(place)
            yield from ((group.column(number), group.num_rows) for number in wanted if group.num_rows)

    def _stored_once(self, chunk: Any) -> int:
        """Return the bytes of what may stand in any number of rows of a piece of a column and is stored once."""
        if "DELTA_BYTE_ARRAY" in chunk.encodings:  # of a cell is stored in what it differs from the one before
            return int(chunk.total_uncompressed_size)
        self._stream.seek(min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset))
        header = _HEADER.match(self._stream.read(_HEADER_BYTES))
        if not header:
            return BATCH_BYTES  # another way of writing it, which no program is known to use
        kind, size_bytes = map(_number, header.groups())
        return size_bytes if kind == _DICTIONARY_PAGE else 0


@contextmanager
def open_table(source: Source, limit_bytes: int) -> Iterator[Table]:
    """Open a table, which in an archive may have ``limit_bytes``. What is wrong with it is a ``ReadError``, also while it is read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with source.seekable(limit_bytes) as stream:
        try:
            with pq.ParquetFile(stream) as file:
                yield Table(file, stream, source.size_bytes)
        except MemoryError:  # pyarrow's is both
            raise
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise ReadError(DAMAGED, f"not a sound Parquet file: {error}") from error


def _column(table: Table, source: Source, context: Context) -> str:
    names = table.text_columns()
    rows = list(islice(table.rows(names), LOOKED_AT_ROWS)) if names else []
    cells = {name: [row[place] or "" for row in rows] for place, name in enumerate(names)}
    return choose_column(cells, source.name, context)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))


def _cells(column: Any) -> list[Any]:
    """Return the cells of a column; equal ones of a dictionary are held once."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        cells: list[Any] = column.to_pylist()
        return cells
    used = column.indices.unique()
    words = dict(zip(used.to_pylist(), column.dictionary.take(used).to_pylist(), strict=True))
    return [words[place] for place in column.indices.to_pylist()]


def _number(groups: bytes) -> int:
    """Return a number of Thrift's compact form."""
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(groups)) >> 1
