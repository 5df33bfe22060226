"""``mbegu corpus explain``: what happened to a file or a line, and why."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from mbegu.cli.common import PATH, json_option, require_unicode
from mbegu.core.report import format_table, write_result

SHOWN = 60


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.argument("place", metavar="FILE[:LINE]")
@json_option
def explain(folder: Path, place: str, as_json: bool) -> None:
    """Tell what happened to FILE, or to its line LINE, when text was cleaned into DIR."""
    from mbegu.corpus.clean.explain import KEPT
    from mbegu.corpus.clean.explain import explain as fates_of
    from mbegu.corpus.clean.reasons import REASONS
    from mbegu.corpus.findings import excerpt

    fates = fates_of(folder, require_unicode(place, "FILE[:LINE]"))
    rows = [
        (
            fate.source,
            fate.line or "all",
            fate.outcome,
            f"{fate.reason}{': ' if fate.reason and fate.detail else ''}{fate.detail}",
            excerpt(fate.text, SHOWN),
        )
        for fate in fates
    ]
    dropped = [fate for fate in fates if fate.outcome != KEPT and fate.reason in REASONS]
    hint = f"\n\nbring it back: mbegu corpus restore {folder} {place!r}" if dropped else ""
    table = format_table(("source", "line", "what", "why", "text"), rows)
    write_result([dataclasses.asdict(fate) for fate in fates], as_json, table + hint)
