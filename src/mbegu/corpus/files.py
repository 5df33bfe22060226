"""The user's files: which there are, in a fixed order, and one hash over what is in them. They are only ever read."""

from __future__ import annotations

import errno
import fnmatch
import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from mbegu.core.documents import holds_documents, read_documents
from mbegu.core.durable import HASH_BLOCK_BYTES
from mbegu.core.errors import InputError
from mbegu.core.lock import LOCK_FILE
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.findings import CLEANED, EMPTY, HIDDEN, LINK_LOOP, NO_PERMISSION, OUTSIDE, PAPERS, UNSUPPORTED, VANISHED, Findings
from mbegu.corpus.papers import SOURCES_FILE, Papers, consent_ended, sources_files
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source
from mbegu.corpus.withdrawn import LIST_FILE, Withdrawn
from mbegu.ledger.clock import today

KEEP_FILE = "keep.json"  # what a person brought back of what cleaning dropped
KEPT, DROPPED, FACTS, REPORT = "kept.parquet", "dropped.parquet", "clean.json", "report.html"  # of a folder that text was cleaned into
CLEANED_MARKS = (KEPT, FACTS)  # stand together only there
LEADS_OUT = "what it leads to is not read: name that file or folder as a path of its own, or put a copy here"
SYSTEM_NAMES = ("thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information")


@dataclass(frozen=True, slots=True)
class TextFile:
    """One of the user's files: its name below the text folder, where it is, its size, and when it was last changed."""

    name: str
    path: Path
    size_bytes: int
    mtime_ns: int

    def source(self) -> Source:
        """Return the file as a source of bytes."""
        return Source(self.name, self.size_bytes, partial(open_file, self.path))


def open_file(path: Path) -> BinaryIO:
    """Open one of the user's files for reading."""
    return open(path, "rb")


def text_files(settings: CorpusSettings, place: Project, findings: Findings | None = None) -> list[TextFile]:
    """List the user's files in the order in which they are read.

    Args:
        settings: says where the text is and which names are papers.
        place: the project; paths are relative to its root, and its own folders are never read as text.
        findings: collects what is left out and why.

    Returns:
        The files, sorted by name; empty ones, hidden ones, papers, links in a circle and links out of the folder are left out.

    Raises:
        InputError: a path of the settings does not exist.
    """
    findings = findings if findings is not None else Findings()
    roots = text_roots(settings, place)
    own = {
        os.path.realpath(path)
        for path in (place.grown, place.ledger, place.release, place.recipe, place.plan, place.root / LIST_FILE, place.root / KEEP_FILE)
    }
    walk = _Walk(settings, findings, own)
    found = [file for root, prefix in roots for file in walk.below(root, prefix)]
    return sorted(found, key=lambda file: file.name)


def text_roots(settings: CorpusSettings, place: Project) -> list[tuple[Path, str]]:
    """Return the folders and files of the setting 'text', each with what stands before the names of its files.

    Raises:
        InputError: one does not exist.
    """
    roots = [place.root / text for text in settings.text]
    for root, text in zip(roots, settings.text, strict=True):
        if not root.exists():
            raise InputError(f"the text '{text}' is not there", root, "put your text there, or name its place under 'text' in [corpus]")
    return list(zip(roots, prefixes_of(roots), strict=True))


def fingerprint(settings: CorpusSettings, root: Path, say: Say) -> str:
    """Return one SHA-256 over the names and contents of all text files, their papers, and what was withdrawn.

    The same files give the same fingerprint on any computer and at any place; times and folders above do not count.

    Args:
        settings: says where the text is.
        root: the project's folder.
        say: shows the progress.

    Raises:
        InputError: a path of the settings does not exist.
        SettingsError: a sources.toml is wrong.
        DamageError: the list of what was withdrawn is damaged.
    """
    files = text_files(settings, Project(root))
    total = sum(file.size_bytes for file in files)
    digest, done = hashlib.sha256(), 0
    for file in files:
        digest.update(f"{_content_hash(file.path)}  {file.name}\n".encode())
        done += file.size_bytes
        say.progress(done, total, "bytes")
    _add_papers(digest, settings, Project(root), files)
    return digest.hexdigest()


def _add_papers(digest: hashlib._Hash, settings: CorpusSettings, place: Project, files: Sequence[TextFile]) -> None:
    """Add the papers, whose consent has ended by today, and what was withdrawn. The papers are checked here: before anything is read."""
    roots = text_roots(settings, place)
    ended = Papers.read_all(roots).ended(today())
    for file in files:
        if file.path.suffix.lower() == ".parquet" and holds_documents(file.path):
            ended += sorted({until for until in _consents(file) if consent_ended(until, today())})
    digest.update("\n".join(ended).encode())
    for path, prefix in sources_files(roots):
        digest.update(f"{_content_hash(path)}  {prefix}{SOURCES_FILE}\n".encode())
    digest.update(Withdrawn.read(place.root).state().encode())


def _consents(file: TextFile) -> Iterator[str]:
    """Yield the last days of the consents in a file of documents. Of one that is not Mbegu's own, whose damage reading lists, as far as it goes."""
    if is_kept_text(file.path):
        yield from (document.meta.get("consent_until", "") for document in read_documents(file.path))
        return
    from mbegu.corpus.readers.documents import consents

    yield from consents(file.source())


