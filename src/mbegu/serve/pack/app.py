"""Builds the app: the whole pack as one HTML file, which a browser opens from a disk, a memory stick or a message, without any server.

Browsers load neither modules nor data from beside a page that was opened from a disk, so everything lies in the page: its styles, one script
made of its modules, and after them the other files as blocks of base64, the model in parts. The page takes each block out of the document as it
arrives (``files.js``), so that it shows itself at once and needs the memory for one block. The page's policy allows exactly these scripts and
styles by their hashes, and no connection to anywhere.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.report import Say
from mbegu.core.units import format_bytes
from mbegu.serve.pack.browser_llama import LICENCE_FILE
from mbegu.serve.pack.bundle import bundle, module_body
from mbegu.serve.pack.contents import APP_COPIES, LABEL, PASSAGES, Contents, Wishes, gather
from mbegu.serve.pack.folder import CHECKSUMS, finish, names_in, require_own, write_changed
from mbegu.serve.pack.readme import README, readme_text
from mbegu.serve.page.files import CONFIG, media_type, page_files

PAPERS = "papers/"
LICENCES = "LICENCES.txt"
FIRST_MODULE = "app.js"
LARGE = (LABEL, LICENCES, PASSAGES, "engine/wllama.wasm")
ENGINE = "engine/wllama.js"
TRIED_MODEL_BYTES = 100_000_000  # the largest model for which opening was measured (bench/app_in_browser.py) had 98.4 MB
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
PLACES = re.compile(r"<link [^>]*>\n|<script [^>]*></script>\n")  # in the page's head: what a server would give
POLICY = re.compile(r'(http-equiv="Content-Security-Policy" content=")[^"]*"')


@dataclass(frozen=True)
class App:
    """A finished app: its folder, the one file that does it all, the form of the model in it, and sizes in bytes."""

    folder: Path
    file: str
    form: str
    model_bytes: int
    file_bytes: int

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "folder": str(self.folder)}


def build_app(release: Path, out: Path, engine: Path, say: Say, wishes: Wishes | None = None) -> App:
    """Write an app: the file itself, and beside it how to open it, its label, licences and checksums.

    Args:
        release: the folder of a release: GGUF files, ``label.html``, ``label.json``.
        out: the folder to write; files of an earlier app in it are replaced.
        engine: the package of the engine, see ``browser_llama``.
        say: says what is done.
        wishes: form of the model, documents, person to ask, fonts.

    Raises:
        InputError: as for a pack.
        DamageError: as for a pack.
    """
    contents = gather(release, engine, wishes or Wishes(), APP_COPIES)
    model_bytes = contents.model.stat().st_size
    if model_bytes > TRIED_MODEL_BYTES:
        tried = format_bytes(TRIED_MODEL_BYTES)
        say.warn(
            f"the model has {format_bytes(model_bytes)}; one file was tried up to {tried}: try it on the devices that are to open it, or use --web"
        )
    name = f"{contents.config.model}.html"
    require_own(out, README, lambda each: each in (README, CHECKSUMS, name) or each.startswith(PAPERS))
    earlier = names_in(out)
    say.note(f"model: {contents.model.name}, {format_bytes(model_bytes)}; engine: {engine.name}")
    with durable.replace_file(out / name, model_bytes * 4 // 3) as file:
        for piece in _document(contents):
            file.write(piece)
    others = {README: readme_text(name, contents.config.name), **_papers(contents)}
    for each, data in others.items():
        write_changed(out, each, data)
    written = {name: durable.sha256_file(out / name), **{each: durable.sha256_bytes(data) for each, data in others.items()}}
    finish(out, written, earlier)
    app = App(out, name, contents.form, model_bytes, (out / name).stat().st_size)
    say.done(f"app: {out / name}, {format_bytes(app.file_bytes)}, with {format_bytes(model_bytes)} of model")
    return app


def _document(contents: Contents) -> Iterator[bytes]:
    """Yield the HTML file in pieces: the page, small files, program, engine, large files, model."""
    files = {**contents.files, CONFIG: durable.canonical_json(contents.config.as_json()), LICENCES: _licences(contents.files)}
    program = bundle({name: data for name, data in page_files().items() if name.endswith(".js")}, FIRST_MODULE)
    body = module_body(files[ENGINE].decode("utf-8"), ENGINE)
    scripts = [program.decode("utf-8"), f'"use strict";\nglobalThis.mbeguEngine = (Worker, Blob) => {{\n{body}}};\n']
    styles = _fonts_within(files) + files["style.css"].decode("utf-8")
    head, foot = _frame(files, scripts, styles, contents)
    small = [CONFIG, *(name for name in files if name.startswith("words/"))]
    yield head.encode("utf-8")
    for name in small:
        yield _block(name, files[name])
    for script in scripts:
        yield f"<script>{script}</script>\n".encode()
    for name in LARGE:
        if name in files:
            yield _block(name, files[name])
    for name, data in contents.parts():
        yield _block(name, data, packed=False)
    yield foot.encode("utf-8")


def _frame(files: Mapping[str, bytes], scripts: list[str], styles: str, contents: Contents) -> tuple[str, str]:
    """Return the page before and after the blocks.

    Raises:
        ValueError: a script or style could end its element early.
    """
    if any("</script" in script.lower() or "<!--" in script for script in scripts) or "</style" in styles.lower():
        raise ValueError("a script or style holds the end of its own element")
    label_styles = STYLE.findall(files[LABEL].decode("utf-8")) if LABEL in files else []
    page = files["index.html"].decode("utf-8")
    icon = f'<link rel="icon" href="data:image/svg+xml;base64,{base64.b64encode(files["icon.svg"]).decode("ascii")}">\n'
    page = PLACES.sub("", page).replace("</head>", f"{icon}<style>{styles}</style>\n</head>", 1)
    page = POLICY.sub(lambda found: f'{found[1]}{_policy(scripts, [styles, *label_styles])}"', page, count=1)
    mark = html.escape(durable.sha256_bytes(durable.canonical_json(list(contents.config.parts)))[:12])
    page = page.replace("<html ", f'<html data-app="{mark}" ', 1).replace("<title>Mbegu<", f"<title>{html.escape(contents.config.name)}<", 1)
    head, _, foot = page.partition("</body>")
    return head, f"</body>{foot}"


def _policy(scripts: list[str], styles: list[str]) -> str:
    allowed = {"script-src": [*map(_hash_source, scripts), "'wasm-unsafe-eval'"], "style-src": [*map(_hash_source, styles)]}
    fixed = "worker-src blob:; img-src data:; font-src data:; connect-src blob:; base-uri 'none'; form-action 'none'; frame-src 'none'"
    return f"default-src 'none'; {'; '.join(f'{name} {chr(32).join(sources)}' for name, sources in allowed.items())}; {fixed}"


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _block(name: str, data: bytes, packed: bool = True) -> bytes:
    """Return a file as an element that browsers do not run; compressed unless it is part of a model, which hardly gets smaller."""
    kind = html.escape(media_type(name), quote=True)
    content = base64.b64encode(gzip.compress(data, mtime=0) if packed else data)
    how = b' data-packed="gzip"' if packed else b""
    return (
        f'<script type="text/plain" data-file="{html.escape(name, quote=True)}" data-type="{kind}"'.encode() + how + b">" + content + b"</script>\n"
    )


def _fonts_within(files: Mapping[str, bytes]) -> str:
    """Return the styles of fonts with the fonts in them."""

    def within(found: re.Match[str]) -> str:
        data = base64.b64encode(files[found[1]]).decode("ascii")
        return f'url("data:font/{found[1].rpartition(".")[2]};base64,{data}")'

    return re.sub(r'url\("(fonts/[^"]+)"\)', within, files["fonts.css"].decode("utf-8"))


def _licences(files: Mapping[str, bytes]) -> bytes:
    """Return the licences of what others made, in one text."""
    found = {name: data.decode("utf-8", "replace") for name, data in files.items() if name == LICENCE_FILE or name.endswith("-LICENCE.txt")}
    return "\n\n".join(f"=== {name} ===\n\n{text}" for name, text in found.items()).encode("utf-8")


def _papers(contents: Contents) -> dict[str, bytes]:
    names = (LABEL, "label.json", "sources.json", "README.md")
    papers = {name: contents.files[name] for name in names if name in contents.files}
    return {PAPERS + name: data for name, data in {**papers, LICENCES: _licences(contents.files)}.items()}
