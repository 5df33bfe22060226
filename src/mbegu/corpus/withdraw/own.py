"""Which files of a project are Mbegu's own: only these are changed or removed. Whatever else lies beside them is the user's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mbegu.core import artifacts
from mbegu.core.artifacts import MANIFEST, STARTED
from mbegu.core.durable import PARTIAL_SUFFIX
from mbegu.core.errors import DamageError
from mbegu.core.steps import Project
from mbegu.corpus.clean.place import PLAN, WORK
from mbegu.corpus.files import DROPPED, FACTS, KEPT, REPORT, is_written_folder
from mbegu.corpus.report.folder import LEAKS
from mbegu.corpus.withdraw.names import relative

CLEANED_FILES = (KEPT, DROPPED, FACTS, REPORT, LEAKS)


def is_own_text(root: Path, place: Project) -> bool:
    """Whether a folder or file that a recipe names as text is a folder of that kind in the project, or the file of what was kept in one."""
    folder = root.parent if root.name == KEPT and root.is_file() else root
    return root.is_relative_to(place.root) and is_written_folder(folder)


def is_users(path: Path, place: Project, text: Sequence[Path]) -> bool:
    """Whether a file or folder lies in the user's text, and in none of the places that Mbegu alone writes to."""
    return any(path.is_relative_to(root) for root in text) and not any(path.is_relative_to(own) for own in _places(place))


def is_step(folder: Path, place: Project) -> bool:
    """Whether a folder is the output of a step or the release, or lies in one: everything in it is Mbegu's."""
    return any(folder.is_relative_to(own) for own in (place.grown, place.release))


def own_folders(place: Project, manifests: Mapping[str, Any], text: Sequence[Path]) -> list[Path]:
    """Return the folders that Mbegu wrote: steps (what lies in one belongs to it), the release, sealed and cleaned folders, not the user's text.

    Args:
        place: the project.
        manifests: of the folders that an interrupted withdrawal had opened.
        text: the user's text folders and files.
    """
    found = {place.root / name for name in manifests}
    found |= {path.parent for path in place.root.rglob(MANIFEST) if has_manifest(path.parent, place)}
    found |= {path.parent for path in place.root.rglob(KEPT) if not path.is_relative_to(place.grown) and is_written_folder(path.parent)}
    found |= {place.release} if (place.release / STARTED).is_file() else set()
    if place.grown.is_dir():
        found |= {path for path in place.grown.iterdir() if path.is_dir()}
    return sorted(path for path in found if path.is_dir() and not is_users(path, place, text))


def own_files(folder: Path, place: Project, manifests: Mapping[str, Any]) -> list[Path]:
    """Return the files of such a folder that are Mbegu's: all in a step and the release, those of the manifest, or those of cleaning.

    Args:
        folder: one of ``own_folders``.
        place: the project.
        manifests: as there.
    """
    names = artifacts.files_in(folder)
    if not is_step(folder, place):
        opened = manifests.get(relative(folder, place))
        listed = opened["files"] if opened else _listed(folder)
        names = [name for name in names if name in listed or (not listed and _is_of_cleaning(name, folder))]
    return [folder / name for name in names]


def has_manifest(folder: Path, place: Project) -> bool:
    """Whether a folder has a manifest of Mbegu's, in a step or the release also a damaged one; others call files of theirs so too."""
    return artifacts.is_sealed(folder) and (is_step(folder, place) or bool(_listed(folder)))


def leftovers(folder: Path, place: Project) -> list[Path]:
    """Return what a run that was killed left half written in one of ``own_folders``."""
    found = sorted(folder.rglob("*" + PARTIAL_SUFFIX))
    return [path for path in found if is_step(folder, place) or _is_of_cleaning(path.relative_to(folder).with_suffix("").as_posix(), folder)]


def _places(place: Project) -> tuple[Path, ...]:
    return place.grown, place.release, place.ledger


def _is_of_cleaning(name: str, folder: Path) -> bool:
    return name in CLEANED_FILES or (name.startswith(f"{WORK}/") and (folder / WORK / PLAN).is_file())


def _listed(folder: Path) -> Mapping[str, Any]:
    """Return the files that a sealed folder lists; none where it is not sealed, or its manifest is not a sound one of Mbegu's."""
    try:
        files: Mapping[str, Any] = artifacts.read_manifest(folder).manifest.get("files", {})
    except DamageError:
        return {}
    return files
