"""Open corpora on the internet that Mbegu knows of: what they are, how large, under which licence, and where.

The list is ``open_corpora.toml`` beside this file. Reading it opens no connection; ``mbegu.samples.download`` does, when asked.
"""

from __future__ import annotations

import functools
import posixpath
import sys
import unicodedata
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from mbegu.core.errors import UsageError
from mbegu.core.settings import near

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RAW_FILES_URL = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class RemoteFile:
    """One file of a corpus: its path in the repository, its size and SHA-256, and the name it gets here."""

    path: str
    bytes: int
    sha256: str
    local: str


@dataclass(frozen=True)
class Family:
    """A source of corpora, one or more a language, with what its licence allows as far as the source says it."""

    name: str
    title: str
    licence: str
    commercial_use: str
    format: str
    note: str
    homepage: str
    repository: str
    commit: str
    corpora: tuple[Corpus, ...] = field(repr=False)

    @property
    def bytes(self) -> int:
        """Size of all its corpora."""
        return sum(corpus.bytes for corpus in self.corpora)

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-3 codes of all its corpora, sorted."""
        return tuple(sorted({language for corpus in self.corpora for language in corpus.languages}))


@dataclass(frozen=True)
class Corpus:
    """What ``mbegu samples get NAME`` downloads: files of one source in one language (or two side by side)."""

    name: str
    languages: tuple[str, ...]
    title: str
    licence: str
    commercial_use: str
    format: str
    note: str
    homepage: str
    repository: str
    commit: str
    files: tuple[RemoteFile, ...] = field(repr=False)

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.bytes for file in self.files)

    def url(self, file: RemoteFile, base_url: str = RAW_FILES_URL) -> str:
        """Return where ``file`` is, on GitHub or on a mirror of the same layout: owner/name/commit/path."""
        return f"{base_url.rstrip('/')}/{self.repository}/{self.commit}/{urllib.parse.quote(file.path)}"


@functools.cache
def families() -> tuple[Family, ...]:
    """Return every source, sorted by name."""
    text = resources.files("mbegu.samples").joinpath("open_corpora.toml").read_text(encoding="utf-8")
    return tuple(sorted((_read_family(table) for table in tomllib.loads(text)["family"]), key=lambda family: family.name))


def corpora(language: str = "") -> tuple[Corpus, ...]:
    """Return the corpora, sorted by source and name.

    Args:
        language: only those in this language: an ISO 639-3 code, with or without a script; all when empty.
    """
    code = language.split("_", maxsplit=1)[0].lower()
    return tuple(corpus for family in families() for corpus in family.corpora if not code or code in corpus.languages)


def find_corpus(name: str) -> Corpus:
    """Return the corpus called ``name``. Raises ``UsageError`` with near names when there is none."""
    known = {corpus.name: corpus for corpus in corpora()}
    if name not in known:
        raise UsageError(f"there is no corpus called '{name}'{near(name, list(known))}", fix="list them with `mbegu samples`")
    return known[name]


def _read_family(table: Mapping[str, Any]) -> Family:
    """Build a family and its corpora from its table; what all corpora of a source share stands there once."""
    shared = {key: table[key] for key in ("title", "licence", "commercial_use", "format", "note", "homepage", "repository", "commit")}
    rows: dict[str, list[tuple[str, int, str]]] = {}
    for line in table["files"].splitlines():
        variant, size, sha256, path = line.split(" ", 3)
        rows.setdefault(variant, []).append((path, int(size), sha256))
    made = []
    for variant, files in sorted(rows.items()):
        names = _local_names([path for path, _, _ in files], table.get("rename", {}), table.get("suffix", ""))
        remote = tuple(RemoteFile(path, size, sha256, local) for (path, size, sha256), local in zip(files, names, strict=True))
        languages = tuple(variant.split("_")[0].split("+"))
        made.append(Corpus(name=f"{table['name']}-{variant}", languages=languages, files=remote, **shared))
    return Family(name=table["name"], corpora=tuple(made), **shared)


def _local_names(paths: list[str], rename: Mapping[str, str], suffix: str) -> list[str]:
    """Return the names the files get here: without the folders that all have in common, in NFC, renamed as the source needs."""
    common = posixpath.commonpath([posixpath.dirname(path) for path in paths])
    names = []
    for path in paths:
        folder, name = posixpath.split(posixpath.relpath(path, common) if common else path)
        names.append(unicodedata.normalize("NFC", posixpath.join(folder, rename.get(name, name) + suffix)))
    return names
