"""Folders in the form that `mbegu corpus clean` writes, made of text that the tests write down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.corpus.material import story

from mbegu.core.documents import Document, write_documents

VOID = {"meta", "br"}
DROP_SCHEMA = pa.schema(
    [("source", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("detail", pa.string()), ("text", pa.large_string())]
)


class Structure(HTMLParser):
    """Collects tags, attributes and texts, and checks that what is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        self.pieces.append(data)

    def values(self, name: str) -> list[str | None]:
        return [value for each, value in self.attributes if each == name]


def document(source: str, text: str, **values: Any) -> Document:
    return Document(id=source, text=text, **{"language": "yor_Latn", "source": source, **values})


def drop(source: str, reason: str, text: str, line: int = 0, detail: str = "") -> dict[str, Any]:
    return {"source": source, "line": line, "reason": reason, "detail": detail, "text": text}


def write_corpus(
    folder: Path, documents: Iterable[Document], facts: Mapping[str, Any] | None = None, drops: Iterable[dict[str, Any]] | None = None
) -> Path:
    """Write kept.parquet, and clean.json and dropped.parquet where they are given."""
    folder.mkdir(parents=True, exist_ok=True)
    write_documents(folder / "kept.parquet", documents)
    if facts is not None:
        (folder / "clean.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    if drops is not None:
        pq.write_table(pa.Table.from_pylist(list(drops), schema=DROP_SCHEMA), folder / "dropped.parquet")
    return folder


def write_leaks(folder: Path, leaks: Mapping[str, Any]) -> None:
    """Write leaks.json as a search in kept.parquet gives it."""
    searched = hashlib.sha256((folder / "kept.parquet").read_bytes()).hexdigest()
    (folder / "leaks.json").write_text(json.dumps({**leaks, "text_sha256": searched}, ensure_ascii=False), encoding="utf-8")


def two_sources(count: int = 60) -> list[Document]:
    """Return stories in Yoruba and news in Amharic, with papers."""
    stories = [document(f"stories/{i:03}.txt", story(i), licence="CC-BY-4.0", contributor="Ìyá Àgbà") for i in range(count)]
    news = [document(f"news/{i:03}.txt", story(i, "amh"), language="amh_Ethi", licence="CC0-1.0", contributor="ዜና") for i in range(count)]
    return [*stories, *news]


FACTS: dict[str, Any] = {
    "version": 1, "language": "yor_Latn", "settings": {"near_duplicate": 0.8, "blocked": ["àṣírí"], "paths": ["/home/ayo/texts"]},
    "files_seen": 125, "documents_in": 130, "bytes_in": 100_000, "documents_kept": 120, "bytes_kept": 90_000,
    "dropped": {"near duplicate": {"documents": 2, "lines": 0, "bytes": 900}, "repeated line": {"documents": 0, "lines": 3, "bytes": 120}},
    "formats": {".txt": 125}, "encodings": {"UTF-8": 125}, "changes": [{"rule": "apostrophe", "before": "'", "after": "ʼ", "count": 7}],
    "private": {"PHONE": 4, "EMAIL": 0}, "languages": {"yor": 50_000, "amh": 38_000, "und": 2_000},
    "duplicates": {"exact": 0, "near": 2, "passage": 0, "line": 3},
    "pairs": [{"kind": "near", "first": "stories/001.txt", "second": "copies/1.txt", "similarity": 0.83, "excerpt": "ọmọ wọ́n"}],
    "marks": [], "seconds": {"wall": 3.2, "processor": 2.9}, "peak_memory_bytes": 81_000_000,
    "problems": [{"source": "scan.pdf", "reason": "damaged", "detail": "not a sound PDF"}],
}  # fmt: skip
DROPS = [
    drop("copies/1.txt", "near duplicate", "ọmọ wọ́n lọ sí ọjà, 1", detail="83 % like stories/001.txt"),
    drop("copies/2.txt", "near duplicate", "ọmọ wọ́n lọ sí ọjà, 2"),
    *(drop("lines.txt#1", "repeated line", f"òjò ti rọ̀ lánàá {i}", line=i) for i in (4, 5, 6)),
]
