"""What a withdrawal will do: which documents go, which originals hold them, which rows of which files; kept on the disk until it is done."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from mbegu.core import durable
from mbegu.core.documents import Document, holds_documents, read_documents
from mbegu.core.errors import DamageError, InputError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.admit import Admission
from mbegu.corpus.files import TextFile
from mbegu.corpus.findings import Findings
from mbegu.corpus.papers import Papers
from mbegu.corpus.read import read_with_files
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import file_of, unpacked_source
from mbegu.corpus.withdraw.models import models_of
from mbegu.corpus.withdraw.names import Plan, relative
from mbegu.corpus.withdraw.own import own_files, own_folders
from mbegu.corpus.withdraw.spans import Spans
from mbegu.corpus.withdrawn import SOURCE, Withdrawn, kind_of, of_kind

WORK = ".withdrawal"
STATE = "state.json"
SPANS = "spans.npy"
SHOWN_NAMES = 3


def save(place: Project, plan: Plan, spans: Spans | None = None) -> None:
    """Write the plan durably, with the spans where they are given first."""
    folder = place.root / WORK
    if spans is not None:
        with durable.replace_file(folder / SPANS) as file:
            np.save(file, spans.hashes, allow_pickle=False)
    durable.write_json(folder / STATE, asdict(plan))


def load(place: Project) -> tuple[Plan, Spans] | None:
    """Return the withdrawal that was interrupted, ``None`` when there is none.

    Raises:
        DamageError: its files are damaged.
    """
    folder = place.root / WORK
    if not (folder / STATE).is_file():
        return None
    try:
        plan = Plan(**json.loads((folder / STATE).read_bytes()))
        if not plan.name.strip():
            raise ValueError("it names nobody")
        hashes = np.load(folder / SPANS, allow_pickle=False)
        return plan, Spans(hashes.astype(np.uint64))
    except (OSError, ValueError, TypeError, KeyError, EOFError) as error:
        raise DamageError(f"the interrupted withdrawal cannot be read: {error}", folder, "remove this folder, then withdraw again") from error


def document_files(place: Project, text: Sequence[Path]) -> list[Path]:
    """Return the files of documents that Mbegu wrote in a project or a folder: never below the user's text."""
    own = {path for folder in own_folders(place, {}, text) for path in own_files(folder, place, {})}
    return [path for path in sorted(own) if path.suffix == ".parquet" and holds_documents(path)]  # a damaged one is looked at as bytes later


@dataclass(frozen=True)
class Texts:
    """All documents there are: in the files that Mbegu wrote, and in the originals, which are read anew at each call."""

    files: Sequence[Path]
    originals: Callable[[], Iterator[tuple[TextFile, Document]]]

    def everything(self) -> Iterator[Document]:
        """Yield all documents."""
        for path in self.files:
            yield from read_documents(path)
        for _, document in self.originals():
            yield document


def original_documents(
    files: Sequence[TextFile], language: str, settings: CorpusSettings, papers: Papers, say: Say
) -> Iterator[tuple[TextFile, Document]]:
    """Yield the documents of the user's files, each with its file."""
    yield from read_with_files(files, language, settings, Findings(), say, Admission(papers))


def make_plan(place: Project, texts: Texts, name: str, withdrawn: Withdrawn, date: str, delete_originals: bool) -> tuple[Plan, Spans]:
    """Find everything that belongs to a name.

    Args:
        place: the project.
        texts: all documents.
        name: a contributor, the id of a document, or a source (a file, a folder, a place in a file).
        withdrawn: gives the hashes that stand for texts.
        date: today, in ISO 8601.
        delete_originals: whether the originals go too.

    Returns:
        The plan, and the spans that stand in no text of anybody else.

    Raises:
        InputError: nothing here belongs to that name.
    """
    called = _called(name, texts)
    kind = kind_of(name, texts.everything()) or (SOURCE if any(_goes(each, SOURCE, called) for each in texts.everything()) else "")
    if not kind:
        raise InputError(f"no contributor, document or source is called '{name}'{_nearest(name, texts)}", place.root, "check the name")
    plan = Plan(kind, name, date, delete_originals=delete_originals)
    going = _Going(kind, called if kind == SOURCE else (name,), place.grown, withdrawn)
    spans = Spans.of_documents(_noted(texts, plan, going, place))
    spans.take_away(_staying(texts, going))
    plan.models = models_of(place, plan)
    return plan, spans


