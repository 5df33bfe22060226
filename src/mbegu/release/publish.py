"""The release step: everything that one gives away, in one folder: model, label, sources, checksums."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mbegu.core import artifacts, durable
from mbegu.core.artifacts import Artifact
from mbegu.core.documents import RELATED, read_documents
from mbegu.core.report import Say
from mbegu.core.steps import Inputs
from mbegu.corpus.licences.summary import TERMS
from mbegu.corpus.source import file_of
from mbegu.ledger.store import Ledger
from mbegu.release.card import card_markdown
from mbegu.release.label import gather_label
from mbegu.release.label_words import label_json, label_text
from mbegu.release.page import label_html
from mbegu.release.settings import ReleaseSettings
from mbegu.release.steps import HF_FOLDER

CHECKSUMS = "SHA256SUMS"
SOURCES = "sources.json"
CREDITS = "CREDITS.md"


def release(settings: ReleaseSettings, inputs: Inputs, out: Path, say: Say) -> dict[str, Any]:
    """Copy the exported files and write the label beside them.

    Returns:
        The label as plain values and as text for the terminal.
    """
    export = inputs["export"]
    for name in export.manifest["files"]:
        if name != artifacts.SETTINGS and (settings.hugging_face or not name.startswith(f"{HF_FOLDER}/")):
            durable.copy_file(export.folder / name, out / name)
    label = gather_label(inputs.place, inputs.project, Ledger(inputs.place.ledger), inputs.artifacts)
    card = card_markdown(label)
    durable.write_text(out / "README.md", card)
    if settings.hugging_face:
        durable.write_text(out / HF_FOLDER / "README.md", card)
    durable.write_text(out / "label.html", label_html(label))
    durable.write_json(out / "label.json", label_json(label))
    durable.write_json(out / SOURCES, list_sources(inputs["corpus"], with_related=bool(inputs["train"].facts.get("related_steps"))))
    durable.write_text(out / CREDITS, credits_text(inputs["corpus"]))
    write_checksums(out)
    say.done(f"release: {out}")
    return {"label": label_json(label), "label_text": label_text(label)}


def list_sources(corpus: Artifact, *, with_related: bool) -> list[dict[str, Any]]:
    """Return every file that the text came from, with language, licence, contributor, documents and bytes, in the order of names."""
    counts: dict[tuple[str, str, str, str], list[int]] = {}
    for name in ("train", "heldout", *([RELATED] if with_related else [])):
        for document in read_documents(corpus.path(f"{name}.parquet")):
            names = (file_of(document.source), document.language, document.licence, document.contributor)
            count = counts.setdefault(names, [0, 0])
            count[0] += 1
            count[1] += len(document.text.encode("utf-8"))
    heads = ("source", "language", "licence", "contributor", "documents", "bytes")
    return [dict(zip(heads, (*names, *amounts), strict=True)) for names, amounts in sorted(counts.items())]


def credits_text(corpus: Artifact) -> str:
    """Return whom to credit for the text, as the corpus step found it; Markdown."""
    return str(json.loads(corpus.path(TERMS).read_bytes())["credits"]["markdown"])


def write_checksums(folder: Path) -> None:
    """Write SHA256SUMS over every file in ``folder``, in the form that ``sha256sum --check`` reads."""
    names = [name for name in artifacts.files_in(folder) if name != CHECKSUMS]
    durable.write_text(folder / CHECKSUMS, "".join(f"{durable.sha256_file(folder / name)}  {name}\n" for name in names))