def reason_of(error: OSError) -> tuple[str, str]:
    """Return why a file could not be read, as one of the reasons of ``findings`` and a detail."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return NO_PERMISSION, "give yourself the right to read it"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return VANISHED, "it was there when the folder was listed and gone when it was read"
    return VANISHED, f"the computer could not read it: {error.strerror or error}"


def is_cleaned_folder(folder: Path) -> bool:
    """Whether `mbegu corpus clean` wrote a folder: what was kept lies in it beside the facts about it. One that may not be entered is none."""
    try:
        return all((folder / name).is_file() for name in CLEANED_MARKS)
    except PermissionError:
        return False


def is_written_folder(folder: Path) -> bool:
    """Whether `mbegu corpus clean` wrote a folder, or `mbegu corpus leaks --remove`, which gives no facts but the columns of documents."""
    try:
        return is_cleaned_folder(folder) or ((folder / DROPPED).is_file() and holds_documents(folder / KEPT))
    except PermissionError:
        return False


def is_kept_text(path: Path) -> bool:
    """Whether a file is the text that was kept in a folder that Mbegu wrote. No walk comes to one: a person named it, or its folder."""
    return path.name == KEPT and is_written_folder(path.parent)


def is_hidden(name: str) -> bool:
    """Whether a file or folder belongs to the system or an editor and not to the user's text."""
    return name.startswith((".", "~$")) or name.lower() in SYSTEM_NAMES


def is_paper(name: str, leave_out: tuple[str, ...]) -> bool:
    """Whether a file's name matches one of the patterns for papers about the text."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in leave_out)


def shown(name: str) -> str:
    """Return a file's name as NFC text that can be stored, whatever bytes the file system holds."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))


class _Walk:
    """Goes through folders of any depth, each real folder once."""

    def __init__(self, settings: CorpusSettings, findings: Findings, own: set[str]) -> None:
        self._settings = settings
        self._findings = findings
        self._seen = set(own)
        self._own = own

    def below(self, root: Path, prefix: str) -> Iterator[TextFile]:
        """Yield the files below a folder, or the file itself."""
        if root.is_file():
            yield from self._file(prefix + shown(root.name), str(root))
            return
        pending = [(str(root), prefix)]
        given = os.path.realpath(root)
        while pending:
            folder, name = pending.pop()
            real = os.path.realpath(folder)
            if not _lies_in(real, given):
                self._findings.drop(name.rstrip("/"), OUTSIDE, LEADS_OUT)
                continue
            if real in self._seen:
                if real not in self._own:
                    self._findings.drop(name.rstrip("/"), LINK_LOOP)
                continue
            self._seen.add(real)
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._findings.drop(name.rstrip("/"), *reason_of(error))
                continue
            if is_written_folder(Path(folder)) or _is_interrupted(folder, listed):
                if folder != str(root):  # the text that it was made of is read
                    self._findings.drop(name.rstrip("/"), CLEANED, "name this folder itself to read what was kept")
                    self._seen.discard(real)  # it may be named as well
                    continue
                listed = [entry for entry in listed if entry.name == KEPT]
            for entry in listed:
                own_name = shown(entry.name)
                if own_name == LOCK_FILE:
                    continue
                if is_hidden(own_name):
                    self._findings.drop(name + own_name, HIDDEN)
                elif self._is_folder(entry):
                    pending.append((entry.path, f"{name}{own_name}/"))
                elif (real_file := os.path.realpath(entry.path)) not in self._own:
                    if _lies_in(real_file, given):
                        yield from self._file(name + own_name, entry.path)
                    else:
                        self._findings.drop(name + own_name, OUTSIDE, LEADS_OUT)

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_dir()
        except OSError:
            return False

    def _file(self, name: str, path: str) -> Iterator[TextFile]:
        self._findings.files_seen += 1
        try:
            status = Path(path).stat()
        except OSError as error:
            self._findings.drop(name, *(reason_of(error) if not Path(path).is_symlink() else (VANISHED, "a link to a file that is not there")))
            return
        if not stat.S_ISREG(status.st_mode):
            self._findings.drop(name, UNSUPPORTED, "not a regular file")
        elif name.rsplit("/", 1)[-1] == SOURCES_FILE or is_paper(name.rsplit("/", 1)[-1], self._settings.leave_out):
            self._findings.drop(name, PAPERS)
        elif status.st_size == 0:
            self._findings.drop(name, EMPTY)
        else:
            yield TextFile(name, Path(path), status.st_size, status.st_mtime_ns)


def _lies_in(real: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it; both without links."""
    return real == folder or real.startswith(folder.rstrip(os.sep) + os.sep)


def _is_interrupted(folder: str, entries: Sequence[os.DirEntry[str]]) -> bool:
    """Whether `mbegu corpus clean` was interrupted in a folder."""
    return any(entry.name == "work" for entry in entries) and Path(folder, "work", "plan.json").is_file()


def prefixes_of(roots: Sequence[Path]) -> list[str]:
    """Return what stands before the names below each root: nothing for a single one, else the root's own name, made unique."""
    if len(roots) == 1:
        return [""]
    prefixes: list[str] = []
    for root in roots:
        name = shown(root.resolve().name)
        number = 1 + sum(prefix.rstrip("/").rsplit("~", 1)[0] == name for prefix in prefixes)
        prefixes.append("" if root.is_file() else f"{name}~{number}/" if number > 1 else f"{name}/")
    return prefixes


def _content_hash(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with open_file(path) as stream:
            while block := stream.read(HASH_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        return f"unreadable: {reason_of(error)[0]}"
    return digest.hexdigest()
