from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.corpus.material import story

from mbegu.corpus.findings import DAMAGED, NO_COLUMN, ReadError


def parquet(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
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
