"""Licences whose terms were declared beside a text, for whoever looks at a project, a cleaned folder or a folder of text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from mbegu.core.settings import read_settings
from mbegu.core.steps import Project
from mbegu.corpus.papers import LicenceTable, Papers

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def declared_licences(folder: Path) -> Mapping[str, LicenceTable]:
    """Return the licences declared in the sources.toml files of a project's text, or of a folder; none where its text is elsewhere.

    Raises:
        SettingsError: a sources.toml is wrong.
    """
    place = Project(folder.resolve())
    if not place.recipe.is_file():
        return Papers.read(folder).licences if folder.is_dir() else {}
    return licences_beside([root for root in recipe_text(place) if root.exists()])


def licences_beside(roots: Iterable[Path]) -> Mapping[str, LicenceTable]:
    """Return the licences declared in the sources.toml files of several text folders.

    Raises:
        SettingsError: a sources.toml is wrong, or two describe a licence of one name differently.
    """
    # A prefix each: two folders may well have a table for "*.txt".
    return Papers.read_all([(root, f"{number}/") for number, root in enumerate(roots)]).licences


def recipe_text(place: Project) -> list[Path]:
    """Return the text folders and files that a project's recipe names; the default one where the recipe cannot be read."""
    from mbegu.corpus.settings import CorpusSettings

    try:
        table = tomllib.loads(place.recipe.read_text(encoding="utf-8-sig")).get("corpus", {})
        given = table if isinstance(table, dict) else {"text": []}
        given = {name: given[name] for name in ("text", "related") if name in given}
    except (OSError, ValueError, RecursionError):
        given = {}
    settings, _ = read_settings(CorpusSettings, given, "corpus")
    settings = settings or CorpusSettings()
    return [place.root / each for each in (*settings.text, *settings.related)]
