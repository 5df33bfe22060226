from __future__ import annotations

import io
import random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.corpus.material import story

from mbegu.corpus.findings import BOMB, DAMAGED, NO_COLUMN, Findings, ReadError
from mbegu.corpus.readers import parquet as reader
from mbegu.corpus.readers.context import Context
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source


def parquet(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, dictionary_pagesize_limit=1 << 30)
    return out.getvalue()


def test_the_text_column_is_found_and_rows_are_numbered(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.parquet", parquet({"n": [1, 2], "title": ["ọ", "ẹ"], "body": pa.array([story(1), None], pa.large_string())}))
    assert made.texts == [story(1), ""]
    assert made.places == ["a.parquet#1", "a.parquet#2"]


def test_a_column_of_repeated_words_may_be_a_dictionary(read) -> None:  # type: ignore[no-untyped-def]
    column = pa.array([story(1), story(1)]).dictionary_encode()
    assert read("a.parquet", parquet({"t": column})).texts == [story(1), story(1)]


def test_without_text_the_columns_are_named(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError) as caught:
        read("a.parquet", parquet({"n": [1]}))
    assert caught.value.reason == NO_COLUMN
    with pytest.raises(ReadError, match="the columns are 't'"):
        read("a.parquet", parquet({"t": ["ọ̀rọ̀"]}), column="x")


def test_a_damaged_table_is_told(read) -> None:  # type: ignore[no-untyped-def]
    for data in (b"PAR1 nonsense", parquet({"t": [story(1)]})[:-20], parquet({"t": [story(i) for i in range(9)]}).replace(b"PAR1", b"PAR9")):
        with pytest.raises(ReadError) as caught:
            read("a.parquet", data)
        assert caught.value.reason == DAMAGED


def test_a_cell_of_many_megabytes_in_many_rows_is_told(read) -> None:  # type: ignore[no-untyped-def]
    for column in (pa.array(["ọ̀rọ̀ " * 300_000] * 40), pa.DictionaryArray.from_arrays(pa.array([0] * 256), pa.array(["ọ̀rọ̀ " * 300_000]))):
        with pytest.raises(ReadError, match="no real text does") as caught:
            read("a.parquet", parquet({"t": column}))
        assert caught.value.reason == BOMB


def noise(characters: int) -> str:
    return random.Random(1).randbytes(characters // 2).hex()


def test_a_cell_that_is_stored_once_and_stands_in_many_rows_is_told_where_it_comes_too_often(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="its text would unpack from") as caught:
        read("a.parquet", parquet({"t": [noise(10_000)] * 1_000}))
    assert caught.value.reason == BOMB
    assert len(read("a.parquet", parquet({"t": [noise(10_000)] * 80})).texts) == 80


def test_large_cells_are_held_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BATCH_BYTES", 4_000_000)
    data = parquet({"t": [noise(1_000_000)] * 60})
    before = pa.total_allocated_bytes()
    rows = reader.read(Source("a.parquet", len(data), lambda: io.BytesIO(data)), Context(CorpusSettings(), Findings()))
    held = []
    for _ in range(3):
        next(rows)
        held.append(pa.total_allocated_bytes() - before)
    assert max(held) < 16_000_000  # of 60 MB


def test_a_cell_of_a_dictionary_is_held_once() -> None:
    data = parquet({"t": pa.array([noise(1_000_000)] * 100).dictionary_encode()})
    rows = reader.read(Source("a.parquet", len(data), lambda: io.BytesIO(data)), Context(CorpusSettings(), Findings()))
    texts = [raw.chunks for raw in rows]
    assert len({id(text) for (text,) in texts}) == 1  # type: ignore[misc]
