"""`mbegu corpus withdraw`: takes a giver, a document or a source out of a project, everywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.cli.common import PATH, json_option, quiet_option
from mbegu.core.errors import SettingsError, StoppedError, UsageError
from mbegu.core.report import Say, plain, write_result
from mbegu.core.steps import Project
from mbegu.core.units import format_bytes, format_number_of

if TYPE_CHECKING:
    from mbegu.corpus.withdraw.names import Plan
    from mbegu.corpus.withdraw.whole import Withdrawal
    from mbegu.recipes.recipe import Recipe


@click.command()
@click.argument("name", metavar="ID")
@click.option("--project", "folder", type=PATH, default=Path(), metavar="DIR", help="The project, or a cleaned folder. Default: the current folder.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--delete-originals", is_flag=True, help="Also delete your own files that hold nothing but the text of ID.")
@click.option("--yes", is_flag=True, help="Do not ask before --delete-originals deletes; needed where nobody sits at a terminal.")
@json_option
@quiet_option
def withdraw(name: str, folder: Path, dry_run: bool, delete_originals: bool, yes: bool, as_json: bool, quiet: bool) -> None:
    """Take a contributor, a document or a source out of a project: its copies, shards, reports and ledger; list the models trained on it.

    ID is a contributor as sources.toml or the recipe names it, the id of a document, or a source: a file, a folder, a place in a file. Your
    own files are only deleted with --delete-originals, which asks first. The name goes on a list that every later reading obeys. What was
    interrupted goes on when the same command is run again.
    """
    from mbegu.corpus.files import is_written_folder
    from mbegu.corpus.withdraw.whole import withdraw as withdraw_all
    from mbegu.recipes.recipe import read_recipe
    from mbegu.recipes.runner import hold

    if not name.strip():
        raise UsageError("the ID is empty", fix="name a giver, a document or a source")
    if delete_originals and not (dry_run or yes or sys.stdin.isatty()):
        raise UsageError("--delete-originals asks before it deletes, and this is no terminal", fix="look with --dry-run, then add --yes")
    place = Project(folder.resolve())
    recipe = read_recipe(place.recipe) if place.recipe.is_file() else None
    if recipe is None and not is_written_folder(place.root):
        raise SettingsError("no project here, and no cleaned folder", place.root, "name one with --project")
    say = Say(quiet=quiet)
    text = _own_text(place, recipe)
    with hold(place):
        found = withdraw_all(
            place,
            name,
            lambda: _texts(place, recipe, text, say),
            text,
            say,
            dry_run=dry_run,
            delete_originals=delete_originals,
            confirm=lambda plan: _confirm(plan, yes),
        )
        if recipe and not dry_run:
            _record(place, recipe, found)
    results = [each.as_json() for each in found]
    write_result(results[-1] if len(results) == 1 else {"withdrawals": results}, as_json, "\n\n".join(_words(each, recipe is None) for each in found))


def _confirm(plan: Plan, yes: bool) -> None:
    """Say which of the user's own files will be deleted, and ask. Raises ``StoppedError`` when the answer is no."""
    click.echo("These files of yours will be deleted:", err=True)
    for name in plan.whole:
        click.echo(f"  {plain(name)}", err=True)
    if not yes and not click.confirm(f"Delete {'this file' if len(plan.whole) == 1 else f'these {len(plan.whole):,} files'}?", err=True):
        raise StoppedError("nothing was withdrawn and nothing deleted", fix="without --delete-originals your own files stay")


def _own_text(place: Project, recipe: Recipe | None) -> list[Path]:
    """Return the text folders and files that the user made; a cleaned folder in the project is Mbegu's own, also where the recipe names it."""
    from mbegu.corpus.withdraw.own import is_own_text

    if recipe is None:
        return []
    settings = recipe.settings["corpus"]
    roots = [(place.root / each).resolve() for each in (*settings.text, *settings.related)]
    return [root for root in roots if not is_own_text(root, place)]