def _called(name: str, texts: Texts) -> tuple[str, ...]:
    """Return what a source may be called: what is packed had the name of what is in it, where an earlier Mbegu read the text.

    Where another original has that name, it is only that one's.
    """
    before = unpacked_source(name)
    if before == name:
        return (name,)
    is_anothers = any(of_kind(document, SOURCE, before) and not of_kind(document, SOURCE, name) for _, document in texts.originals())
    return (name,) if is_anothers else (name, before)


def _goes(document: Document, kind: str, names: Sequence[str]) -> bool:
    return any(of_kind(document, kind, name) for name in names)


@dataclass
class _Going:
    """Which documents go. Copies in Mbegu's files go with their originals: papers may name a giver after the text was read.

    ``ids``, ``sources`` and ``texts`` (hashes) are those of the originals that go, ``kept`` the sources of those that stay.
    """

    kind: str
    names: Sequence[str]
    grown: Path
    withdrawn: Withdrawn
    ids: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)

    def has(self, document: Document) -> bool:
        """Whether a document goes by its own giver, id or place."""
        return _goes(document, self.kind, self.names)

    def note(self, original: Document) -> bool:
        """Remember an original for what may be a copy of it; return whether it goes."""
        if not self.has(original):
            self.kept.add(original.source)
            return False
        self.ids.add(original.id)
        self.sources.add(original.source)
        self.texts.add(self.withdrawn.text_hash(original.text))
        return True

    def has_copy(self, document: Document, path: Path) -> bool:
        """Whether a document in a file of Mbegu's goes: also by its place, or in a step's output as the text of what was renamed since."""
        if self.has(document) or document.id in self.ids:
            return True
        if document.source in self.kept:
            return False
        if document.source in self.sources or file_of(document.source) in self._files:
            return True
        return bool(self.texts) and path.is_relative_to(self.grown) and self.withdrawn.text_hash(document.text) in self.texts

    @cached_property
    def _files(self) -> set[str]:
        """The files of which all goes."""
        return {file_of(source) for source in self.sources} - {file_of(source) for source in self.kept}


def _staying(texts: Texts, going: _Going) -> Iterator[Document]:
    """Yield the documents that stay."""
    for path in texts.files:
        yield from (document for document in read_documents(path) if not going.has_copy(document, path))
    yield from (document for _, document in texts.originals() if not going.has(document))


def _noted(texts: Texts, plan: Plan, going: _Going, place: Project) -> Iterator[Document]:
    """Yield the documents that go, noting in the plan where they stand: the originals first, which tell what is a copy of them."""
    sizes: dict[str, int] = {}
    own: dict[str, list[str]] = {}
    others: set[str] = set()
    for file, document in texts.originals():
        if going.note(document):
            own.setdefault(relative(file.path, place), []).append(document.source)
            sizes[document.source] = _size(document)
            yield document
        else:
            others.add(relative(file.path, place))
    plan.whole = sorted(own.keys() - others)
    plan.mixed = {name: places for name, places in sorted(own.items()) if name in others}
    hashes, renamed = set(going.texts), set[str]()
    for path in texts.files:
        gone, count = [], 0
        for document in read_documents(path):
            if going.has_copy(document, path):
                gone.append(count)
                text = going.withdrawn.text_hash(document.text)
                if document.source not in sizes and text in going.texts:
                    renamed.add(document.source)
                else:
                    sizes.setdefault(document.source, _size(document))
                hashes.add(text)
                yield document
            count += 1
        if gone:
            plan.rows[relative(path, place)] = {"count": count, "gone": gone}
    plan.sources, plan.texts = sorted(sizes.keys() | renamed), sorted(hashes)
    plan.documents, plan.bytes = len(sizes), sum(sizes.values())


def _size(document: Document) -> int:
    return len(document.text.encode("utf-8", "replace"))


def _nearest(name: str, texts: Texts) -> str:
    names = {document.contributor for document in texts.everything()} | {file_of(document.source) for document in texts.everything()}
    close = difflib.get_close_matches(name, sorted(names - {""}), n=SHOWN_NAMES, cutoff=0.5)
    return f" (did you mean {' or '.join(repr(each) for each in close)}?)" if close else ""
