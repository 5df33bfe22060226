from __future__ import annotations

import io

import pytest
from tests.corpus.conftest import Read
from tests.corpus.material import WORDS, story

from mbegu.corpus.findings import UNSUPPORTED, ReadError
from mbegu.corpus.readers import READERS
from mbegu.corpus.readers.text import SNIFF_BYTES, is_plainly_text
from mbegu.corpus.source import Source


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize("name", ["train.swa", "corpus.yo", "notes"])
def test_plain_text_with_another_ending_is_read_and_noted(read, language: str, name: str) -> None:  # type: ignore[no-untyped-def]
    made: Read = read(name, story(1, language))
    assert made.texts == [story(1, language)]
    assert "its content is plain text" in made.findings.notes[0][1]


@pytest.mark.parametrize(
    "content",
    ["<a><b>x</b></a>" * 50, "for (i = 0; i < 10; i++) { x[i] += 1; }\n" * 20, "1,2,3\n4,5,6\n" * 50, b"\xff\xfe\x00\x01" * 50, b"abc\xff" * 20],
)
def test_what_is_not_plain_text_is_listed_with_the_endings_that_are_read(read, content: str | bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match=r"endings that are read: .bz2 .conll .conllu .csv .docx") as caught:
        read("a.xyz", content)
    assert caught.value.reason == UNSUPPORTED


def test_a_character_cut_by_the_sample_is_no_reason_to_refuse() -> None:
    for shift in range(4):
        data = ("a" * shift + "ሰላም ልጆች " * SNIFF_BYTES).encode()[: SNIFF_BYTES * 2]
        assert is_plainly_text(Source("x", len(data), lambda data=data: io.BytesIO(data)))  # type: ignore[misc]


def test_every_reader_of_the_table_is_there() -> None:
    import importlib

    for name in set(READERS.values()):
        assert callable(importlib.import_module(f"mbegu.corpus.readers.{name}").read)
