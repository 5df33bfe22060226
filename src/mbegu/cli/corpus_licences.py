"""`mbegu corpus licences`: what may be done with a text, and whom to credit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mbegu.cli.common import PATH, json_option
from mbegu.core.errors import InputError, UsageError, explain_os_error
from mbegu.core.report import Say, write_result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mbegu.core.documents import Document
    from mbegu.corpus.licences.summary import Terms

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
    from mbegu.corpus.leaks.find import whole_text
    from mbegu.corpus.licences import custom_licences
    from mbegu.corpus.licences.changes import changes_in
    from mbegu.corpus.licences.summary import terms_of

    if credits_file:
        _check_place(credits_file, folder)
    custom = custom_licences(declared_licences(folder))
    terms = terms_of(_some(whole_text(folder, Say(quiet=True)), folder), custom, changes_in(_texts(folder)))
    ended = _ended(folder, terms)
    if credits_file:
        durable.write_text(credits_file, _mark_of(credits_file) + terms.credits["markdown" if _is_markdown(credits_file) else "plain"])
    written = f"\nThe credits: {credits_file}" if credits_file else f"\n{terms.credits['plain']}"
    lines = [terms.text(), *ended, written.rstrip()]
    write_result({**terms.as_json(), "consent_ended": ended}, as_json, "\n".join(lines))


def _texts(folder: Path) -> list[Path]:
    """Return where the text that is read comes from: of a project what the recipe names, and what was cleaned of it."""
    from mbegu.core.steps import Project
    from mbegu.corpus.declared import recipe_text
    from mbegu.corpus.step_cleaning import CLEANED

    place = Project(folder.resolve())
    return [place.grown / "corpus" / CLEANED, *recipe_text(place)] if place.recipe.is_file() else [folder]


def _some(documents: Iterator[Document], folder: Path) -> Iterator[Document]:
    """Pass on the documents. Raises ``InputError`` where there are none: of no text nothing is allowed or forbidden."""
    first = next(documents, None)
    if first is None:
        raise InputError("here is no text whose licences could be read", folder, "name a project, a cleaned folder or a folder of text")
    yield first
    yield from documents


def _ended(folder: Path, terms: Terms) -> list[str]:
    """Return in words whose consent has run out: documents that are still there, and those that were left out for it."""
    from mbegu.corpus.admit import CONSENT_ENDED, ended_consents
    from mbegu.corpus.dropped_counts import dropped_counts
    from mbegu.corpus.papers import consent_ended
    from mbegu.ledger.clock import today

    still = [day for day in terms.consent_until if consent_ended(day, today())]
    lines = [f"{terms.consent_until[day]:,} documents must not be used any more: {CONSENT_ENDED}{day}. Read or clean the text anew." for day in still]
    counts = dropped_counts(folder)
    return lines + [f"{counts[reason]:,} documents were left out: {reason}." for reason in ended_consents(counts)]


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
    from mbegu.corpus.files import is_cleaned_folder
    from mbegu.recipes.recipe import read_recipe

    place = Project(folder)
    if is_cleaned_folder(folder):
        return []
    if not place.recipe.is_file():
        return [folder.resolve()]
    settings = read_recipe(place.recipe).settings["corpus"]
    return [(place.root / each).resolve() for each in (*settings.text, *settings.related)]


def _is_markdown(path: Path) -> bool:
    return path.suffix.lower() in (".md", ".markdown")


def _mark_of(path: Path) -> str:
    return f"<!-- {MARK} -->\n" if _is_markdown(path) else f"{MARK}\n\n"
