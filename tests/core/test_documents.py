from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from mbegu.core.documents import ROWS_PER_BATCH, Document, read_documents, write_documents
from mbegu.core.errors import DamageError, ResourceError

SCRIPTS = {
    "yor_Latn": "Ẹ káàárọ̀, báwo ni ọjọ́ ṣe ń lọ?",
    "ewe_Latn": "Ŋdi na mi, ɖeviwo ɔ́ ɛ̀",
    "amh_Ethi": "እንደምን አደርክ፤ ሰላም።",
    "nqo_Nkoo": "ߌ ߣߌ ߛߐ߲߬ߜߐߡߊ߫ ߒߞߏ",
    "fuf_Adlm": "𞤀𞤣𞤤𞤢𞤥 𞤆𞤵𞤤𞤢𞤪",
    "hau_Arab": "اِنَا كُوَانَ",
    "khm_Khmr": "សួស្តី\u200bភាសាខ្មែរ",
    "mya_Mymr": "မင်္ဂလာပါ",
    "npi_Deva": "नमस्ते क्षत्रिय ज्ञ",
    "tam_Taml": "வணக்கம் தமிழ்",
    "zgh_Tfng": "ⴰⵣⵓⵍ ⵜⴰⵎⴰⵣⵉⵖⵜ",
    "vai_Vaii": "ꕙꔤ ꕢꕌ",
    "bod_Tibt": "བཀྲ་ཤིས་བདེ་ལེགས།",
    "chr_Cher": "ᎣᏏᏲ ᏣᎳᎩ",
}


def document(number: int, text: str = "ọ̀rọ̀", language: str = "yor") -> Document:
    return Document(f"d{number}", text, language, f"stories.zip/{number}.docx")


def test_twelve_scripts_and_more_come_back_as_they_went_in(tmp_path: Path) -> None:
    documents = [document(i, unicodedata.normalize("NFC", text) + "\n\t\u200d\U0001f331", tag) for i, (tag, text) in enumerate(SCRIPTS.items())]
    assert len(documents) >= 12
    assert write_documents(tmp_path / "x.parquet", documents) == len(documents)
    assert list(read_documents(tmp_path / "x.parquet")) == documents


def test_every_field_comes_back(tmp_path: Path) -> None:
    full = Document("a", "ሰላም", "amh", "rows.csv#17", "CC-BY-4.0", "አበበ", {"z": "1", "a": "é", "": ""})
    write_documents(tmp_path / "x.parquet", [full])
    assert list(read_documents(tmp_path / "x.parquet")) == [full]


@pytest.mark.parametrize("count", [0, 1, ROWS_PER_BATCH - 1, ROWS_PER_BATCH, ROWS_PER_BATCH + 1, 2 * ROWS_PER_BATCH])
def test_any_number_of_documents_comes_back_in_order(tmp_path: Path, count: int) -> None:
    assert write_documents(tmp_path / "x.parquet", (document(i) for i in range(count))) == count
    assert [found.id for found in read_documents(tmp_path / "x.parquet")] == [f"d{i}" for i in range(count)]


def test_the_same_documents_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_documents(tmp_path / name, [Document("1", "x", "yor", "s", meta={"b": "2", "a": "1"} if name == "a" else {"a": "1", "b": "2"})])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("data", [b"", b"PAR1", b"not parquet at all", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_file_that_is_no_parquet_is_damage(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.parquet").write_bytes(data)
    with pytest.raises(DamageError, match=r"not a file of documents.*x\.parquet"):
        list(read_documents(tmp_path / "x.parquet"))


def test_a_missing_file_and_other_columns_are_damage(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pytest.raises(DamageError, match="gone"):
        list(read_documents(tmp_path / "gone.parquet"))
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "x.parquet")
    with pytest.raises(DamageError, match="not a file of documents"):
        list(read_documents(tmp_path / "x.parquet"))


def test_a_source_that_fails_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_documents(path, [document(1)])

    def broken() -> Iterator[Document]:
        for i in range(3 * ROWS_PER_BATCH):
            yield document(i)
            if i == 2 * ROWS_PER_BATCH:
                raise RuntimeError("the reader broke")

    with pytest.raises(RuntimeError, match="the reader broke"):
        write_documents(path, broken())
    assert list(read_documents(path)) == [document(1)]
    assert [found.name for found in tmp_path.iterdir()] == ["x.parquet"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.parquet"
    write_documents(path, [document(1)])

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceError, match="the disk is full"):
        write_documents(path, [document(2)])
    assert list(read_documents(path)) == [document(1)]
