"""`mbegu release`: what one gives away; with --web also a pack for web servers, with --app one file that any browser opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mbegu.cli.common import PATH, PowerOptions, budget_option, folder_argument, json_option, power_options, quiet_option
from mbegu.core.errors import UsageError
from mbegu.core.report import Say, write_result
from mbegu.core.steps import Project

FORMS = ("web", "app")  # each is also the name of its folder


@click.command()
@folder_argument
@click.option("--web", is_flag=True, help="Also make a pack: a folder for any web server or hotspot, with the model inside the page.")
@click.option("--app", is_flag=True, help="Also make an app: one HTML file that a browser opens by a double-click, from a memory stick too.")
@click.option("--out", type=PATH, help="Folder of the pack or app. Default: web or app in a project, beside a release that was given to you.")
@click.option("--engine", type=PATH, help="The engine for browsers, a file of npm; looked for in DIR and here when not given.")
@click.option("--form", metavar="NAME", default="", help="Form of the model, such as Q8_0. Default: the smallest that loses next to nothing.")
@click.option("--documents", type=PATH, help="Folder with documents that the page searches.")
@click.option("--font", "fonts", type=PATH, multiple=True, help="A font for a script that phones lack, its licence beside it; may be given again.")
@click.option("--person", default="", help="Whom to ask when the documents hold no answer; the page says it.")
@budget_option
@power_options
@json_option
@quiet_option
def release(folder: Path, web: bool, app: bool, budget: str, power: PowerOptions, as_json: bool, quiet: bool, **given: Any) -> None:
    """Put together what one gives away: model, label, checksums. DIR is a project, or with --web or --app also a release that was given to you."""
    wanted = [name for name, is_wanted in zip(FORMS, (web, app), strict=True) if is_wanted]
    if len(wanted) == 2 and given["out"]:
        raise UsageError("--out names one folder, and --web and --app each need one", fix="leave out --out, or make them one after the other")
    if wanted:
        _make_packs(folder, wanted, budget, power, as_json, quiet, **given)
        return
    names = [f"--{name.removesuffix('s') if name == 'fonts' else name}" for name, value in given.items() if value]
    if names:
        raise UsageError(f"{', '.join(names)} is about the pack for browsers", fix="add --web or --app")
    from mbegu.cli.stages import grow_stage

    grow_stage(folder, "release", budget, power, as_json, quiet)


def _make_packs(
    folder: Path,
    wanted: list[str],
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
    from mbegu.serve.pack.app import build_app
    from mbegu.serve.pack.browser_llama import find_package
    from mbegu.serve.pack.build import build_web_pack
    from mbegu.serve.pack.contents import Wishes
    from mbegu.serve.pack.passages import passages_of

    package = find_package(engine, (folder, Path()))
    passages = list(passages_of(documents, Say(quiet=quiet))) if documents else []
    wishes = Wishes(form, passages, person, fonts)
    is_project = Project(folder).recipe.is_file()
    if is_project:
        from mbegu.cli.project import grow_upto

        grow_upto(folder, "release", budget, power, quiet)
    source = Project(folder).release if is_project else folder
    results: dict[str, Any] = {}
    for name in wanted:
        place = out or (folder / name if is_project else folder.resolve().with_name(f"{folder.resolve().name}-{name}"))
        build = build_app if name == "app" else build_web_pack
        results[name] = build(source, place, package, Say(quiet=quiet), wishes)
    told = {name: made.as_json() for name, made in results.items()}
    write_result(told if len(told) > 1 else told[wanted[0]], as_json, "\n".join(_how_to_open(name, made) for name, made in results.items()))


def _how_to_open(name: str, made: Any) -> str:
    if name == "app":
        return f"The app: {made.folder / made.file}\nOpen it with a browser: a double-click does it. Give away the folder, or this one file."
    return f"The pack: {made.folder}\nTry it: python -m http.server --directory {made.folder}   then open http://localhost:8000 in a browser"
