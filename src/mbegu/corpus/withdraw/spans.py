"""Spans of eight words: what must be left nowhere, and what text there is in a file of any kind."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import html
import io
import json
import mmap
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.core.documents import Document
from mbegu.core.errors import explain_os_error
from mbegu.corpus.keys import Hashes
from mbegu.corpus.leaks.words import bare_words, window_hashes

SPAN_WORDS = 8
BATCH_WORDS = 200_000
MOST_REMEMBERED = 500_000
WHOLE_LIMIT_BYTES = 256_000_000  # a larger file of an unknown kind is read in pieces
# Numbers only: no words of the text stand in them.
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# A file inside an app (serve/pack/app.py writes them): its name, and base64 of gzip.
_BLOCK = re.compile(rb'data-file="([^"<>]*)"[^<>]* data-packed="gzip">([A-Za-z0-9+/=]*)<')
NUMBERS = (".safetensors", ".npy", ".npz", ".gguf", ".pt", ".bin", ".wasm")
PAGES = (".html", ".htm")


class StableWordHashes(dict[str, tuple[int, ...]]):
    """Hashes of the bare words of pieces of text, the same in every process, so that an interrupted withdrawal can go on."""

    def __missing__(self, token: str) -> tuple[int, ...]:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        hashes = tuple(
            [int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little") for word in bare_words(token)]
        )
        self[token] = hashes
        return hashes


class Spans:
    """Hashes of spans of eight words, sorted [spans]; capitals, punctuation and marks make no difference."""

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = np.unique(hashes)
        self._words = StableWordHashes()

    @classmethod
    def of_documents(cls, documents: Iterable[Document]) -> Spans:
        """Return all spans of some documents."""
        made = cls(np.zeros(0, dtype=np.uint64))
        found = [made.of_text(document.text) for document in documents]
        made.hashes = np.unique(np.concatenate([made.hashes, *found]))
        return made

    def of_text(self, text: str) -> Hashes:
        """Return the hashes of the spans of a text, in order."""
        row = np.fromiter(chain.from_iterable(map(self._words.__getitem__, text.split())), dtype=np.uint64)
        return window_hashes(row, SPAN_WORDS)

    def take_away(self, documents: Iterable[Document]) -> None:
        """Leave out the spans that also stand in these documents."""
        for document in documents:
            if not len(self.hashes):
                return
            spans = self.of_text(document.text)
            found = spans[self._are_here(spans)]
            if len(found):
                self.hashes = np.setdiff1d(self.hashes, np.unique(found), assume_unique=True)

    def stand_in(self, text: str) -> bool:
        """Whether any of the spans stands in a text."""
        if not len(self.hashes):
            return False
        forms = {text, as_read(text)}
        return any(bool(self._are_here(self.of_text(form)).any()) for form in forms)

    def _are_here(self, spans: Hashes) -> npt.NDArray[np.bool_]:
        """Return which spans are among these, without going over all of them: files hold tens of thousands of short texts."""
        places = np.searchsorted(self.hashes, spans)
        here: npt.NDArray[np.bool_] = self.hashes[np.minimum(places, len(self.hashes) - 1)] == spans
        return here


def as_read(text: str) -> str:
    """Return the words of a page as a person reads them: without tags, characters in place of their numbers and names."""
    if "<" not in text and "&" not in text and "\\u" not in text:
        return text
    return html.unescape(_TAG.sub(" ", _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)))


def texts_in(path: Path) -> Iterator[str]:
    """Yield the text that a file holds: strings of Parquet and JSON, members of archives, unpacked gzip, else its bytes as far as they are text.

    A page also gives what is packed inside it, as in an app.

    Raises:
        MbeguError: the disk refuses.
    """
    suffix = path.suffix.lower()
    if suffix in NUMBERS:
        return
    try:
        if suffix == ".parquet":
            yield from _parquet_strings(path)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    if not member.is_dir() and Path(member.filename).suffix.lower() not in NUMBERS:
                        yield from _json_strings(archive.read(member))
        elif suffix == ".gz":
            with gzip.open(path, "rb") as stream:
                yield from _pieces(stream)
        elif suffix == ".json":
            yield from _json_strings(path.read_bytes())
        else:
            with open(path, "rb") as stream:
                yield from _pieces(stream)
            if suffix in PAGES and path.stat().st_size:
                yield from _packed_in(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
        yield path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise explain_os_error(error, path) from error


def json_strings(value: Any) -> Iterator[str]:
    """Yield every string in a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from json_strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from json_strings(each)


def _packed_in(page: Path) -> Iterator[str]:
    """Yield the text of the files that are packed in a page; of each no more than ``WHOLE_LIMIT_BYTES`` are unpacked."""
    with open(page, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for name, block in (found.groups() for found in _BLOCK.finditer(data)):
            if Path(name.decode("utf-8", "replace")).suffix.lower() in NUMBERS:
                continue
            try:
                with gzip.open(io.BytesIO(base64.b64decode(block))) as stream:
                    raw = stream.read(WHOLE_LIMIT_BYTES)
            except (OSError, EOFError, zlib.error, binascii.Error):
                continue
            yield from _json_strings(raw)


def _json_strings(raw: bytes) -> Iterator[str]:
    """Yield the strings of a JSON value, or the text itself where it is none."""
    try:
        yield from json_strings(json.loads(raw))
    except (ValueError, RecursionError):
        yield raw.decode("utf-8", "replace")


def _parquet_strings(path: Path) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1024):
                for row in batch.to_pylist():
                    yield from json_strings(json.loads(json.dumps(row, default=str)))
    except pa.ArrowException:
        yield path.read_bytes().decode("utf-8", "replace")


def _pieces(stream: Any) -> Iterator[str]:
    """Yield a stream in pieces of text that overlap by more than a span."""
    overlap = 4_000
    before = b""
    while data := stream.read(WHOLE_LIMIT_BYTES // 16):
        yield (before + data).decode("utf-8", "replace")
        before = data[-overlap:]
