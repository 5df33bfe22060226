"""Disks to put in the place of ``durable.disk``: one records every operation, one refuses the N-th, one kills the process at the N-th."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mbegu.core import durable
from mbegu.core.disk import Disk


@dataclass(frozen=True)
class Operation:
    """One operation: ``create``, ``open``, ``write``, ``truncate``, ``sync file``, ``rename``, ``remove``, ``make folder``,
    ``remove folder``, ``sync folder``; or ``mark``, which is no operation of a disk but what the program took as done there.

    ``file`` numbers the open file; ``path`` and ``new`` are absolute; ``note`` is what a mark says.
    """

    kind: str
    path: Path = Path()
    new: Path = Path()
    file: int = 0
    at: int = 0
    data: bytes = b""
    note: Any = None


class WatchedFile(io.BufferedIOBase):
    """An open file that reports each writing to its disk before it does it. No subclass of a real file: numpy would go around it."""

    def __init__(self, disk: WatchedDisk, path: Path, mode: str, number: int) -> None:
        self._raw = io.FileIO(str(path), mode)
        self._disk, self.path, self.number = disk, path, number

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        self._disk.meet(Operation("write", self.path, file=self.number, at=self._raw.tell(), data=bytes(view)))
        done = 0
        while done < len(view):
            done += self._raw.write(view[done:]) or 0
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        length = self._raw.tell() if size is None else size
        self._disk.meet(Operation("truncate", self.path, file=self.number, at=length))
        return self._raw.truncate(length)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def fileno(self) -> int:
        return self._raw.fileno()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()


class WatchedDisk(Disk):
    """The disk of this computer, each of whose operations is first shown to ``meet``."""

    def __init__(self) -> None:
        self._files = 0
        self._lock = threading.RLock()  # the ledger's heartbeat writes from a thread of its own

    def meet(self, operation: Operation) -> None:
        """Learn of an operation that is about to happen; an error raised here keeps it from happening."""

    def _open(self, kind: str, path: Path, mode: str) -> IO[bytes]:
        with self._lock:
            self._files += 1
            number = self._files
        self.meet(Operation(kind, path, file=number))
        return WatchedFile(self, path, mode, number)  # type: ignore[return-value]

    def create(self, path: Path) -> IO[bytes]:
        return self._open("create", path, "wb")

    def extend(self, path: Path, keep_bytes: int) -> IO[bytes]:
        file = self._open("open", path, "ab")
        file.truncate(keep_bytes)
        file.seek(0, os.SEEK_END)
        return file

    def append(self, path: Path) -> IO[bytes]:
        return self._open("open", path, "ab")

    def reopen(self, path: Path) -> IO[bytes]:
        return self._open("open", path, "rb+")

    def sync_file(self, file: IO[bytes]) -> None:
        assert isinstance(file, WatchedFile)
        self.meet(Operation("sync file", file.path, file=file.number))
        self.do_sync(lambda: super(WatchedDisk, self).sync_file(file))

    def rename(self, old: Path, new: Path) -> None:
        self.meet(Operation("rename", old, new))
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        if path.exists() or path.is_symlink():
            self.meet(Operation("remove", path))
        super().remove(path)

    def make_folder(self, folder: Path) -> None:
        self.meet(Operation("make folder", folder))
        super().make_folder(folder)

    def remove_folder(self, folder: Path) -> None:
        self.meet(Operation("remove folder", folder))
        super().remove_folder(folder)

    def sync_folder(self, folder: Path) -> None:
        self.meet(Operation("sync folder", folder))
        self.do_sync(lambda: super(WatchedDisk, self).sync_folder(folder))

    def do_sync(self, sync: Callable[[], None]) -> None:
        """Sync in truth; a disk that is only recorded need not."""
        sync()


class RecordingDisk(WatchedDisk):
    """Keeps all operations below ``root`` in their order. It syncs nothing in truth: the images are made from the record."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.operations: list[Operation] = []

    def meet(self, operation: Operation) -> None:
        with self._lock:
            if operation.path.is_relative_to(self.root):
                self.operations.append(operation)

    def do_sync(self, sync: Callable[[], None]) -> None:
        pass

    def mark(self, note: Any) -> None:
        """Note what the program takes as done from here on."""
        self.meet(Operation("mark", self.root, note=note))


class FailingDisk(WatchedDisk):
    """Refuses operation number ``fails_at`` (from 0), and where ``stays`` says so all after it, as a full disk does."""

    def __init__(self, fails_at: int, code: int, stays: bool = True) -> None:
        super().__init__()
        self.fails_at, self.code, self.stays = fails_at, code, stays
        self.operations: list[Operation] = []

    def meet(self, operation: Operation) -> None:
        with self._lock:
            self.operations.append(operation)
            number = len(self.operations) - 1
        if number == self.fails_at or (self.stays and number > self.fails_at):
            raise OSError(self.code, os.strerror(self.code))

    def do_sync(self, sync: Callable[[], None]) -> None:
        pass

    @property
    def refused(self) -> Operation | None:
        """The operation that was refused; ``None`` when there were fewer."""
        return self.operations[self.fails_at] if len(self.operations) > self.fails_at else None


class KillingDisk(WatchedDisk):
    """Kills this very process at an operation; a writing is cut in its middle.

    Args:
        label: which operation, as ``label_of`` names it; empty for none.
        occurrence: the how many-th of them, from 1.
        tell: learns the label of each operation before it happens.
    """

    def __init__(self, label: str, occurrence: int, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.label, self.left, self.tell = label, occurrence, tell

    def meet(self, operation: Operation) -> None:
        label = label_of(operation)
        self.tell(label)
        self.left -= label == self.label
        if label == self.label and not self.left:
            if operation.kind == "write":
                with open(operation.path, "rb+") as file:
                    file.seek(operation.at)
                    file.write(operation.data[: len(operation.data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)

    def do_sync(self, sync: Callable[[], None]) -> None:
        pass  # a kill takes nothing from the cache of the system


def label_of(operation: Operation) -> str:
    """Return what an operation is, with the kind of its file and the folder that holds it: ``rename checkpoints/*.safetensors``."""
    suffix = Path(operation.path.name.removesuffix(durable.PARTIAL_SUFFIX)).suffix
    return f"{operation.kind} {operation.path.parent.name}/*{suffix}" if suffix else f"{operation.kind} {operation.path.name}"


@contextlib.contextmanager
def put_in(disk: Disk) -> Iterator[None]:
    """Put a disk in the place of ``durable.disk`` while the block runs."""
    before = durable.disk
    durable.disk = disk
    try:
        yield
    finally:
        durable.disk = before
