"""The list of what was withdrawn from a project: every later reading leaves it out.

``withdrawn.json`` holds no names and no text: givers, documents and sources stand as salted SHA-256, and so do the withdrawn texts, so that
a copy under another name is known too. The file carries its own hash; a damaged one stops every reading.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mbegu.core import durable
from mbegu.core.documents import Document
from mbegu.core.errors import DamageError
from mbegu.corpus.source import file_of, unpacked, unpacked_path

LIST_FILE = "withdrawn.json"
GONE = "[withdrawn]"  # stands in reports, and in the key of an output, in place of what was withdrawn
CONTRIBUTOR, DOCUMENT, SOURCE = "contributor", "document", "source"
SALT_BYTES = 16
MOST_KNOWN = 1024  # givers and files


@dataclass(frozen=True)
class Entry:
    """One withdrawal: of what kind, the hash of its name, when, and hashes of the texts. ``done``: nothing of it is left in the project."""

    kind: str
    name: str
    date: str
    texts: tuple[str, ...]
    done: bool


@dataclass(frozen=True)
class Withdrawn:
    """The withdrawals of a project, oldest first."""

    salt: str
    entries: Sequence[Entry] = ()

    @classmethod
    def read(cls, root: Path) -> Withdrawn:
        """Read the list of a project; an empty one where nothing was withdrawn.

        Raises:
            DamageError: the list is damaged: who withdrew is no longer known, so nothing may be read.
        """
        path = root / LIST_FILE
        fix = "get it back from a copy; without it text that was withdrawn would be used again"
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return cls(os.urandom(SALT_BYTES).hex())
        except OSError as error:
            raise DamageError(f"the list of what was withdrawn cannot be read: {error.strerror}", path, fix) from error
        try:
            values = json.loads(raw)
            sound = raw == durable.canonical_json(values) and values["sha256"] == _own_hash(values)
            entries = tuple(Entry(**{**each, "texts": tuple(each["texts"])}) for each in values["entries"])
            salt = str(values["salt"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DamageError("the list of what was withdrawn is damaged", path, fix) from error
        if not sound:
            raise DamageError("the list of what was withdrawn is damaged", path, fix)
        return cls(salt, entries)

    def write(self, root: Path) -> None:
        """Write the list durably into a project."""
        entries = [{**vars(each), "texts": sorted(each.texts)} for each in self.entries]
        values = {"version": 1, "salt": self.salt, "entries": entries}
        durable.write_json(root / LIST_FILE, {**values, "sha256": _own_hash(values)})

    def name_hash(self, kind: str, name: str) -> str:
        """Return what a giver, document or source stands as, however its marks are coded."""
        return _hash(self.salt, kind, nfc(name))

    def text_hash(self, text: str) -> str:
        """Return what a text stands as: its letters, digits and marks, whatever its capitals and punctuation."""
        from mbegu.corpus.keys import letters_and_marks  # with numpy, which those who only verify need not have

        return _hash(self.salt, "text", letters_and_marks(text))

    def hashes_of(self, kind: str, name: str) -> set[str]:
        """Return what a name may stand as: lists of before hold it as it was typed."""
        forms = {name} if name.isascii() else {name, nfc(name), unicodedata.normalize("NFD", name)}
        return {_hash(self.salt, kind, each) for each in forms}

    def refuses(self, document: Document) -> bool:
        """Whether a document was withdrawn: by its giver, itself, its file or a folder above it, or because it is the same text.

        The same text from another giver with a name is no longer the withdrawn one, unless it was withdrawn as a document or a source.
        """
        if not self.entries:
            return False
        if document.contributor and self._names(CONTRIBUTOR, document.contributor):
            return True
        if self._named[DOCUMENT] and self.name_hash(DOCUMENT, document.id) in self._named[DOCUMENT]:
            return True
        if self._named[SOURCE] and self._names_source(document.source):
            return True
        texts = self._others_texts if document.contributor else self._texts
        return bool(texts) and self.text_hash(document.text) in texts

    @functools.cached_property
    def _named(self) -> Mapping[str, frozenset[str]]:
        """The hashes of names by their kind."""
        return {kind: frozenset(each.name for each in self.entries if each.kind == kind) for kind in (CONTRIBUTOR, DOCUMENT, SOURCE)}

    @functools.cached_property
    def _texts(self) -> frozenset[str]:
        """The hashes of all texts."""
        return frozenset(text for each in self.entries for text in each.texts)

    @functools.cached_property
    def _others_texts(self) -> frozenset[str]:
        """The hashes of the texts that were withdrawn as documents or sources: nobody else may give them either."""
        return frozenset(text for each in self.entries if each.kind != CONTRIBUTOR for text in each.texts)

    @functools.cached_property
    def _known(self) -> dict[tuple[str, str], bool]:
        """The answers for the last givers and files: one document after the other has the same."""
        return {}

    def _names(self, kind: str, name: str) -> bool:
        """Whether the list names a giver, or a file or what it lies in."""
        known = self._known.get((kind, name))
        if known is None:
            names = way_to(name) if kind == SOURCE else (name,)
            known = any(not self._named[kind].isdisjoint(self.hashes_of(kind, each)) for each in names)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[kind, name] = known
        return known

    def _names_source(self, source: str) -> bool:
        """Whether the list names the place of a document, its file or what that lies in."""
        path = file_of(source)
        places = names_of(path, source[len(path) :]) if path != source else ()
        return self._names(SOURCE, path) or any(not self._named[SOURCE].isdisjoint(self.hashes_of(SOURCE, each)) for each in places)

    def state(self) -> str:
        """Return one hash of all that decides what is refused; empty where nothing was withdrawn."""
        parts = [f"{each.kind} {each.name} {' '.join(sorted(each.texts))}" for each in self.entries]
        return durable.sha256_bytes("\n".join([self.salt, *parts]).encode()) if parts else ""


def places_of(source: str) -> Iterator[str]:
    """Yield the source of a document, its file, and each folder or archive above it: ``a/b.zip/c.csv#17`` to ``a``.

    What is packed has the name of what is in it too: ``a.csv.gz#17`` is also ``a.csv#17``.
    """
    path = file_of(source)
    if path != source:
        yield from names_of(path, source[len(path) :])
    yield from way_to(path)


def way_to(path: str) -> Iterator[str]:
    """Yield a file and each folder or archive above it, also by the names of what is in what is packed."""
    while path:
        yield from names_of(path)
        path = path.rpartition("/")[0]


def names_of(path: str, place: str = "") -> Sequence[str]:
    """Return what a file, or a place in it, is called: as it is, by the name of what is in it, and by those of what is in all that is packed."""
    inside = unpacked_path(path)
    return (path + place,) if inside == path else tuple(dict.fromkeys((path + place, unpacked(path) + place, inside + place)))


def of_kind(document: Document, kind: str, name: str) -> bool:
    """Whether a document belongs to the giver, is the document, or lies at or below the source that ``name`` names; an empty name is nobody's."""
    if not name.strip():
        return False
    if kind == DOCUMENT:
        return document.id == name
    if kind == CONTRIBUTOR:
        return nfc(document.contributor) == nfc(name)
    return nfc(name) in places_of(nfc(document.source))


def nfc(name: str) -> str:
    """Return a name with its marks coded in one way: keyboards, file systems and tables differ in it."""
    return unicodedata.normalize("NFC", name)


def kind_of(name: str, documents: Iterable[Document]) -> str:
    """Return what a name names, the first of contributor, document and source that fits any of the documents; empty when none does."""
    kinds = {kind for document in documents for kind in (CONTRIBUTOR, DOCUMENT, SOURCE) if of_kind(document, kind, name)}
    return next((kind for kind in (CONTRIBUTOR, DOCUMENT, SOURCE) if kind in kinds), "")


def _hash(salt: str, kind: str, name: str) -> str:
    return hashlib.sha256(f"{salt}\0{kind}\0{name}".encode("utf-8", "replace")).hexdigest()


def _own_hash(values: dict[str, object]) -> str:
    return durable.sha256_bytes(durable.canonical_json({name: value for name, value in values.items() if name != "sha256"}))
