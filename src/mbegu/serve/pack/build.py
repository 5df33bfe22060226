"""Builds the pack: page, engine, model, label and documents in one folder that any static web server or memory stick can hold.

``pack.json`` names every file with its size and SHA-256. A browser that has been there before fetches only files whose hash is new
(``worker.js``). The model lies in parts, so that a connection that is cut costs one part and not all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core import artifacts, durable
from mbegu.core.report import Say
from mbegu.core.units import format_bytes
from mbegu.serve.pack.contents import PASSAGES, WEB_COPIES, Wishes, gather, listing
from mbegu.serve.pack.folder import finish, names_in, require_own, write_changed
from mbegu.serve.page.files import CONFIG, page_files

LIST = "pack.json"
WORKER = "worker.js"
OWN = {CONFIG, LIST, PASSAGES, "label.html", "label.json", "sources.json", "README.md", "SHA256SUMS"}


@dataclass(frozen=True)
class WebPack:
    """A finished pack: its folder, the form of the model in it, and what a first visit fetches, in bytes."""

    folder: Path
    form: str
    model_bytes: int
    page_bytes: int
    files: int

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "folder": str(self.folder)}


def build_web_pack(release: Path, out: Path, engine: Path, say: Say, wishes: Wishes | None = None) -> WebPack:
    """Write a pack.

    Args:
        release: the folder of a release: GGUF files, ``label.html``, ``label.json``.
        out: the folder to write; files of an earlier pack in it are replaced, and those that are no longer needed removed.
        engine: the package of the engine, see ``browser_llama``.
        say: says what is done.
        wishes: form of the model, documents, person to ask, fonts.

    Raises:
        InputError: there is no release, no such form, another engine, no font, or ``out`` holds something that is no pack.
        DamageError: the release is not as it was written, or its label is none that Mbegu writes.
    """
    contents = gather(release, engine, wishes or Wishes(), WEB_COPIES)
    require_own(out, LIST, _is_ours)
    earlier = names_in(out) | _parts_in(out)
    written: dict[str, str] = {}

    def write(name: str, data: bytes) -> dict[str, Any]:
        write_changed(out, name, data)
        listed = listing(name, data)
        written[name] = listed["sha256"]
        return listed

    say.note(f"model: {contents.model.name}, {format_bytes(contents.model.stat().st_size)}; engine: {engine.name}")
    parts = [write(name, data) for name, data in contents.parts()]
    told = {CONFIG: durable.canonical_json(contents.config.as_json())}
    files = [write(name, data) for name, data in {**contents.files, **told}.items() if name != WORKER]
    listed = _list(files, parts)
    write(LIST, listed)
    # A browser looks for a new version by the bytes of this one file: the hash of the list makes them differ.
    write(WORKER, f"// {durable.sha256_bytes(listed)}\n".encode("ascii") + contents.files[WORKER])
    finish(out, written, earlier)
    pack = WebPack(out, contents.form, contents.model.stat().st_size, sum(file["bytes"] for file in files), len(written) + 1)
    say.done(f"pack: {out}, {pack.files} files; a first visit fetches {format_bytes(pack.page_bytes)} and {format_bytes(pack.model_bytes)} of model")
    return pack


def _list(files: Sequence[Mapping[str, Any]], parts: Sequence[Mapping[str, Any]]) -> bytes:
    kept = [{**file, "kept": "page"} for file in files] + [{**part, "kept": "parts"} for part in parts]
    return durable.canonical_json({"version": 1, "files": kept})


def _is_ours(name: str) -> bool:
    return name in OWN or name in page_files() or name.startswith(("model/", "engine/", "fonts/"))


def _parts_in(out: Path) -> set[str]:
    """Return parts of a model that no list names any more; whatever else a person keeps there is not ours to remove."""
    return {name for name in artifacts.files_in(out) if name.startswith("model/") and name.endswith(".part")} if out.is_dir() else set()
