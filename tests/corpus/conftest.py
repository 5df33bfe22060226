"""Runs the corpus step on files that a test writes down."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mbegu.core.documents import Document, read_documents
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.corpus.findings import Findings, ReadError
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Context
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source
from mbegu.corpus.steps import grow_corpus

Content = bytes | str


@dataclass
class Grown:
    """What the step made."""

    facts: dict[str, Any]
    report: dict[str, Any]
    train: list[Document]
    heldout: list[Document]
    dropped: list[dict[str, str]]
    said: str
    out: Path

    @property
    def texts(self) -> list[str]:
        return [document.text for document in [*self.train, *self.heldout]]

    def dropped_for(self, reason: str) -> list[str]:
        return [row["source"] for row in self.dropped if row["reason"] == reason]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "text").mkdir(parents=True)
    return root


def put(folder: Path, files: Mapping[str, Content]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


@pytest.fixture
def grow(project: Path, tmp_path: Path) -> Callable[..., Grown]:
    def run(files: Mapping[str, Content], language: str = "yor_Latn", **settings: Any) -> Grown:
        put(project / "text", files)
        out = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        out.mkdir()
        stream = io.StringIO()
        inputs = Inputs(ProjectSettings(language=language), Project(project), {})
        facts = grow_corpus(CorpusSettings(**settings), inputs, out, Say(stream))
        return Grown(
            facts=json.loads(json.dumps(facts)),
            report=json.loads((out / "report.json").read_bytes()),
            train=list(read_documents(out / "train.parquet")),
            heldout=list(read_documents(out / "heldout.parquet")),
            dropped=pq.read_table(out / "dropped.parquet").to_pylist(),
            said=stream.getvalue(),
            out=out,
        )

    return run


@dataclass
class Read:
    """What a reader found: the texts with their places, and the findings."""

    texts: list[str]
    places: list[str]
    findings: Findings


@pytest.fixture
def read() -> Callable[..., Read]:
    def run(name: str, content: Content, **settings: Any) -> Read:
        data = content.encode("utf-8") if isinstance(content, str) else content
        findings = Findings()
        source = Source(name, len(data), lambda: io.BytesIO(data))
        texts, places = [], []
        for raw in read_source(source, Context(CorpusSettings(**settings), findings)):
            try:
                texts.append("".join(raw.chunks))
            except ReadError as error:
                findings.drop(raw.source, error.reason, error.detail)
                continue
            places.append(f"{raw.source}#{raw.place}" if raw.place else raw.source)
        return Read(texts, places, findings)

    return run