def _texts(place: Project, recipe: Recipe | None, text: list[Path], say: Say) -> Any:
    """Return the means to read all documents of a project, with their papers."""
    from mbegu.corpus.files import text_files, text_roots
    from mbegu.corpus.papers import Papers
    from mbegu.corpus.withdraw.own import is_own_text
    from mbegu.corpus.withdraw.plan import Texts, document_files, original_documents

    files = document_files(place, text)
    if recipe is None:
        return Texts(files, lambda: iter(()))
    settings = recipe.settings["corpus"]
    readings = [(settings, recipe.project.parsed_language().tag)]
    readings += [(settings.of_related(), settings.related_language)] if settings.related else []

    def originals() -> Iterator[Any]:
        for reading, language in readings:
            roots = text_roots(reading, place)
            cleaned = [root for root, _ in roots if is_own_text(root.resolve(), place)]
            theirs = [file for file in text_files(reading, place) if not any(file.path.is_relative_to(root) for root in cleaned)]
            yield from original_documents(theirs, language, reading, Papers.read_all(roots), Say(quiet=True))

    return Texts(files, originals)


def _record(place: Project, recipe: Recipe, found: list[Withdrawal]) -> None:
    """Write into the ledger that something was withdrawn: how much and when, not whose."""
    from mbegu.ledger.store import Ledger

    for each in found:
        facts = {"kind": each.plan.kind, "documents": each.plan.documents, "bytes": each.plan.bytes, "models": each.plan.models}
        with Ledger(place.ledger).begin(step="withdraw", version=1, key="", settings={}, inputs={}, project=recipe.project) as recorder:
            recorder.finish("done", facts=facts)


def _words(found: Withdrawal, is_cleaned_folder: bool) -> str:
    """Return what was done, and what is left to do, for people; a cleaned folder has no ledger to know models from."""
    plan, done = found.plan, found.done
    whole = f"{format_number_of(plan.documents, 'document')} ({format_bytes(plan.bytes)}) of the {plan.kind} '{plain(plan.name)}'"
    lines = [f"{whole} {_were(plan.documents, found)} withdrawn."]
    taken = [(name, len(rows["gone"])) for name, rows in sorted(plan.rows.items())]
    lines += [f"  {name}: {format_number_of(count, 'document')} {_were(count, found)} taken out" for name, count in taken]
    lines += [f"  cleaned: {name}" for name in done.changed if name not in plan.rows] + [f"  removed: {name}" for name in done.removed]
    if plan.whole and not plan.delete_originals:
        lines.append("Your own files that hold nothing else: delete them, and their copies, by hand or with --delete-originals:")
        lines += [f"  {plain(name)}" for name in plan.whole]
    if plan.whole and plan.delete_originals and found.dry_run:
        lines += ["These files of yours would be deleted:", *(f"  {plain(name)}" for name in plan.whole)]
    if plan.mixed:
        lines.append("Your own files that hold other text too: take these places out by hand:")
        lines += [f"  {name}: {', '.join(places[:5])}{' ...' if len(places) > 5 else ''}" for name, places in plan.mixed.items()]
    if done.by_hand:
        lines += ["Files that are not Mbegu's and hold some of it: look at them by hand:", *(f"  {name}" for name in done.by_hand)]
    if plan.models:
        lines.append("Models to be trained anew (`mbegu grow`) or withdrawn wherever you gave them away:")
        lines += [
            f"  {each['sha256'][:16]} of {each['trained']}, {each['why']}; in {', '.join(each['folders']) or 'no folder here'}"
            for each in plan.models
        ]
    elif is_cleaned_folder:
        lines.append("Which models were trained on this folder's text is not known here: ask whoever trained on it, or withdraw there too.")
    else:
        lines.append("No model of this project was trained on it, as far as the ledger tells.")
    lines.append("Copies elsewhere (backups, other computers, what you published) cannot be reached from here.")
    return "\n".join(lines)


def _were(count: int, found: Withdrawal) -> str:
    """Return the verb for what was done to a number of things, or what would be."""
    return "would be" if found.dry_run else "was" if count == 1 else "were"
