"""The operations that durable files are made of, one method each, so that a test can record them, refuse them or stop at any of them.

``mbegu.core.durable`` calls nothing else, in an order that survives a power cut under these rules of POSIX: what was written is safe
after ``sync_file``; a name made, moved or removed is safe after ``sync_folder`` of the folder that holds it; until then each may or may
not be there, in any order.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path
from typing import IO

# A virus scanner or an indexer of Windows opens a file that was just written, and for that moment it cannot be renamed or removed.
BUSY_WAITS_S = (0.05, 0.1, 0.2, 0.5, 1.0) if os.name == "nt" else ()


class Disk:
    """The disk of this computer. Every method raises ``OSError`` when the system refuses."""

    def create(self, path: Path) -> IO[bytes]:
        """Open a new, empty file for writing, in the place of one of that name."""
        return open(path, "wb")

    def extend(self, path: Path, keep_bytes: int) -> IO[bytes]:
        """Open a file, made where missing, for writing after its first ``keep_bytes``; what follows is cut off."""
        file = open(path, "ab")  # noqa: SIM115 - the caller closes it
        try:
            file.truncate(keep_bytes)
            file.seek(0, os.SEEK_END)
        except BaseException:
            file.close()
            raise
        return file

    def append(self, path: Path) -> IO[bytes]:
        """Open a file, made where missing, for writing after what is in it."""
        return open(path, "ab")

    def reopen(self, path: Path) -> IO[bytes]:
        """Open a file that is there for writing, as it is."""
        return open(path, "rb+")

    def sync_file(self, file: IO[bytes]) -> None:
        """Return when all that was written to an open file is on the disk."""
        file.flush()
        os.fsync(file.fileno())

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name in the same folder, in the place of one that has it, at once or not at all."""
        for wait_s in BUSY_WAITS_S:
            try:
                old.replace(new)
            except PermissionError:
                time.sleep(wait_s)
            else:
                return
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Remove a file or a link."""
        for wait_s in BUSY_WAITS_S:
            try:
                path.unlink()
            except PermissionError:
                time.sleep(wait_s)
            else:
                return
        path.unlink()

    def make_folder(self, folder: Path) -> None:
        """Make one folder in a folder that is there; nothing happens when it is there itself."""
        folder.mkdir(exist_ok=True)

    def remove_folder(self, folder: Path) -> None:
        """Remove an empty folder."""
        folder.rmdir()

    def sync_folder(self, folder: Path) -> None:
        """Return when the names in a folder are on the disk. Nothing to do on Windows: NTFS keeps a journal of names, in their order."""
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

    def free_bytes(self, folder: Path) -> int:
        """Return how much this user can still write to the disk that holds a folder."""
        return shutil.disk_usage(folder).free
