"""`mbegu corpus licences`: what may be done with a text, and whom to credit."""

from __future__ import annotations

from pathlib import Path

import click

from mbegu.cli.common import PATH, json_option
from mbegu.core.report import Say, write_result


@click.command()
@click.argument("folder", metavar="[DIR]", type=PATH, default=Path())
@click.option("--credits", "credits_file", type=PATH, metavar="FILE", help="Write the text of attribution there; Markdown when it ends in .md.")
@json_option
def licences(folder: Path, credits_file: Path | None, as_json: bool) -> None:
    """Say what may be done with the text of a project or a cleaned folder, and why; no legal advice.

    DIR is a project whose text was read, a cleaned folder, or a folder of text.
    """
    from mbegu.core import durable
    from mbegu.corpus.declared import declared_licences
    from mbegu.corpus.leaks.find import training_text
    from mbegu.corpus.licences import attribution, credits_of, custom_licences, solve

    custom = custom_licences(declared_licences(folder))
    found = credits_of(training_text(folder, Say(quiet=True)))
    amounts: dict[str, int] = {}
    for each in found:
        amounts[each.licence] = amounts.get(each.licence, 0) + each.bytes
    verdict = solve(amounts, custom)
    texts = {form: attribution(found, form == "markdown", custom) for form in ("plain", "markdown")}
    if credits_file:
        durable.write_text(credits_file, texts["markdown" if credits_file.suffix.lower() in (".md", ".markdown") else "plain"])
    written = f"\nThe credits: {credits_file}" if credits_file else f"\n{texts['plain']}"
    write_result({**verdict.as_json(), "amounts": amounts, "credits": texts}, as_json, verdict.text() + "\n" + written.rstrip())
