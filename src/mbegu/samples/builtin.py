"""The small built-in texts that ``mbegu demo`` grows its model from."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from mbegu.core import durable
from mbegu.core.errors import InputError, SettingsError
from mbegu.core.language import parse_language
from mbegu.core.settings import near

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

LICENCE = "CC0-1.0"
ORIGIN = "machine-written for this project, not reviewed by a speaker, only for demonstration"


@dataclass(frozen=True)
class BuiltinSample:
    """One built-in text: its language, size, licence and origin."""

    language: str
    name: str
    documents: int
    bytes: int
    licence: str = LICENCE
    origin: str = ORIGIN


def builtin_samples() -> tuple[BuiltinSample, ...]:
    """Return the built-in texts with their sizes, sorted by language code."""
    samples = []
    for folder in sorted(_text_folder().iterdir(), key=lambda entry: entry.name):
        sizes = [len(file.read_bytes()) for file in _documents_in(folder)]
        if sizes:
            samples.append(BuiltinSample(folder.name, parse_language(folder.name).name, len(sizes), sum(sizes)))
    return tuple(samples)


def copy_sample(language: str, target_folder: Path) -> list[Path]:
    """Copy a built-in text, one file a document.

    Args:
        language: a language of ``builtin_samples``, with or without its script: ``yor_Latn`` or ``yor``.
        target_folder: where to put the files; made where missing. Files there that are already the same are left as they are.

    Returns:
        The files, in the order of their names.

    Raises:
        SettingsError: there is no built-in text in that language.
        InputError: another file of the same name is in the way; nothing was copied.
        ResourceError: the disk is full or refuses.
    """
    texts = {target_folder / document.name: document.read_bytes() for document in _documents_in(_folder_of(language))}
    missing = []
    for path, text in texts.items():
        if not path.exists():
            missing.append(path)
        elif not path.is_file() or durable.sha256_file(path) != durable.sha256_bytes(text):
            raise InputError("another file of this name is already here", path, "move it elsewhere, or choose an empty folder")
    for path in missing:
        durable.write_bytes(path, texts[path])
    return list(texts)


def _text_folder() -> Traversable:
    return resources.files("mbegu.samples").joinpath("text")


def _documents_in(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name.endswith(".txt")), key=lambda file: file.name)


def _folder_of(language: str) -> Traversable:
    known = sorted(folder.name for folder in _text_folder().iterdir() if _documents_in(folder))
    for name in known:
        if language in (name, name.split("_")[0]):
            return _text_folder().joinpath(name)
    raise SettingsError(f"there is no built-in text in '{language}'{near(language, known)}", fix=f"use one of: {', '.join(known)}")
