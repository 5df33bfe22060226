"""Builds the pack: page, engine, model, label and documents in one folder that any static web server or memory stick can hold.

``pack.json`` names every file with its size and SHA-256. A browser that has been there before fetches only files whose hash is new
(``worker.js``). The model lies in parts, so that a connection that is cut costs one part and not all of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core import artifacts, durable
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.units import format_bytes
from mbegu.model.gguf_file import GgufHead, read_gguf_head
from mbegu.serve.pack.browser_llama import read_package
from mbegu.serve.pack.fonts import read_fonts
from mbegu.serve.page.files import CONFIG, PageConfig, page_files

LIST = "pack.json"
CHECKSUMS = "SHA256SUMS"
LABEL = "label.html"
WORKER = "worker.js"
PASSAGES = "passages.json"
PART_BYTES = 4_000_000  # a quarter of a minute on a connection of 2 Mbit/s: what a cut costs at most
MOST_LOSS = 0.005  # a smaller form of the model is taken while it needs at most this share of bits more than the best one
LONGEST_CONTEXT_TOKENS = 2048
KV_BYTES = 2  # float16
ENGINE_MEMORY_BYTES = 250_000_000  # of the page with its engine, without model: a guess on the safe side, not measured


@dataclass(frozen=True)
class WebPack:
    """A finished pack: its folder, the form of the model in it, and what a first visit fetches, in bytes."""

    folder: Path
    form: str
    model_bytes: int
    page_bytes: int
    files: int


def build_web_pack(
    release: Path,
    out: Path,
    engine: Path,
    say: Say,
    form: str = "",
    passages: Sequence[Mapping[str, Any]] = (),
    person: str = "",
    fonts: Sequence[Path] = (),
) -> WebPack:
    """Write a pack.

    Args:
        release: the folder of a release: GGUF files, ``label.html``, ``label.json``.
        out: the folder to write; files of an earlier pack in it are replaced, and those that are no longer needed removed.
        engine: the package of the engine, see ``browser_llama``.
        say: says what is done.
        form: ``Q4_K_M``, ``Q8_0`` or ``F16``; the smallest that loses next to nothing when empty.
        passages: of the documents that are to be searched: text, file, page, heading.
        person: whom to ask when the documents hold no answer.
        fonts: for scripts that the readers' devices lack, see ``fonts``.

    Raises:
        InputError: there is no release, no such form, another engine, no font, or ``out`` holds something that is no pack.
    """
    model, form = choose_form(release, form)
    head = read_gguf_head(model)
    engine_files, font_files = read_package(engine), read_fonts(fonts)
    _require_own(out)
    earlier = _names_in(out)
    written: dict[str, str] = {}
    say.note(f"model: {model.name}, {format_bytes(model.stat().st_size)}; engine: {engine.name}")
    parts = [_write(out, f"model/{number:04d}.part", data, written) for number, data in enumerate(_parts_of(model))]
    contents = {**page_files(), **font_files, **engine_files, **_papers(release)}
    if passages:
        contents[PASSAGES] = durable.canonical_json({"passages": [dict(passage) for passage in passages]})
    config = PageConfig(
        name=str(head.metadata.get("general.name", model.stem)),
        engine="browser",
        model=model.stem,
        can_chat="tokenizer.chat_template" in head.metadata,
        documents=bool(passages),
        label=LABEL in contents,
        person=person,
        parts=parts,
        context=_context(head),
        memory_bytes=memory_bytes(model, head),
    )
    contents[CONFIG] = durable.canonical_json(config.as_json())
    files = [_write(out, name, data, written) for name, data in contents.items() if name != WORKER]
    listed = durable.canonical_json(
        {"version": 1, "files": [{**file, "kept": "page"} for file in files] + [{**part, "kept": "parts"} for part in parts]}
    )
    _write(out, LIST, listed, written)
    # A browser looks for a new version by the bytes of this one file: the hash of the list makes them differ.
    _write(out, WORKER, f"// {durable.sha256_bytes(listed)}\n".encode("ascii") + contents[WORKER], written)
    durable.write_text(out / CHECKSUMS, "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(written.items())))
    for name in earlier - set(written):
        durable.remove_file(out / name)
    pack = WebPack(out, form, model.stat().st_size, sum(file["bytes"] for file in files), len(written) + 1)
    say.done(f"pack: {out}, {pack.files} files; a first visit fetches {format_bytes(pack.page_bytes)} and {format_bytes(pack.model_bytes)} of model")
    return pack


def choose_form(release: Path, form: str = "") -> tuple[Path, str]:
    """Return the GGUF file to carry, and its form.

    The smallest whose bits per byte, as measured for the label, are within half a percent of the best; without such figures the
    smallest.

    Raises:
        InputError: there is no model, or none in that form.
    """
    files = {_form_of(path): path for path in sorted(release.glob("*.gguf"))}
    if not files:
        raise InputError("there is no release with a .gguf file", release, "run `mbegu grow` first")
    if form:
        if form not in files:
            raise InputError(f"the release has no model in the form {form}; it has {', '.join(files)}", release, "name one of these with --form")
        return files[form], form
    bits = _bits_by_form(release)
    best = min((bits[each] for each in files if each in bits), default=None)
    good = [each for each in files if best is None or bits.get(each, best) <= best * (1 + MOST_LOSS)]
    chosen = min(good, key=lambda each: files[each].stat().st_size)
    return files[chosen], chosen


def memory_bytes(model: Path, head: GgufHead) -> int:
    """Return about how much memory in bytes running the model in a browser takes: the file twice (fetched, loaded), keys and values, engine."""
    cache = 2 * head.number("block_count") * head.number("attention.head_count_kv") * head.number("attention.key_length") * KV_BYTES
    return 2 * model.stat().st_size + cache * _context(head) + ENGINE_MEMORY_BYTES


def _context(head: GgufHead) -> int:
    return min(head.number("context_length") or LONGEST_CONTEXT_TOKENS, LONGEST_CONTEXT_TOKENS)


def _form_of(path: Path) -> str:
    return path.stem.rpartition("-")[2] or path.stem


def _bits_by_form(release: Path) -> dict[str, float]:
    try:
        forms = json.loads((release / "label.json").read_text(encoding="utf-8")).get("forms", [])
        return {each["form"]: float(each["bits_per_byte"]) for each in forms if each.get("bits_per_byte")}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _parts_of(model: Path) -> Iterator[bytes]:
    with open(model, "rb") as file:
        while data := file.read(PART_BYTES):
            yield data


def _papers(release: Path) -> dict[str, bytes]:
    names = (LABEL, "label.json", "sources.json", "README.md")
    return {name: (release / name).read_bytes() for name in names if (release / name).is_file()}


def _write(out: Path, name: str, data: bytes, written: dict[str, str]) -> dict[str, Any]:
    """Write one file of the pack and return how it is listed."""
    sha256 = durable.sha256_bytes(data)
    if not (out / name).is_file() or durable.sha256_file(out / name) != sha256:
        durable.write_bytes(out / name, data)
    written[name] = sha256
    return {"name": name, "bytes": len(data), "sha256": sha256}


def _require_own(out: Path) -> None:
    """Raise ``InputError`` when a folder holds anything and is no pack: nothing of a person's own is overwritten or removed."""
    if out.exists() and not out.is_dir():
        raise InputError("there is a file where the pack's folder is to be", out, "name another folder with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / LIST).is_file() and not _is_begun(out):
        raise InputError("this folder holds something that is no pack", out, "name another folder with --out, or empty this one")


def _is_begun(out: Path) -> bool:
    """Whether it is a pack whose writing was cut: nothing but parts of the model and files of the page."""
    own = {*page_files(), CONFIG, LABEL, PASSAGES, "label.json", "sources.json", "README.md"}
    return all(name in own or name.startswith(("model/", "engine/", "fonts/")) for name in artifacts.files_in(out))


def _names_in(out: Path) -> set[str]:
    """Return the files of an earlier pack in a folder; whatever else a person keeps there is not ours to remove."""
    try:
        listed = {line.split("  ", 1)[1] for line in (out / CHECKSUMS).read_text(encoding="utf-8").splitlines()}
    except (OSError, ValueError, IndexError):
        listed = set()
    parts = {name for name in artifacts.files_in(out) if name.startswith("model/") and name.endswith(".part")} if out.is_dir() else set()
    return {name for name in listed if (out / name).is_file() and (out / name).resolve().is_relative_to(out.resolve())} | parts
