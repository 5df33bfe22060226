"""Sealed folders: outputs of a step with a manifest that is written last.

``manifest.json`` holds kind, version, the step's key, the hashes of the parents' manifests, and SHA-256 and size of each
file, of a large one also the SHA-256 of each block, so that damage is located. It is stored in canonical form together with its
own hash, so a flipped bit anywhere, also in the manifest, is found.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.blocks import BlockHasher, BlockHashes, describe_damage
from mbegu.core.errors import DamageError, MbeguError, explain_os_error

MANIFEST = "manifest.json"
STARTED = "started.json"  # while a step is at work: the key it works for
SETTINGS = "settings.toml"  # the settings that made an output, all defaults filled in
CHECKPOINTS = "checkpoints"  # what a step needs to go on; kept until its output is sealed, never part of it
SYSTEM_FILES = (".DS_Store", "Thumbs.db", "desktop.ini")  # put into folders by file managers that only looked at them
STRANGER = "a file is here that Mbegu did not put here"
MOVE = "move it elsewhere"
REPAIR = "run `mbegu grow` again: the step is made anew from the files that are sound"


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
        DamageError: the manifest is missing, damaged or not in its canonical form.
    """
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
        manifest = json.loads(raw)
        sound = raw == durable.canonical_json(manifest) and manifest["sha256"] == _own_hash(manifest)
    except FileNotFoundError:
        raise DamageError("the manifest is missing", path, REPAIR) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamageError(f"the manifest cannot be read: {error}", path, REPAIR) from error
    if not sound:
        raise DamageError("the manifest is damaged", path, REPAIR)
    return Artifact(folder, manifest)


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


def problems_of(artifact: Artifact) -> list[DamageError]:
    """Compare every file with the manifest.

    Returns:
        One error for each file that is missing, changed, or not listed; empty when all is sound.
    """
    problems = []
    listed: Mapping[str, Mapping[str, Any]] = artifact.manifest["files"]
    for name, expected in listed.items():
        path = artifact.folder / name
        if not path.is_file():
            problems.append(DamageError("a file is missing", path, REPAIR))
        elif path.stat().st_size != expected["bytes"] or _hash_or_nothing(path) != expected["sha256"]:
            problems.append(DamageError(f"a file is damaged: its SHA-256 is not the one recorded{_place_of(path, expected)}", path, REPAIR))
    for path in strangers_of(artifact):
        problems.append(DamageError(STRANGER, path, MOVE))
    return problems


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
        place = describe_damage(path, BlockHashes.from_json(expected["blocks"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return f"; {place}" if place else ""


def strangers_of(artifact: Artifact) -> list[Path]:
    """Return the files in the folder that its manifest does not list: somebody else put them there."""
    return [artifact.folder / name for name in files_in(artifact.folder) if name not in artifact.manifest["files"]]


def _own_hash(manifest: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in manifest.items() if name != "sha256"}
    return durable.sha256_bytes(durable.canonical_json(rest))
