"""`mbegu corpus licences`: what may be done with a text, and whom to credit."""

from __future__ import annotations

from pathlib import Path

import click

from mbegu.cli.common import PATH, json_option
from mbegu.core.errors import UsageError, explain_os_error
from mbegu.core.report import Say, write_result

MARK = "Credits, written by `mbegu corpus licences`"  # the first line of a file that may be written anew


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

    if credits_file:
        _check_place(credits_file, folder)
    custom = custom_licences(declared_licences(folder))
    found = credits_of(training_text(folder, Say(quiet=True)))
    amounts: dict[str, int] = {}
    for each in found:
        amounts[each.licence] = amounts.get(each.licence, 0) + each.bytes
    verdict = solve(amounts, custom)
    texts = {form: attribution(found, form == "markdown", custom) for form in ("plain", "markdown")}
    if credits_file:
        durable.write_text(credits_file, _mark_of(credits_file) + texts["markdown" if _is_markdown(credits_file) else "plain"])
    written = f"\nThe credits: {credits_file}" if credits_file else f"\n{texts['plain']}"
    write_result({**verdict.as_json(), "amounts": amounts, "credits": texts}, as_json, verdict.text() + "\n" + written.rstrip())


def _check_place(path: Path, folder: Path) -> None:
    """See that the credits take the place of no file of anybody else. Raises ``UsageError`` where they would."""
    fix = "name a new file, outside the folders of text"
    if path.is_dir():
        raise UsageError("--credits names a folder", path, "name a file in it, such as CREDITS.md")
    real = path.resolve()
    if any(real == root or real.is_relative_to(root) for root in _roots(folder)):
        raise UsageError("--credits names a place inside the text that is read, where it would be read as text too", path, fix)
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            head = file.read(len(_mark_of(path).encode()))
    except OSError as error:
        raise explain_os_error(error, path) from error
    if head != _mark_of(path).encode():
        raise UsageError("this file exists and holds no credits that `mbegu corpus licences` wrote", path, fix)


def _roots(folder: Path) -> list[Path]:
    """Return where the text is that is read: the folders and files that the recipe names, else the folder itself.

    Of a cleaned folder only ``kept.parquet`` is read, so that credits may stand beside it.
    """
    from mbegu.core.steps import Project
    from mbegu.corpus.files import CLEANED_MARKS
    from mbegu.recipes.recipe import read_recipe

    place = Project(folder)
    if all((folder / name).is_file() for name in CLEANED_MARKS):
        return []
    if not place.recipe.is_file():
        return [folder.resolve()]
    return [(place.root / each).resolve() for each in read_recipe(place.recipe).settings["corpus"].text]


def _is_markdown(path: Path) -> bool:
    return path.suffix.lower() in (".md", ".markdown")


def _mark_of(path: Path) -> str:
    return f"<!-- {MARK} -->\n" if _is_markdown(path) else f"{MARK}\n\n"
