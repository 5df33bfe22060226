"""The only writer of files that matter.

Each file is written under a temporary name in the same folder, flushed, fsynced, renamed over the old one, and the folder is
fsynced: after a power cut there is the old file or the new one, never half of one. Errors of the disk become ``ResourceError``.
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

from mbegu.core.errors import explain_os_error

PARTIAL_SUFFIX = ".partial"
HASH_BLOCK_BYTES = 1 << 20


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Does nothing on Windows, whose renames need no folder sync."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot do it for folders
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def replace_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes the place of ``path`` only when it is complete and on the disk.

    Args:
        path: the file to write; its folder is made where missing.

    Yields:
        A binary file to write to.

    Raises:
        ResourceError: the disk is full or refuses; the partial file is then gone and the old one still there (or the new one,
            whole, when only making its name durable failed).
    """
    partial = partial_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise explain_os_error(error, path) from error
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` durably to ``path``. Raises ``ResourceError`` as ``replace_file`` does."""
    with replace_file(path) as file:
        file.write(data)


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
    with reader, replace_file(target) as writer:
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
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "ab") as file:
            file.truncate(keep_bytes)
            file.seek(0, os.SEEK_END)
            yield file
    except OSError as error:
        raise explain_os_error(error, partial) from error


def adopt_partial(path: Path) -> None:
    """Give the unfinished form of ``path``, now complete, its name. Raises ``ResourceError`` as ``replace_file`` does."""
    partial = partial_of(path)
    try:
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise explain_os_error(error, path) from error


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


def remove_tree(folder: Path) -> None:
    """Remove a folder of Mbegu's own making, its manifest first so that it never looks complete while half gone."""
    if not folder.exists():
        return
    try:
        (folder / "manifest.json").unlink(missing_ok=True)
        sync_folder(folder)
        shutil.rmtree(folder)
    except OSError as error:
        raise explain_os_error(error, folder) from error
