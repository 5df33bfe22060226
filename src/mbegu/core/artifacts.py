"""Sealed folders: outputs of a step with a manifest that is written last.

``manifest.json`` holds kind, version, the step's key, the hashes of the parents' manifests, and SHA-256 and size of each
file, of a large one also the SHA-256 of each block, so that damage is located. It is stored in canonical form together with its
own hash, so a flipped bit anywhere, also in the manifest, is found.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from mbegu.core import durable
from mbegu.core.blocks import BLOCK_BYTES, BlockHasher, BlockHashes, describe_damage
from mbegu.core.errors import DamageError, MbeguError, explain_os_error

MANIFEST = "manifest.json"
STARTED = "started.json"  # while a step is at work: the key it works for
SETTINGS = "settings.toml"  # the settings that made an output, all defaults filled in
CHECKSUMS = "SHA256SUMS"  # in a release: the same hashes for people without Mbegu
CHECKPOINTS = "checkpoints"  # what a step needs to go on; kept until its output is sealed, never part of it
SYSTEM_FILES = (".DS_Store", "Thumbs.db", "desktop.ini")  # put into folders by file managers that only looked at them
STRANGER = "a file is here that Mbegu did not put here"
MOVE = "move it elsewhere"
REPAIR = "run `mbegu grow` again: the step is made anew from the files that are sound"
PARTS = {"kind": str, "version": int, "key": str, "parents": dict, "facts": dict, "files": dict}  # of a manifest, beside its own hash


@dataclass(frozen=True)
class Artifact:
    """A sealed folder: where it is and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """The manifest's own hash: it names this artifact, with every file in it."""
        return str(self.manifest["sha256"])

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the step reported of its output (counts, choices, scores)."""
        facts: Mapping[str, Any] = self.manifest["facts"]
        return facts

    def path(self, name: str) -> Path:
        """Return the path of one file. Raises ``DamageError`` when the manifest does not list it."""
        if name not in self.manifest["files"]:
            raise DamageError(f"'{name}' is not part of this folder", self.folder, REPAIR)
        return self.folder / name


def files_in(folder: Path) -> list[str]:
    """Return the relative POSIX names of all files that are the output of a step, sorted: not its manifest, its checkpoints or what a cut left."""
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
    kept = [path for path in paths if path.parts[0] != CHECKPOINTS and path.name not in SYSTEM_FILES and path.suffix != durable.PARTIAL_SUFFIX]
    return sorted(path.as_posix() for path in kept if path.as_posix() not in (MANIFEST, STARTED))


def seal(
    folder: Path,
    *,
    kind: str,
    version: int,
    key: str,
    parents: Mapping[str, str],
    facts: Mapping[str, Any],
) -> Artifact:
    """Hash every file in ``folder`` and write its manifest: from now on the folder counts as complete.

    Args:
        folder: the step's output folder; files ending in ``.partial`` are leftovers of a cut and are removed.
        kind: what it holds, for example ``corpus``.
        version: the version of the step that made it.
        key: the hash of step, settings and inputs that decides whether it can be used again.
        parents: name of each input and the hash of its manifest.
        facts: what the step reports of its output; plain JSON values.

    Returns:
        The sealed artifact.

    Raises:
        ResourceError: the disk is full or refuses; the folder then does not count as complete.
    """
    for leftover in folder.rglob("*" + durable.PARTIAL_SUFFIX):
        durable.remove_file(leftover)
    files = {name: describe_file(folder / name) for name in files_in(folder)}
    manifest: dict[str, Any] = {
        "kind": kind,
        "version": version,
        "key": key,
        "parents": dict(parents),
        "facts": json.loads(json.dumps(dict(facts))),  # as it is read back: keys are texts, lists are lists
        "files": files,
    }
    manifest["sha256"] = _own_hash(manifest)
    durable.write_json(folder / MANIFEST, manifest)
    return Artifact(folder, manifest)


def describe_file(path: Path) -> dict[str, Any]:
    """Return SHA-256 and size of a file as a manifest holds them, with the hashes of its blocks where it has more than one.

    Raises:
        MbeguError: it cannot be read.
    """
    whole, blocks = hashlib.sha256(), BlockHasher()
    try:
        with open(path, "rb") as file:
            while data := file.read(durable.HASH_BLOCK_BYTES):
                whole.update(data)
                blocks.update(data)
    except OSError as error:
        raise explain_os_error(error, path) from error
    hashes = blocks.hashes()
    entry: dict[str, Any] = {"sha256": whole.hexdigest(), "bytes": hashes.bytes}
    return {**entry, "blocks": hashes.as_json()} if len(hashes.sha256) > 1 else entry


def is_sealed(folder: Path) -> bool:
    """Whether the folder has a manifest (not whether its files are sound)."""
    return (folder / MANIFEST).is_file()


def read_manifest(folder: Path) -> Artifact:
    """Read a folder's manifest and check the manifest itself, not yet the files.

    Raises:
        DamageError: the manifest is missing, damaged, not in its canonical form, or names a file outside of its folder.
    """
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
        manifest = json.loads(raw)
        sound = raw == durable.canonical_json(manifest) and manifest["sha256"] == _own_hash(manifest) and _is_whole(manifest)
    except FileNotFoundError:
        raise DamageError("the manifest is missing", path, REPAIR) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamageError(f"the manifest cannot be read: {error}", path, REPAIR) from error
    if not sound:
        raise DamageError("the manifest is damaged", path, REPAIR)
    for name in manifest["files"]:
        if not _is_inside(name):
            raise DamageError(f"the manifest names a file outside of its folder: {name!r}", path, REPAIR)
    return Artifact(folder, manifest)


def _is_whole(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest has all parts that ``seal`` writes, each of its type."""
    if not all(isinstance(manifest.get(name), kind) for name, kind in PARTS.items()):
        return False
    entries = manifest["files"].values()
    are_files = all(isinstance(each, dict) and isinstance(each.get("sha256"), str) and isinstance(each.get("bytes"), int) for each in entries)
    return are_files and all(isinstance(each, str) for each in manifest["parents"].values())


