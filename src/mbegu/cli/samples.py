"""``mbegu samples``: built-in sample text, open corpora on the internet, and the one command that downloads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mbegu.cli.common import PATH, json_option, quiet_option
from mbegu.core.report import Say, format_table, write_result
from mbegu.core.units import format_bytes, format_number_of


@click.group(invoke_without_command=True)
@click.option("--language", default="", metavar="CODE", help="Show only corpora in this language, by its ISO 639-3 code.")
@json_option
@click.pass_context
def samples(context: click.Context, language: str, as_json: bool) -> None:
    """List built-in sample text and open corpora with size and licence. Nothing is downloaded unless you say `get`."""
    if context.invoked_subcommand:
        return
    from mbegu.core.language import parse_language
    from mbegu.samples.builtin import builtin_samples

    wanted = parse_language(language, declared_name=language) if language else None
    code = wanted.code if wanted else ""
    built_in = [sample for sample in builtin_samples() if not code or sample.language.startswith(code)]
    heads, listed = _corpora_in(code) if code else _families()
    value: dict[str, Any] = {
        "built_in": [
            {"language": s.language, "documents": s.documents, "bytes": s.bytes, "licence": s.licence, "origin": s.origin} for s in built_in
        ],
        "open_corpora": [dict(zip(heads, row, strict=True)) for row in listed],
    }
    if wanted and not built_in and not listed:
        every = "`mbegu samples` lists the sources, each with how many languages it has"
        write_result(value, as_json, f"There is no sample text and no open corpus of {wanted.name} ({code}) in this list. {every}.")
        return
    rows = [(s.language, s.name, s.documents, format_bytes(s.bytes), s.licence) for s in built_in]
    parts = [
        "Built in, for `mbegu demo`; machine-written for this project, not reviewed by a speaker, only for demonstration:",
        format_table(("language", "name", "documents", "size", "licence"), rows),
        "\nOn the internet; nothing is fetched unless you say `mbegu samples get NAME`. Read the licence first:",
        format_table(heads, listed),
        "" if code else "\n`mbegu samples --language CODE` lists the names to get for one language.",
    ]
    write_result(value, as_json, "\n".join(parts).rstrip())


def _families() -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Return one row a source."""
    from mbegu.samples.catalogue import families

    rows = [(f.name, str(len(f.languages)), format_bytes(f.bytes), f.licence, f.commercial_use, f.title) for f in families()]
    return ("source", "languages", "size", "licence", "commercial use", "what it is"), rows


def _corpora_in(code: str) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Return one row a corpus in a language."""
    from mbegu.samples.catalogue import corpora, families

    family_of = {corpus.name: family for family in families() for corpus in family.corpora}
    rows = [(c.name, ", ".join(c.languages), format_bytes(c.bytes), family_of[c.name].licence, family_of[c.name].title) for c in corpora(code)]
    return ("name", "languages", "size", "licence", "what it is"), rows


@samples.command()
@click.argument("name")
@click.option("--to", "target", type=PATH, default=None, help="Folder for its files. Default: ./NAME.")
@click.option("--from", "base_url", default=None, metavar="URL", help="A mirror of the same layout instead of the source.")
@json_option
@quiet_option
def get(name: str, target: Path | None, base_url: str | None, as_json: bool, quiet: bool) -> None:
    """Download the corpus NAME, checked against its hash; a cut download goes on where it stopped."""
    from mbegu.samples.download import get_corpus

    download = get_corpus(name, target or Path(name), Say(quiet=quiet), base_url)
    value = {"name": name, "folder": str(download.folder), "files": [str(file) for file in download.files], "fetched_bytes": download.fetched_bytes}
    files = format_number_of(len(download.files), "file")
    write_result(value, as_json, f"{files} in {download.folder} ({format_bytes(download.fetched_bytes)} fetched now)")
