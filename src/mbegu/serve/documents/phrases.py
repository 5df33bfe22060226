"""What an answer says around its quotations, in the user's language: one file a language in `words/`."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from pathlib import Path

FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True)
class Words:
    """The sentences of one language. ``reviewed_by`` names the speaker who signed them; empty: translated by a machine, and said so."""

    language: str
    direction: str
    reviewed_by: str
    found: str
    nothing_found: str
    not_sure: str
    also: str
    ask: str
    danger_first: str
    page: str
    row: str
    under: str
    written_from: str
    machine_translated: str


@functools.cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that have a file."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def words_in(language: str) -> Words | None:
    """Return the words of a language by its ISO 639-3 code, with or without a script; ``None`` where there is no file."""
    code = language.partition("_")[0]
    return _read(code) if code in languages() else None


@functools.cache  # of the languages that have a file: what clients send has no end
def _read(code: str) -> Words:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    table = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    return Words(**{each.name: str(table[each.name]) for each in fields(Words)})
