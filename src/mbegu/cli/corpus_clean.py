"""``mbegu corpus clean`` and ``mbegu corpus restore``: clean text, and bring back what was dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mbegu.cli.common import PATH, json_option, quiet_option, require_unicode
from mbegu.core.report import Say, format_table, write_result
from mbegu.core.units import format_bytes

ENGINES = ("local", "ray")


def _folder(context: click.Context, option: click.Parameter, given: str) -> Path:
    """Return the folder that was named; an empty name would be the folder one stands in."""
    if not given.strip():
        raise click.BadParameter("the name of the folder is empty", context, option)
    return Path(given)


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@click.option("--out", callback=_folder, required=True, metavar="DIR", help="Folder for the result.")
@click.option("--language", required=True, metavar="CODE", help="ISO 639-3 code of the text's language, with an optional script: yor or yor_Latn.")
@click.option("--licence", default="unknown", help="Licence of the text where sources.toml says none: an SPDX identifier.")
@click.option("--contributor", default="", help="Who gave the text, where sources.toml does not say.")
@click.option("--require-licence", is_flag=True, help="Drop documents that no licence is known of. Default: they are marked unknown.")
@click.option("--column", default="", help="Column with the text in tables. Default: the one with the longest text.")
@click.option("--encoding", default="", help="Encoding of files that are not Unicode. Default: guessed and reported.")
@click.option("--rules", multiple=True, metavar="NAME", help="Rule of rewriting to use; may be given again. Without it nothing is rewritten.")
@click.option("--private", is_flag=True, help="Replace e-mail addresses, telephone numbers and the like by placeholders.")
@click.option("--regions", default="", metavar="CODES", help="Countries whose telephone and identity numbers are meant: NG,KE. Means --private.")
@click.option("--names", type=PATH, metavar="FILE", help="Names of people to replace, one a line. Means --private.")
@click.option("--blocked", type=PATH, metavar="FILE", help="Words and passages that must not be used, one a line: documents with them are dropped.")
@click.option("--identifier", type=PATH, metavar="PATH", help="Model of language identification that `mbegu identify teach` made.")
@click.option("--keep-languages", default="", metavar="CODES", help="Drop lines that are surely in other languages: yor,eng. Default: only tag them.")
@click.option("--leave-in", multiple=True, metavar="REASON", help="Drop nothing for this reason; may be given again.")
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="Where to work; ray needs the extra 'ray'.")
@click.option("--workers", type=click.IntRange(1, 1024), metavar="NUMBER", help="Processes at a time. Default: one a core.")
@json_option
@quiet_option
def clean(paths: tuple[Path, ...], out: Path, engine: str, workers: int | None, as_json: bool, quiet: bool, **given: Any) -> None:
    """Clean the text in PATHs: what is kept, what is dropped and why, and a report.

    Writes kept.parquet, dropped.parquet, clean.json and report.html into DIR. The files in PATHs are only read. When it is cut, the same
    command goes on with the parts that are left.
    """
    from mbegu.core.settings import require_settings
    from mbegu.corpus.clean.settings import CleanSettings

    values = {
        **{name: given[name] for name in ("language", "licence", "contributor", "require_licence", "column", "encoding", "private")},
        "paths": [str(path.resolve()) for path in paths],
        "rules": list(given["rules"]),
        "leave_in": list(given["leave_in"]),
        "regions": _codes(given["regions"]),
        "keep_languages": _codes(given["keep_languages"]),
        "names": _full(given["names"]),
        "blocked": _full(given["blocked"]),
        "identifier": _identifier(given["identifier"]),
    }
    _run(require_settings(CleanSettings, values, "clean"), out, engine, workers, as_json, quiet)


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.argument("what", metavar="REASON|FILE[:LINE]")
@click.option("--later", is_flag=True, help="Only remember it; the next `mbegu corpus clean` into DIR obeys.")
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="Where to work; ray needs the extra 'ray'.")
@click.option("--workers", type=click.IntRange(1, 1024), metavar="NUMBER", help="Processes at a time. Default: one a core.")
@json_option
@quiet_option
def restore(folder: Path, what: str, later: bool, engine: str, workers: int | None, as_json: bool, quiet: bool) -> None:
    """Bring back what was dropped in DIR: everything dropped for a reason, in a file, or one line.

    It is remembered in DIR, and the text is cleaned again with the settings of before. Where DIR is a project, `mbegu grow` cleans again.
    """
    from mbegu.core.settings import require_settings
    from mbegu.corpus.clean import explain
    from mbegu.corpus.clean.place import find_cleaned
    from mbegu.corpus.clean.run import read_facts
    from mbegu.corpus.clean.settings import CleanSettings

    require_unicode(what, "REASON|FILE[:LINE]")
    cleaned, lists = find_cleaned(folder)
    if cleaned != lists:  # a project: its corpus step cleans again
        explain.restore(folder, what)
        write_result({"project": str(lists)}, as_json, f"'{what}' is kept from the next `mbegu grow {lists}` on")
        return
    settings = require_settings(CleanSettings, read_facts(folder)["settings"], "clean")
    kept = explain.restore(folder, what)
    if later:
        value = {"reasons": sorted(kept.reasons), "places": [list(place) for place in sorted(kept.places)]}
        write_result(value, as_json, f"'{what}' is kept from the next `mbegu corpus clean` into {folder} on")
        return
    _run(settings, folder, engine, workers, as_json, quiet)


def _run(settings: Any, out: Path, engine: str, workers: int | None, as_json: bool, quiet: bool) -> None:
    from mbegu.core.processors import usable_cores
    from mbegu.corpus.clean.run import clean

    facts = clean(settings, out, Say(quiet=quiet), engine, workers or usable_cores())
    write_result(facts, as_json, _shown(facts, out))


def _shown(facts: dict[str, Any], out: Path) -> str:
    rows = [(reason, n["documents"], n["lines"], format_bytes(n["bytes"])) for reason, n in facts["dropped"].items()]
    sizes = f"{format_bytes(facts['bytes_kept'])} of {format_bytes(facts['bytes_in'])}"
    return "\n".join(
        [
            f"of what could be read, kept {facts['documents_kept']:,} of {facts['documents_in']:,} documents, {sizes}",
            "",
            format_table(("dropped because", "documents", "lines", "size"), rows) if rows else "nothing was dropped",
            "",
            f"{out / 'kept.parquet'}; what was dropped: {out / 'dropped.parquet'}; ask `mbegu corpus explain {out} FILE:LINE` why",
        ]
    )


def _identifier(given: Path | None) -> str:
    """Return the model that a person named, else the one taught in this project or for this user, where there is one."""
    from mbegu.corpus.identify.place import default_model

    model = given or default_model(Path.cwd())
    return str(model.resolve()) if given or model.is_file() else ""


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def _full(path: Path | None) -> str:
    return str(path.resolve()) if path else ""
