"""`mbegu corpus leaks`: looks for test sets in the training text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.cli.common import PATH, json_option, quiet_option
from mbegu.core.errors import LeakError, UsageError
from mbegu.core.report import Say, format_table, write_result
from mbegu.core.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mbegu.corpus.findings import Findings
    from mbegu.corpus.leaks.find import LeakSearch

SAID_PROBLEMS = 5


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.argument("tests", metavar="TESTFILE...", type=PATH, nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Write the training text without what was found, into a new folder.")
@click.option("--out", type=PATH, metavar="DIR", help="The new folder. Default: DIR-without-leaks beside DIR.")
@json_option
@quiet_option
def leaks(folder: Path, tests: tuple[Path, ...], remove: bool, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Look for the items of test sets in the training text: exact, re-punctuated, without marks, re-ordered, or in part.

    DIR is a project, a cleaned folder or a folder of text. Each TESTFILE is a file or a folder of any format that is read, CoNLL too.
    Ends with code 0 when nothing was found or all was removed, and with 13 when the text holds test items.
    """
    from mbegu.core import durable
    from mbegu.corpus.findings import Findings
    from mbegu.corpus.leaks.find import TEXT_HASH, LeakSearch, text_file, training_text
    from mbegu.corpus.leaks.items import read_items

    if out and not remove:
        raise UsageError("--out says where --remove writes to", fix="give --remove too")
    say = Say(quiet=quiet)
    findings = [(str(path), Findings()) for path in tests]
    search = LeakSearch([(name, read_items(path, each)) for path, (name, each) in zip(tests, findings, strict=True)])
    not_read = _not_read(findings, say)
    say.title(f"leaks: {sum(report.items for report in search.reports):,} test items are looked for in {folder}")
    documents = training_text(folder, say, with_related=not remove)  # what is written becomes text of the project itself
    searched = text_file(folder)
    result: dict[str, Any] = {"not_read": not_read, TEXT_HASH: durable.sha256_file(searched) if searched else None}
    ending = ""
    if remove:
        from mbegu.corpus.leaks.remove import write_without_leaks

        target = out or folder.resolve().with_name(f"{folder.resolve().name}-without-leaks")
        written = write_without_leaks(documents, search, target)
        result |= {"out": str(target), "kept": written.kept, "pieces_removed": written.pieces, "documents_removed": written.whole_documents}
        ending = f"\n{written.pieces:,} pieces were taken out, {written.kept:,} documents are left: {target}"
    else:
        for _ in search.through(documents):
            say.progress(search.bytes, 0, "bytes")
    reports = [report.as_json() for report in search.reports]
    write_result({"documents": search.documents, "bytes": search.bytes, "tests": reports, **result}, as_json, _text(search) + ending)
    found = sum(report.found for report in search.reports)
    if found and not remove:
        total = sum(report.items for report in search.reports)
        fix = "leave them out with --remove, or do not judge a model by this test"
        raise LeakError(f"{found:,} of {total:,} test items stand in the training text", folder, fix)


def _not_read(findings: Sequence[tuple[str, Findings]], say: Say) -> list[dict[str, str]]:
    """Warn of what could not be read of the tests, and return all of it."""
    from mbegu.corpus.leaks.items import unread

    rows = [(test, drop) for test, each in findings for drop in unread(each)]
    for test, drop in rows[:SAID_PROBLEMS]:
        say.warn(f"{test}: {drop.source} is not looked for, it could not be read: {drop.reason}")
    if len(rows) > SAID_PROBLEMS:
        say.warn(f"{len(rows) - SAID_PROBLEMS:,} more could not be read; --json lists them")
    return [{"test": test, "source": drop.source, "reason": drop.reason, "detail": drop.detail} for test, drop in rows]


def _text(search: LeakSearch) -> str:
    """Return figures and examples for people."""
    from mbegu.corpus.leaks.search import KINDS

    rows = [(report.name, report.items, report.found, *(report.kinds[kind] for kind in KINDS)) for report in search.reports]
    lines = [f"{search.documents:,} documents, {format_bytes(search.bytes)} of training text", ""]
    lines += [format_table(("test", "items", "found", *KINDS), rows), ""]
    for report in search.reports:
        lines += [f"{each.kind}: {each.place} at {each.found_at}: {each.text}" for each in report.examples]
    return "\n".join(lines).rstrip()
