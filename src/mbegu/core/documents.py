"""A document, the unit that everything in the corpus is counted, split and credited by, and its Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mbegu.core import durable
from mbegu.core.errors import DamageError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_BATCH = 1024
RELATED = "related"  # beside "train" and "heldout": text of a related language, where the recipe names some


@dataclass(frozen=True)
class Document:
    """One text with where it came from.

    ``text`` is NFC Unicode. ``id`` is stable for the same text at the same place. ``source`` is the path below the text
    folder with the place inside it (``stories.zip/a.docx``, ``rows.csv#17``). ``meta`` holds anything else as strings.
    """

    id: str
    text: str
    language: str
    source: str
    licence: str = "unknown"
    contributor: str = ""
    meta: dict[str, str] = field(default_factory=dict)


def document_schema() -> pa.Schema:
    """Return the columns of a file of documents."""
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.string()),
            ("text", pa.large_string()),
            ("language", pa.string()),
            ("source", pa.string()),
            ("licence", pa.string()),
            ("contributor", pa.string()),
            ("meta", pa.map_(pa.string(), pa.string())),
        ]
    )


def write_documents(path: Path, documents: Iterable[Document], compression: str = "zstd") -> int:
    """Write documents durably to a Parquet file.

    Args:
        path: the file to write.
        documents: in the order to keep; read once, a batch at a time.
        compression: how Parquet packs the columns.

    Returns:
        The number of documents written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = document_schema()
    count = 0
    with durable.replace_file(path) as file, pq.ParquetWriter(file, schema, compression=compression) as writer:
        batch: list[dict[str, object]] = []
        for document in documents:
            batch.append({**document.__dict__, "meta": sorted(document.meta.items())})
            count += 1
            if len(batch) == ROWS_PER_BATCH:
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
                batch = []
        if batch or count == 0:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
    return count


def holds_documents(path: Path) -> bool:
    """Whether a file is one that ``write_documents`` wrote, by its columns; a damaged one is not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return bool(pq.read_schema(path).equals(document_schema()))
    except (OSError, pa.ArrowException):
        return False


def read_documents(path: Path) -> Iterator[Document]:
    """Yield the documents of a Parquet file in order, a batch at a time.

    Raises:
        DamageError: the file is not one that ``write_documents`` wrote.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS_PER_BATCH):
                for row in batch.to_pylist():
                    yield Document(**{**row, "meta": dict(row["meta"])})
    except (OSError, pa.ArrowException, KeyError, TypeError) as error:
        raise DamageError(f"not a file of documents: {error}", path) from error


def in_batches(documents: Iterable[Document], most_characters: int) -> Iterator[list[Document]]:
    """Yield documents many at a time, about ``most_characters`` characters together: one by one, short ones would take long."""
    batch: list[Document] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += len(document.text)
        if characters >= most_characters:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
