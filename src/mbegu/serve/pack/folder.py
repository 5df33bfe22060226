"""The folder that a pack is written to: nothing of a person's own in it is overwritten or removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mbegu.core import artifacts, durable
from mbegu.core.errors import InputError

CHECKSUMS = "SHA256SUMS"


def require_own(out: Path, mark: str, is_ours: Callable[[str], bool]) -> None:
    """Make sure that a folder may be written to: it is not there, empty, an earlier pack, or one whose writing was cut.

    Args:
        out: the folder.
        mark: a file that the list of checksums of every finished pack of this kind names, and of nothing else.
        is_ours: whether a pack of this kind has a file of that name.

    Raises:
        InputError: it holds something else.
    """
    if out.exists() and not out.is_dir():
        raise InputError("there is a file where the pack's folder is to be", out, "name another folder with --out")
    if not out.is_dir():
        return
    if mark not in names_in(out) and not all(map(is_ours, artifacts.files_in(out))):
        raise InputError("this folder holds something that is no pack", out, "name another folder with --out, or empty this one")


def names_in(out: Path) -> set[str]:
    """Return the files of an earlier pack in a folder, by its list of checksums."""
    try:
        listed = {line.split("  ", 1)[1] for line in (out / CHECKSUMS).read_text(encoding="utf-8").splitlines()}
    except (OSError, ValueError, IndexError):
        return set()
    return {name for name in listed if (out / name).is_file() and (out / name).resolve().is_relative_to(out.resolve())}


def write_changed(out: Path, name: str, data: bytes) -> None:
    """Write a file of a pack unless it is there already."""
    if not (out / name).is_file() or durable.sha256_file(out / name) != durable.sha256_bytes(data):
        durable.write_bytes(out / name, data)


def finish(out: Path, written: Mapping[str, str], earlier: set[str]) -> None:
    """Write the checksums and remove what an earlier pack had and this one has not.

    Args:
        out: the folder.
        written: the SHA-256 of each file by its name.
        earlier: names of files of an earlier pack.
    """
    durable.write_text(out / CHECKSUMS, "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(written.items())))
    for name in earlier - set(written):
        durable.remove_file(out / name)
