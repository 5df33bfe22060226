"""Making and opening an index of documents: only what changed is read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mbegu.core.durable import sha256_file
from mbegu.core.errors import DamageError, MbeguError
from mbegu.core.report import Say
from mbegu.corpus.files import TextFile
from mbegu.corpus.findings import Findings, ReadError
from mbegu.serve.documents.embed import BATCH, Embedder
from mbegu.serve.documents.headings import headings_of
from mbegu.serve.documents.passages import cut_passages
from mbegu.serve.documents.read import list_documents, read_parts
from mbegu.serve.documents.store import Store, create_store, open_store

SUFFIX = ".mbegu-index"


@dataclass
class Indexed:
    """What an indexing did: names of files, and (file, why) for what could not be read."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    passages: int = 0
    embedded: int = 0
    rebuilt: str = ""


def index_path(folder: Path) -> Path:
    """Return where the index of a folder of documents stands by default: beside the folder, which is never written to."""
    whole = folder.absolute()
    return whole.with_name(whole.name + SUFFIX)


def update_index(folder: Path, path: Path, embedder: Embedder | None, say: Say) -> tuple[Store, Indexed]:
    """Bring the index of a folder up to date; a missing, damaged or older one is made anew. A run that was killed goes on.

    Args:
        folder: the documents; only read.
        path: the index's file.
        embedder: makes embeddings of the passages; ``None``: none are made.
        say: shows the progress.

    Returns:
        The open index and what was done.

    Raises:
        InputError: the folder is not there or holds no documents.
        ResourceError: the disk refuses.
    """
    findings = Findings()
    files = list_documents(folder, findings)
    done = Indexed()
    store = _open_or_create(path, done, say)
    try:
        _update(store, files, findings, done, say)
        _embed(store, embedder, done, say)
    except MbeguError:
        store.close()
        raise
    done.problems += [(drop.source, f"{drop.reason}: {drop.detail}" if drop.detail else drop.reason) for drop in findings.problems]
    done.passages = store.count()
    return store, done


def _open_or_create(path: Path, done: Indexed, say: Say) -> Store:
    if not path.exists():
        return create_store(path)
    try:
        return open_store(path)
    except DamageError as error:
        done.rebuilt = error.what
        say.warn(f"{error.what}: made anew; a calibration that it held must be made again")
        return create_store(path)


def _update(store: Store, files: Sequence[TextFile], findings: Findings, done: Indexed, say: Say) -> None:
    known = store.files()
    total, so_far = sum(file.size_bytes for file in files), 0
    for file in files:
        digest = sha256_file(file.path)
        old = known.get(file.name)
        if old is not None and old[1] == digest:
            done.unchanged.append(file.name)
            if old[2]:
                done.problems.append((file.name, old[2]))
        else:
            (done.new if old is None else done.changed).append(file.name)
            _index_file(store, file, digest, findings, done)
        so_far += file.size_bytes
        say.progress(so_far, total, "bytes")
    for name in known.keys() - {file.name for file in files}:
        store.forget_file(name)
        done.removed.append(name)


def _index_file(store: Store, file: TextFile, digest: str, findings: Findings, done: Indexed) -> None:
    try:
        parts = read_parts(file, findings)
    except ReadError as error:
        problem = f"{error.reason}: {error.detail}"
        store.replace_file(file.name, digest, (), problem)
        done.problems.append((file.name, problem))
        return
    store.replace_file(file.name, digest, cut_passages(parts, headings_of(file.source())))


def _embed(store: Store, embedder: Embedder | None, done: Indexed, say: Say) -> None:
    if embedder is None:
        return
    import numpy as np

    waiting = store.without_vector(embedder.name)
    for start in range(0, len(waiting), BATCH):
        passages = store.passages(waiting[start : start + BATCH])
        vectors = np.asarray(embedder.passages([f"{each.heading}\n{each.text}".strip() for each in passages]))
        store.add_vectors(embedder.name, [(each.id, row.astype("<f2").tobytes()) for each, row in zip(passages, vectors, strict=True)])
        done.embedded += len(passages)
        say.progress(done.embedded, len(waiting), "passages")
