"""The lock of a folder: one run at a time works in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mbegu.core.errors import BusyError, explain_os_error

LOCK_FILE = ".mbegu.lock"


@contextlib.contextmanager
def hold_folder(folder: Path, called: str = "folder") -> Iterator[None]:
    """Hold a folder's lock while the block runs. The system lets go of it when the process dies.

    Args:
        folder: the folder, which exists.
        called: what it is called in the message.

    Raises:
        BusyError: another run holds it.
        ResourceError: the disk refuses.
    """
    import filelock

    lock = filelock.FileLock(folder / LOCK_FILE, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise BusyError(f"another `mbegu` is at work in this {called}", folder, "wait until it is done, or stop it first") from None
    except OSError as error:
        raise explain_os_error(error, folder) from error
    try:
        yield
    finally:
        lock.release()
