"""The file of an identifier: the n-gram counts of each taught language, what it was taught from, and what people overruled.

A zip archive of numpy arrays, read without pickle: for each language its n-grams and counts, and `about`, a JSON text in UTF-8 that holds the
rest with the SHA-256 of every array. It holds no line of text. It is written through ``mbegu.core.durable``.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as array_format

from mbegu.core import durable
from mbegu.core.errors import DamageError, MbeguError, explain_os_error
from mbegu.corpus.identify.counting import ORDER, Counts

VERSION = 1
MOST_UNPACKED_BYTES = 1 << 30  # of a model that is opened: far more than a thousand languages need
_AGAIN = "put back a copy of the file, or remove it and teach the languages again"


@dataclass(frozen=True)
class TaughtFrom:
    """A file that taught a language: its name without folders, SHA-256, and how many lines and characters it had."""

    name: str
    sha256: str
    lines: int
    characters: int


@dataclass(frozen=True)
class Taught:
    """A taught language: its counts, what a letter of lines that were held back costs (``typical_cost``, nats), and its sources."""

    counts: Counts
    typical_cost: float
    sources: tuple[TaughtFrom, ...]


@dataclass
class Model:
    """Taught languages by their ISO 639-3 codes, and overruled lines: key of the line (``line_key``) to (code, characters of the line)."""

    languages: dict[str, Taught] = field(default_factory=dict)
    overruled: dict[str, tuple[str, int]] = field(default_factory=dict)


def line_key(line: str) -> str:
    """Return what an overruled line is recognised by: a hash of its NFC text without spaces around it, not the text."""
    return hashlib.blake2b(_trimmed(line).encode("utf-8", "replace"), digest_size=16).hexdigest()


def line_size(line: str) -> int:
    """Return the number of characters that ``line_key`` looks at, to tell quickly that a line is not an overruled one."""
    return len(_trimmed(line))


def _trimmed(line: str) -> str:
    return unicodedata.normalize("NFC", line).strip()


def write_model(path: Path, model: Model) -> int:
    """Write a model durably; the same model gives the same bytes. Returns the size in bytes. Raises ``ResourceError``."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    languages = {}
    for code, taught in sorted(model.languages.items()):
        arrays[f"grams.{code}"] = np.ascontiguousarray(taught.counts.grams.T)  # a letter's column after another: this packs better
        arrays[f"counts.{code}"] = taught.counts.counts
        languages[code] = {
            "typical_cost": taught.typical_cost,
            "scripts": list(taught.counts.scripts),
            "sources": [asdict(each) for each in taught.sources],
        }
    about = {
        "version": VERSION,
        "languages": languages,
        "overruled": model.overruled,
        "sha256": {name: durable.sha256_bytes(array.astype("<u4").tobytes()) for name, array in arrays.items()},
    }
    buffer = io.BytesIO()
    text = np.frombuffer(durable.canonical_json(about), dtype=np.uint8)
    members: dict[str, Any] = {"about": text, **{name: array.astype("<u4") for name, array in arrays.items()}}
    np.savez_compressed(buffer, **members)
    durable.write_bytes(path, buffer.getvalue())
    return len(buffer.getvalue())


def read_model(path: Path) -> Model:
    """Read a model.

    Raises:
        DamageError: the file is damaged, or no such model.
        MbeguError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _require_small(archive, path)
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(bytes(arrays["about"]).decode("utf-8"))
            return _model_of(about, arrays, path)
    except MbeguError:
        raise
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise DamageError("the model of languages is damaged, or is none", path, _AGAIN) from error


def _require_small(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse a file that is far too large unpacked, or an array that says it is larger than its part of the file: memory would be taken for it."""
    if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED_BYTES:
        raise DamageError("this is no model of languages: it is far too large unpacked", path, _AGAIN)
    for each in archive.infolist():
        with archive.open(each) as file:
            array_format.read_magic(file)
            shape, _, dtype = array_format.read_array_header_1_0(file)
        if math.prod(shape) * dtype.itemsize > each.file_size:
            raise DamageError(f"the model of languages is damaged: its part '{each.filename}' says that it is larger than it is", path, _AGAIN)


def _model_of(about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], path: Path) -> Model:
    if about["version"] != VERSION:
        raise DamageError(f"the model of languages has version {about['version']!r}, this Mbegu reads {VERSION}", path, "use the Mbegu that wrote it")
    model = Model(overruled={str(key): (str(code), int(size)) for key, (code, size) in about["overruled"].items()})
    for code, facts in about["languages"].items():
        grams, counts = (_checked(arrays, f"{kind}.{code}", about["sha256"], path) for kind in ("grams", "counts"))
        if grams.shape != (ORDER, len(counts)):
            raise ValueError(code)
        sources = tuple(TaughtFrom(**each) for each in facts["sources"])
        held = Counts(np.ascontiguousarray(grams.T), counts, tuple(facts["scripts"]))
        model.languages[code] = Taught(held, float(facts["typical_cost"]), sources)
    return model


def _checked(arrays: Mapping[str, npt.NDArray[Any]], name: str, hashes: Mapping[str, str], path: Path) -> npt.NDArray[np.uint32]:
    array = arrays[name]
    if array.dtype != np.dtype("<u4") or durable.sha256_bytes(array.tobytes()) != hashes[name]:
        raise DamageError("the model of languages is damaged: a part of it has another hash", path, _AGAIN)
    return array.astype(np.uint32)
