"""The lines of a file in any format, and what is said of files that are not as their format says."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from mbegu.core.errors import InputError
from mbegu.corpus.identify.text_lines import lines_of


def test_lines_come_in_nfc_with_the_empty_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(unicodedata.normalize("NFD", "ẹ̀kọ́\n\nውሃ\n"), encoding="utf-8")
    assert list(lines_of(path)) == [unicodedata.normalize("NFC", "ẹ̀kọ́"), "", "ውሃ"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.bz2", b"BZh91AY&SY" + b"\x00" * 40, "damaged"),
        ("a.docx", b"PK\x03\x04 and no more", "damaged"),
        ("a.eaf", b"<ANNOTATION_DOCUMENT><", "damaged"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        list(lines_of(path))
    assert str(path) in caught.value.one_line()


def test_an_error_that_no_reader_foresaw_is_told_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"text": "ẹ̀kọ́"}]), encoding="utf-8")

    def odd(*_: object) -> object:
        raise IndexError("string index out of range")

    monkeypatch.setattr("mbegu.corpus.identify.text_lines.read_source", odd)
    with pytest.raises(InputError, match="damaged: it is not as its format says: IndexError: string index out of range"):
        list(lines_of(path))
