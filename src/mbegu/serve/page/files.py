"""The files of the page, as they lie in the package, and what the page is told of the model that it stands before."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

FIRST_LANGUAGE = "eng"  # listed first; its words stand in where another language lacks one
CONFIG = "page.json"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gguf": "application/octet-stream",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}


@functools.cache
def page_files() -> Mapping[str, bytes]:
    """Return every file of the page by its path below the page's folder, such as ``words/yor.json``."""
    files: dict[str, bytes] = {}
    pending = [("", resources.files("mbegu.serve.page").joinpath("static"))]
    while pending:
        prefix, folder = pending.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                pending.append((f"{prefix}{entry.name}/", entry))
            else:
                files[prefix + entry.name] = entry.read_bytes()
    return dict(sorted(files.items()))


def languages() -> list[dict[str, str]]:
    """Return the languages that the page speaks: code (ISO 639-3), its own name, tag (BCP 47) and direction, by name but English first."""
    found = []
    for name, data in page_files().items():
        if name.startswith("words/"):
            words = json.loads(data)
            code = name.removeprefix("words/").removesuffix(".json")
            found.append({"code": code, "name": words["name"], "tag": words["tag"], "direction": words["direction"]})
    return sorted(found, key=lambda each: (each["code"] != FIRST_LANGUAGE, each["name"]))


@dataclass(frozen=True)
class PageConfig:
    """What the page is told, in ``page.json``.

    ``engine`` is ``server`` (this site answers) or ``browser`` (the model runs in the page). ``model`` is the name that the API knows;
    empty when there are only documents. ``most_tokens`` bounds an answer. ``person`` is whom to ask when nothing is found. ``kept_days``
    is how long the server keeps questions and answers; 0: it does not. Only for ``browser``: ``parts`` of the GGUF file (name, bytes,
    sha256), its ``context`` in tokens, and ``memory_bytes`` that running it takes.
    """

    name: str
    engine: str
    model: str = ""
    can_chat: bool = False
    documents: bool = False
    label: bool = False
    most_tokens: int = 256
    person: str = ""
    kept_days: int = 0
    parts: Sequence[Mapping[str, Any]] = ()
    context: int = 0
    memory_bytes: int = 0
    languages: Sequence[Mapping[str, str]] = field(default_factory=languages)

    def as_json(self) -> dict[str, Any]:
        """Return it as the plain values of ``page.json``."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def media_type(name: str) -> str:
    """Return the media type of a file by its ending."""
    return next((kind for ending, kind in MEDIA_TYPES.items() if name.endswith(ending)), "application/octet-stream")
