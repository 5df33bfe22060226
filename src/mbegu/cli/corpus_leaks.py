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
    from mbegu.corpus.leaks.find import LeakSearch


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
    from mbegu.corpus.leaks.find import LeakSearch, training_text
    from mbegu.corpus.leaks.items import read_items

    if out and not remove:
        raise UsageError("--out says where --remove writes to", fix="give --remove too")
    say = Say(quiet=quiet)
    search = LeakSearch([(str(path), read_items(path)) for path in tests])
    say.title(f"leaks: {sum(report.items for report in search.reports):,} test items are looked for in {folder}")
    documents = training_text(folder, say, with_related=not remove)  # what is written becomes text of the project itself
    result: dict[str, Any] = {}
    ending = ""
    if remove:
        from mbegu.corpus.leaks.remove import write_without_leaks

        target = out or folder.resolve().with_name(f"{folder.resolve().name}-without-leaks")
        written = write_without_leaks(documents, search, target)
        result = {"out": str(target), "kept": written.kept, "pieces_removed": written.pieces, "documents_removed": written.whole_documents}
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


def _text(search: LeakSearch) -> str:
    """Return figures and examples for people."""
    from mbegu.corpus.leaks.search import KINDS

    rows = [(report.name, report.items, report.found, *(report.kinds[kind] for kind in KINDS)) for report in search.reports]
    lines = [f"{search.documents:,} documents, {format_bytes(search.bytes)} of training text", ""]
    lines += [format_table(("test", "items", "found", *KINDS), rows), ""]
    for report in search.reports:
        lines += [f"{each.kind}: {each.place} at {each.found_at}: {each.text}" for each in report.examples]
    return "\n".join(lines).rstrip()
