"""The index's file: one SQLite data base with files, passages, what they are found by, and their embeddings.

SQLite keeps it whole through power cuts (rollback journal, every commit synced); a file of the folder is indexed in one transaction.
Each passage has a checksum, so that a damaged one is never quoted. A damaged or older index is made anew.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core.errors import DamageError, MbeguError, ResourceError, explain_os_error
from mbegu.serve.documents.keys import KEYS_VERSION, keys_of
from mbegu.serve.documents.passages import Piece

APPLICATION_ID = 0x6D626567  # "mbeg"
VERSION = 100 + KEYS_VERSION
WAIT_S = 30.0
KINDS = ("exact", "bare", "grams")
# The texts are not stored a second time (content=''), nor where a key stands in them (detail=none): that is looked up in the few
# passages that are candidates. The keys are made by us and divided by spaces; with the "ascii" tokenizer every sign above ASCII is part of a key.
_SCHEMA = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL, sha256 TEXT NOT NULL, problem TEXT NOT NULL DEFAULT '');
CREATE TABLE passages (id INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL, number INTEGER NOT NULL, page INTEGER, row TEXT NOT NULL,
    heading TEXT NOT NULL, text TEXT NOT NULL, checksum INTEGER NOT NULL, UNIQUE (file, number));
CREATE TABLE vectors (passage INTEGER PRIMARY KEY, model TEXT NOT NULL, vector BLOB NOT NULL);
{
    "".join(
        f'''CREATE VIRTUAL TABLE {kind} USING fts5(keys, content='', detail=none, tokenize="ascii tokenchars '_'");
CREATE VIRTUAL TABLE {kind}_terms USING fts5vocab('{kind}', 'row');
CREATE VIRTUAL TABLE {kind}_places USING fts5vocab('{kind}', 'instance');
'''
        for kind in KINDS
    )
}
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""


@dataclass(frozen=True)
class Passage:
    """A passage as it is stored. ``number`` counts from 1 within its file; ``page`` is ``None`` where the format has no pages."""

    id: int
    file_id: int
    file: str
    number: int
    page: int | None
    row: str
    heading: str
    text: str


class Store:
    """The data base of an index. Use ``open_store`` to get one; safe to use from several threads, one at a time."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what SQLite raises into errors for the user: ``DamageError``, ``ResourceError``."""
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise _explained(error, self.path) from error

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction: all of it or nothing is in the file afterwards. Raises ``DamageError`` and ``ResourceError``."""
        with self.reading(), self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            yield

    def meta(self, name: str) -> Any:
        """Return a stored value, or ``None``."""
        row = self._one("SELECT value FROM meta WHERE name = ?", (name,))
        return None if row is None else json.loads(row[0])

    def set_meta(self, name: str, value: Any) -> None:
        """Store a value that JSON can hold."""
        with self.writing():
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value, ensure_ascii=False, sort_keys=True)))

    def files(self) -> dict[str, tuple[int, str, str]]:
        """Return name -> (id, SHA-256, problem: why nothing of it could be read)."""
        return {name: (number, sha256, problem) for number, name, sha256, problem in self._all("SELECT id, name, sha256, problem FROM files")}

    def replace_file(self, name: str, sha256: str, pieces: Iterable[Piece], problem: str = "") -> int:
        """Put the passages of a file in the place of its old ones, in one transaction; returns how many there are."""
        with self.writing():
            self._forget(name)
            cursor = self.connection.execute("INSERT INTO files (name, sha256, problem) VALUES (?, ?, ?)", (name, sha256, problem))
            count = 0
            for count, piece in enumerate(pieces, 1):
                self._insert(int(cursor.lastrowid or 0), count, piece)
        return count

    def forget_file(self, name: str) -> None:
        """Take a file and all its passages out."""
        with self.writing():
            self._forget(name)

    def count(self) -> int:
        """Return the number of passages."""
        row = self._one("SELECT count(*) FROM passages", ())
        return int(row[0]) if row else 0

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """Return passages in the order of their ids. Raises ``DamageError`` when one is not what was written."""
        marks = ",".join("?" * len(ids))
        rows = self._all(f"{_PASSAGE} WHERE p.id IN ({marks})", ids)
        found = {row[0]: self._checked(row) for row in rows}
        return [found[each] for each in ids if each in found]

    def passages_of(self, file_id: int) -> list[Passage]:
        """Return all passages of a file in order. Raises ``DamageError`` as ``passages`` does."""
        return [self._checked(row) for row in self._all(f"{_PASSAGE} WHERE p.file = ? ORDER BY p.number", (file_id,))]

    def occurrences(self, kind: str, keys: Sequence[str]) -> dict[str, int]:
        """Return in how many passages each key stands; keys that stand in none are left out."""
        counts = {}
        for key in keys:
            row = self._one(f"SELECT doc FROM {_kind(kind)}_terms WHERE term = ?", (key,))  # noqa: S608 - one of three names
            if row:
                counts[key] = int(row[0])
        return counts

    def holding(self, kind: str, key: str) -> list[int]:
        """Return the ids of the passages in which a key stands. Looked up by value: no words of a question ever reach FTS5's query language."""
        return [row[0] for row in self._all(f"SELECT doc FROM {_kind(kind)}_places WHERE term = ?", (key,))]  # noqa: S608 - one of three names

    def without_vector(self, model: str) -> list[int]:
        """Return the ids of the passages that this model has not embedded."""
        return [row[0] for row in self._all("SELECT id FROM passages WHERE id NOT IN (SELECT passage FROM vectors WHERE model = ?)", (model,))]

    def add_vectors(self, model: str, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Store embeddings as float16 in little-endian bytes."""
        with self.writing():
            self.connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", [(each, model, vector) for each, vector in vectors])

    def vectors(self, model: str) -> list[tuple[int, bytes]]:
        """Return (passage, float16 bytes) of one model, by passage."""
        return self._all("SELECT passage, vector FROM vectors WHERE model = ? ORDER BY passage", (model,))

    def _insert(self, file_id: int, number: int, piece: Piece) -> None:
        row = (file_id, number, piece.page, piece.row, piece.heading, piece.text, _checksum(piece.heading, piece.text))
        insert = "INSERT INTO passages (file, number, page, row, heading, text, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)"
        place = self.connection.execute(insert, row).lastrowid
        for kind, keys in keys_of(f"{piece.heading}\n{piece.text}").items():
            self.connection.execute(f"INSERT INTO {kind} (rowid, keys) VALUES (?, ?)", (place, " ".join(keys)))  # noqa: S608

    def _forget(self, name: str) -> None:
        row = self._one("SELECT id FROM files WHERE name = ?", (name,))
        if row is None:
            return
        for place, heading, text in self._all("SELECT id, heading, text FROM passages WHERE file = ?", row):
            for kind, keys in keys_of(f"{heading}\n{text}").items():
                values = (place, " ".join(keys))
                self.connection.execute(f"INSERT INTO {kind} ({kind}, rowid, keys) VALUES ('delete', ?, ?)", values)  # noqa: S608
            self.connection.execute("DELETE FROM vectors WHERE passage = ?", (place,))
        self.connection.execute("DELETE FROM passages WHERE file = ?", row)
        self.connection.execute("DELETE FROM files WHERE id = ?", row)

    def _checked(self, row: Any) -> Passage:
        *fields, checksum = row
        passage = Passage(*fields)
        if _checksum(passage.heading, passage.text) != checksum:
            raise DamageError(f"a passage of '{passage.file}' is not what was written into the index", self.path, _ANEW)
        return passage

    def _one(self, query: str, values: Sequence[Any]) -> Any:
        with self.reading():
            return self.connection.execute(query, values).fetchone()

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self.reading():
            return self.connection.execute(query, values).fetchall()


_PASSAGE = "SELECT p.id, p.file, f.name, p.number, p.page, p.row, p.heading, p.text, p.checksum FROM passages p JOIN files f ON f.id = p.file"
_ANEW = "delete the index and run `mbegu documents index` again: it is made anew from the documents"


def open_store(path: Path) -> Store:
    """Open an index that is there.

    Raises:
        DamageError: it is no index, is damaged, or was made by another version.
        ResourceError: it cannot be read.
    """
    if not path.is_file():
        raise DamageError("there is no index", path, "make it: `mbegu documents index DIR`")
    store = Store(path, _connect(path))
    try:
        with store.reading():
            version = tuple(store.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
            if version != (APPLICATION_ID, VERSION):
                raise DamageError("this is no index of this version of Mbegu", path, _ANEW)
            if store.connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise DamageError("the index is damaged", path, _ANEW)
    except MbeguError:
        store.close()
        raise
    return store


def create_store(path: Path) -> Store:
    """Make an empty index in the place of whatever is there. Raises ``ResourceError`` when the disk refuses."""
    from mbegu.core import durable

    durable.make_folder(path.parent)
    for name in (path, *(path.with_name(path.name + suffix) for suffix in ("-journal", "-wal", "-shm"))):
        durable.remove_file(name)
    store = Store(path, _connect(path))
    with store.reading():
        store.connection.executescript(_SCHEMA)
    durable.sync_folder(path.parent)
    return store


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    except OSError as error:
        raise explain_os_error(error, path) from error
    return connection


def _explained(error: sqlite3.Error, path: Path) -> MbeguError:
    text = str(error).lower()
    if "disk is full" in text:
        return ResourceError("the disk is full", path, "free some space and run the same command again: it goes on where it stopped")
    if "unable to open" in text or "readonly" in text or "locked" in text:
        return ResourceError(f"the index cannot be used: {error}", path, "check that you may read and write there, and that nothing else is indexing")
    return DamageError(f"the index is damaged: {error}", path, _ANEW)


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"there are no keys of kind {kind!r}")
    return kind


def _checksum(heading: str, text: str) -> int:
    return zlib.crc32(f"{heading}\n{text}".encode())