def _is_inside(name: str) -> bool:
    """Whether a name is that of a file in the folder or below it, on every system: it is not absolute, has no drive and goes nowhere up."""
    windows = PureWindowsPath(name)  # both kinds of slash divide it, and either begins a path from the root
    return bool(windows.parts) and not windows.anchor and ".." not in windows.parts


def open_artifact(folder: Path, kind: str | None = None) -> Artifact:
    """Open a sealed folder after checking every file against its hash.

    Raises:
        DamageError: the manifest or a file is missing, damaged, or of another kind.
    """
    artifact = read_manifest(folder)
    if kind is not None and artifact.manifest["kind"] != kind:
        raise DamageError(f"expected a {kind} folder, found {artifact.manifest['kind']}", folder, "check the path")
    problems = problems_of(artifact)
    if problems:
        raise problems[0]
    return artifact


def problems_of(artifact: Artifact, *, is_given: bool = False) -> list[DamageError]:
    """Compare every file with the manifest, and the list of checksums of a release with both.

    Args:
        artifact: what to look at.
        is_given: it is something that is given away: nothing that a cut leaves behind belongs in it either.

    Returns:
        One error for each file that is missing, changed, or not listed; empty when all is sound.
    """
    damaged = [problem for name in artifact.manifest["files"] if (problem := _problem_of(artifact, name))]
    strangers = [DamageError(STRANGER, path, MOVE) for path in strangers_of(artifact, is_given=is_given)]
    return [*damaged, *_checksum_problems(artifact), *strangers]


def _problem_of(artifact: Artifact, name: str) -> DamageError | None:
    """Compare one file with the manifest."""
    path, expected = artifact.folder / name, artifact.manifest["files"][name]
    if not os.path.isfile(path):  # noqa: PTH113 - of a name that no file can have it says no
        return DamageError("a file is missing", path, REPAIR)
    if path.stat().st_size != expected["bytes"] or _hash_or_nothing(path) != expected["sha256"]:
        return DamageError(f"a file is damaged: its SHA-256 is not the one recorded{_place_of(path, expected)}", path, REPAIR)
    return None


def _checksum_problems(artifact: Artifact) -> list[DamageError]:
    """Compare the list of checksums, where there is one that is sound itself, with the manifest."""
    files = artifact.manifest["files"]
    if CHECKSUMS not in files or _problem_of(artifact, CHECKSUMS):
        return []
    lines = (artifact.folder / CHECKSUMS).read_bytes().decode("utf-8", "replace").split("\n")
    told = {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines) if name}
    recorded = {name: entry["sha256"] for name, entry in files.items() if name != CHECKSUMS}
    differing = sorted(name for name in told.keys() | recorded.keys() if told.get(name) != recorded.get(name))
    return [DamageError(f"{CHECKSUMS} and the manifest do not say the same of a file", artifact.folder / name, REPAIR) for name in differing]


def _hash_or_nothing(path: Path) -> str:
    """Return the SHA-256 of a file; empty when a bad sector of the disk lies in it."""
    try:
        return durable.sha256_file(path)
    except MbeguError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EIO:
            return ""
        raise


def _place_of(path: Path, expected: Mapping[str, Any]) -> str:
    if "blocks" not in expected:
        return ""
    try:
        blocks = BlockHashes.from_json(expected["blocks"])
        place = describe_damage(path, blocks) if blocks.block_bytes <= BLOCK_BYTES else ""
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return ""
    return f"; {place}" if place else ""


def strangers_of(artifact: Artifact, *, is_given: bool = False) -> list[Path]:
    """Return what is in the folder and its manifest does not list: somebody else put it there. Links and devices count as files.

    Args:
        artifact: what to look at.
        is_given: also what a cut leaves behind, and checkpoints, count as strangers.
    """
    names = sorted(name for name in _names_in(artifact.folder) if name not in artifact.manifest["files"] and name != MANIFEST)
    return [path for name in names if not _is_expected(path := artifact.folder / name, PurePosixPath(name), is_given=is_given)]


def _names_in(folder: Path) -> Iterator[str]:
    """Yield the relative POSIX name of everything in a folder but the folders in it; a link to a folder counts as a file."""
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        links = [name for name in folders if (here / name).is_symlink()]
        yield from ((here / name).relative_to(folder).as_posix() for name in (*files, *links))


def _is_expected(path: Path, name: PurePosixPath, *, is_given: bool) -> bool:
    """Whether a plain file is one that file managers, or a step at work or cut, put beside what is listed."""
    if path.is_symlink() or not path.is_file():
        return False
    is_work = name.parts[0] == CHECKPOINTS or name.suffix == durable.PARTIAL_SUFFIX or name.as_posix() == STARTED
    return name.name in SYSTEM_FILES or (is_work and not is_given)


def _own_hash(manifest: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in manifest.items() if name != "sha256"}
    return durable.sha256_bytes(durable.canonical_json(rest))
