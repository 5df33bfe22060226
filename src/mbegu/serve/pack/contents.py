"""What every pack holds, whatever its form: the model in its parts, page, engine, label, documents, and what the page is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mbegu.core import artifacts, durable
from mbegu.core.errors import DamageError, InputError
from mbegu.model.gguf_file import GgufHead, read_gguf_head
from mbegu.serve.pack.browser_llama import read_package
from mbegu.serve.pack.fonts import read_fonts
from mbegu.serve.pack.label import read_label
from mbegu.serve.page.files import PageConfig, page_files

LABEL = "label.html"
PASSAGES = "passages.json"
PART_BYTES = 4_000_000  # a quarter of a minute on a connection of 2 Mbit/s: what a cut costs at most
MOST_LOSS = 0.005  # a smaller form of the model is taken while it needs at most this share of bits more than the best one
LONGEST_CONTEXT_TOKENS = 2048
KV_BYTES = 2  # float16
# Measured with bench/app_in_browser.py (Chromium 156, Linux, PSS, highest of each process, less an empty page): the renderer takes 205 to 218 MB
# with next to no model, and 330 to 389 MB with 98 MB of model and 47 MB of keys and values; the browser's own process, which keeps what was
# fetched, takes about twice the model more for a pack and a little over three times for an app.
ENGINE_MEMORY_BYTES = 250_000_000
WEB_COPIES = 3  # of the model, at the highest: one loaded, the others while it is fetched and kept
APP_COPIES = 5


@dataclass(frozen=True)
class Wishes:
    """What the person who makes a pack asks for.

    ``form``: ``Q4_K_M``, ``Q8_0`` or ``F16``; the smallest that loses next to nothing when empty. ``passages`` of the documents that are to be
    searched: text, file, page, heading. ``person``: whom to ask when they hold no answer. ``fonts`` for scripts that devices lack, see ``fonts``.
    """

    form: str = ""
    passages: Sequence[Mapping[str, Any]] = ()
    person: str = ""
    fonts: Sequence[Path] = ()


@dataclass(frozen=True)
class Contents:
    """The model's file and form, all other files by their names, and what the page is told; ``config.parts`` name the parts of the model."""

    model: Path
    form: str
    files: Mapping[str, bytes]
    config: PageConfig

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the bytes of each part of the model, in order."""
        for listed, data in zip(self.config.parts, parts_of(self.model), strict=True):
            yield str(listed["name"]), data


def gather(release: Path, engine: Path, wishes: Wishes, copies: int) -> Contents:
    """Return what a pack of a release holds; nothing is written.

    Args:
        release: the folder of a release: GGUF files, ``label.html``, ``label.json``.
        engine: the package of the engine, see ``browser_llama``.
        wishes: what the person asks for.
        copies: how many times the browser holds the model at the highest, ``WEB_COPIES`` or ``APP_COPIES``.

    Raises:
        InputError: there is no release, no such form, another engine, or no font.
        DamageError: the release is not as it was written, or its label is none that Mbegu writes.
    """
    model, form = choose_form(release, wishes.form)
    _require_sound(release, engine)
    head = read_gguf_head(model)
    files = {**page_files(), **read_fonts(wishes.fonts), **read_package(engine), **_papers(release)}
    if wishes.passages:
        files[PASSAGES] = durable.canonical_json({"passages": [dict(passage) for passage in wishes.passages]})
    config = PageConfig(
        name=str(head.metadata.get("general.name", model.stem)),
        engine="browser",
        model=model.stem,
        can_chat="tokenizer.chat_template" in head.metadata,
        documents=bool(wishes.passages),
        label=LABEL in files,
        person=wishes.person,
        context=_context(head),
        memory_bytes=memory_bytes(model, head, copies),
    )
    listed = [listing(f"model/{number:04d}.part", data) for number, data in enumerate(parts_of(model))]
    return Contents(model, form, files, replace(config, parts=listed))


def _require_sound(release: Path, engine: Path) -> None:
    """Refuse a release of which a file is damaged, missing or foreign; only the engine may lie in it. Raises ``DamageError``."""
    try:
        problems = artifacts.problems_of(artifacts.read_manifest(release), is_given=True)
    except DamageError as error:
        problems = [error]
    for problem in problems:
        if Path(problem.where).resolve() != engine.resolve():
            fix = "`mbegu verify` names all that is wrong; make the release anew, or copy it again from where it came from"
            raise DamageError(f"no pack is made of a release that is not as it was written: {problem.what}", problem.where, fix)


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


def memory_bytes(model: Path, head: GgufHead, copies: int) -> int:
    """Return about how much memory in bytes a browser takes at the highest, beside what it takes empty: copies of the model, keys and values, engine.

    Args:
        model: the GGUF file.
        head: what it says of itself.
        copies: how many times the browser holds the file; for the measurement behind it see ``ENGINE_MEMORY_BYTES``.
    """
    cache = 2 * head.number("block_count") * head.number("attention.head_count_kv") * head.number("attention.key_length") * KV_BYTES
    return copies * model.stat().st_size + cache * _context(head) + ENGINE_MEMORY_BYTES


def parts_of(model: Path) -> Iterator[bytes]:
    """Yield a model's file in parts of at most ``PART_BYTES``."""
    with open(model, "rb") as file:
        while data := file.read(PART_BYTES):
            yield data


def listing(name: str, data: bytes) -> dict[str, Any]:
    """Return how a file is listed for the page: its name, size and SHA-256."""
    return {"name": name, "bytes": len(data), "sha256": durable.sha256_bytes(data)}


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


def _papers(release: Path) -> dict[str, bytes]:
    names = ("label.json", "sources.json", "README.md")
    papers = {name: (release / name).read_bytes() for name in names if (release / name).is_file()}
    return {LABEL: read_label(release / LABEL), **papers} if (release / LABEL).is_file() else papers
