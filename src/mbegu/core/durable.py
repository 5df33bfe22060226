"""The only writer of files that matter.

Each file is written under a temporary name in the same folder, flushed, fsynced, renamed over the old one, and the folder is
fsynced: after a power cut there is the old file or the new one, never half of one. So is the folder above each folder that is made.
Errors of the disk become ``ResourceError``.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from mbegu.core.disk import Disk
from mbegu.core.errors import MbeguError, explain_full_disk, explain_os_error

PARTIAL_SUFFIX = ".partial"
HASH_BLOCK_BYTES = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT)

disk = Disk()  # tests put another in its place


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where missing, so that a power cut cannot take them away again with all that is in them.

    Raises:
        ResourceError: the disk is full or refuses.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        disk.make_folder(folder)
        disk.sync_folder(folder.parent)
    except OSError as error:
        raise explain_os_error(error, folder) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises ``ResourceError`` when the disk refuses."""
    try:
        disk.sync_folder(folder)
    except OSError as error:
        raise explain_os_error(error, folder) from error


def sync_folders(top: Path) -> None:
    """Make all names in a folder and in the folders below it durable: what a run that was killed had made but not yet synced.

    Raises:
        ResourceError: the disk refuses.
    """
    for folder, _, _ in os.walk(top):
        sync_folder(Path(folder))


@contextlib.contextmanager
def replace_file(path: Path, needed_bytes: int = 0) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes the place of ``path`` only when it is complete and on the disk.

    Args:
        path: the file to write; its folder is made where missing.
        needed_bytes: how long it will be, where that is known: said when the disk is full.

    Yields:
        A binary file to write to.

    Raises:
        ResourceError: the disk is full or refuses; the partial file is then gone and the old one still there (or the new one,
            whole, when only making its name durable failed).
    """
    partial = partial_of(path)
    make_folder(path.parent)
    written_bytes = 0
    try:
        with disk.create(partial) as file:
            try:
                yield file
            finally:
                written_bytes = _position(file)
            disk.sync_file(file)
        disk.rename(partial, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        _discard(partial)
        raise _explain(error, path, needed_bytes, written_bytes) from error
    except BaseException:
        _discard(partial)
        raise


def _position(file: IO[bytes]) -> int:
    try:
        return file.tell()
    except (OSError, ValueError):  # a library has closed it
        return 0


def _discard(partial: Path) -> None:
    with contextlib.suppress(OSError):  # the error under way says more
        disk.remove(partial)


def _explain(error: OSError, path: Path, needed_bytes: int, written_bytes: int) -> MbeguError:
    if error.errno not in FULL:
        return explain_os_error(error, path)
    free_bytes = None
    with contextlib.suppress(OSError):
        free_bytes = disk.free_bytes(path.parent)
    return explain_full_disk(path, max(needed_bytes, written_bytes), free_bytes)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` durably to ``path``. Raises ``ResourceError`` as ``replace_file`` does."""
    with replace_file(path, len(data)) as file:
        file.write(data)


def append(path: Path, data: bytes) -> None:
    """Write ``data`` durably after what is in a file. A power cut may leave a part of it there, never less than was there before.

    Args:
        path: the file; made where missing, in a folder that is there.
        data: what to write.

    Raises:
        ResourceError: the disk is full or refuses.
    """
    is_new = not path.exists()
    try:
        with disk.append(path) as file:
            file.write(data)
            disk.sync_file(file)
        if is_new:
            disk.sync_folder(path.parent)
    except OSError as error:
        raise explain_os_error(error, path) from error


def write_text(path: Path, text: str) -> None:
    """Write ``text`` durably to ``path`` as UTF-8 with ``\\n`` line ends."""
    write_bytes(path, text.encode("utf-8"))


def canonical_json(value: Any) -> bytes:
    """Return the one JSON form of ``value``: sorted keys, two-space indent, UTF-8, a final newline."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode("utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` durably to ``path`` in its canonical JSON form."""
    write_bytes(path, canonical_json(value))


def copy_file(source: Path, target: Path) -> None:
    """Copy ``source`` durably to ``target``. Raises ``InputError`` when ``source`` is gone, else as ``replace_file`` does."""
    try:
        reader = open(source, "rb")  # noqa: SIM115 - closed below; its errors are the source's, not the target's
    except OSError as error:
        raise explain_os_error(error, source) from error
    with reader, replace_file(target, os.fstat(reader.fileno()).st_size) as writer:
        shutil.copyfileobj(reader, writer, HASH_BLOCK_BYTES)


def partial_of(path: Path) -> Path:
    """Return the name that ``path`` has while it is not complete."""
    return path.with_name(path.name + PARTIAL_SUFFIX)


@contextlib.contextmanager
def extend_partial(path: Path, keep_bytes: int) -> Iterator[IO[bytes]]:
    """Open the unfinished form of ``path`` to write on; unlike ``replace_file``, what was written stays when it ends early.

    Args:
        path: the file that it will become with ``adopt_partial``; its folder is made where missing.
        keep_bytes: how much of what is already there to keep; what follows is cut off.

    Yields:
        A binary file, at its end.

    Raises:
        ResourceError: the disk is full or refuses.
    """
    partial = partial_of(path)
    make_folder(partial.parent)
    try:
        with disk.extend(partial, keep_bytes) as file:
            yield file
    except OSError as error:
        raise explain_os_error(error, partial) from error


def adopt_partial(path: Path) -> None:
    """Give the unfinished form of ``path``, now complete, its name. Raises ``ResourceError`` as ``replace_file`` does."""
    partial = partial_of(path)
    try:
        with disk.reopen(partial) as file:
            disk.sync_file(file)
        disk.rename(partial, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise explain_os_error(error, path) from error


def move_file(source: Path, target: Path) -> None:
    """Let a file that is whole and on the disk take the place of ``target``, on the same disk. Raises ``ResourceError`` when the disk refuses."""
    try:
        disk.rename(source, target)
        disk.sync_folder(target.parent)
    except OSError as error:
        raise explain_os_error(error, target) from error


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal. Raises ``MbeguError`` where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(HASH_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise explain_os_error(error, path) from error
    return digest.hexdigest()


def remove_file(path: Path) -> None:
    """Remove a file; nothing happens when it is not there. A power cut may bring it back. Raises ``ResourceError`` when the disk refuses."""
    try:
        with contextlib.suppress(FileNotFoundError):
            disk.remove(path)
    except OSError as error:
        raise explain_os_error(error, path) from error


def remove_tree(folder: Path) -> None:
    """Remove a folder of Mbegu's own making, its manifest first so that it never looks complete while half gone."""
    if not folder.exists():
        return
    remove_file(folder / "manifest.json")
    sync_folder(folder)
    try:
        for name, folders, files in os.walk(folder, topdown=False):
            for path in (Path(name) / each for each in (*folders, *files)):
                if path.is_dir() and not path.is_symlink():
                    disk.remove_folder(path)
                else:
                    disk.remove(path)
        disk.remove_folder(folder)
    except OSError as error:
        raise explain_os_error(error, folder) from error
