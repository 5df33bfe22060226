"""`mbegu release`: what one gives away; with --web also a pack for browsers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mbegu.cli.common import PATH, PowerOptions, budget_option, folder_argument, json_option, power_options, quiet_option
from mbegu.core.errors import UsageError
from mbegu.core.report import Say, write_result
from mbegu.core.steps import Project

WEB_FOLDER = "web"


@click.command()
@folder_argument
@click.option("--web", is_flag=True, help="Also make a pack: a folder for a memory stick or any web server, with the model inside the page.")
@click.option("--out", type=PATH, help="Folder of the pack. Default: web in a project, beside a release that was given to you.")
@click.option("--engine", type=PATH, help="The engine for browsers, a file of npm; looked for in DIR and here when not given.")
@click.option(
    "--form", metavar="NAME", default="", help="Form of the model in the pack, such as Q8_0. Default: the smallest that loses next to nothing."
)
@click.option("--documents", type=PATH, help="Folder with documents that the page searches.")
@click.option("--font", "fonts", type=PATH, multiple=True, help="A font for a script that phones lack, its licence beside it; may be given again.")
@click.option("--person", default="", help="Whom to ask when the documents hold no answer; the page says it.")
@budget_option
@power_options
@json_option
@quiet_option
def release(folder: Path, web: bool, budget: str, power: PowerOptions, as_json: bool, quiet: bool, **given: Any) -> None:
    """Put together what one gives away: model, label, checksums. DIR is a project, or with --web also a release that was given to you."""
    if web:
        _make_pack(folder, budget, power, as_json, quiet, **given)
        return
    names = [f"--{name.removesuffix('s') if name == 'fonts' else name}" for name, value in given.items() if value]
    if names:
        raise UsageError(f"{', '.join(names)} is about the pack for browsers", fix="add --web")
    from mbegu.cli.stages import grow_stage

    grow_stage(folder, "release", budget, power, as_json, quiet)


def _make_pack(
    folder: Path,
    budget: str,
    power: PowerOptions,
    as_json: bool,
    quiet: bool,
    *,
    out: Path | None,
    engine: Path | None,
    form: str,
    documents: Path | None,
    fonts: tuple[Path, ...],
    person: str,
) -> None:
    from mbegu.serve.pack.browser_llama import find_package
    from mbegu.serve.pack.build import build_web_pack
    from mbegu.serve.pack.passages import passages_of

    package = find_package(engine, (folder, Path()))
    passages = list(passages_of(documents, Say(quiet=quiet))) if documents else []
    source, place = folder, folder.resolve().with_name(f"{folder.resolve().name}-{WEB_FOLDER}")
    if Project(folder).recipe.is_file():
        from mbegu.cli.project import grow_upto

        grow_upto(folder, "release", budget, power, quiet)
        source, place = Project(folder).release, folder / WEB_FOLDER
    pack = build_web_pack(source, out or place, package, Say(quiet=quiet), form=form, passages=passages, person=person, fonts=fonts)
    result = {"folder": str(pack.folder), "form": pack.form, "model_bytes": pack.model_bytes, "page_bytes": pack.page_bytes, "files": pack.files}
    text = f"The pack: {pack.folder}\nTry it: python -m http.server --directory {pack.folder}   then open http://localhost:8000 in a browser"
    write_result(result, as_json, text)
