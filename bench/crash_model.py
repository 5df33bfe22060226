"""What a disk may hold after a power cut, reckoned from a record of the operations before it.

The rules are those that POSIX promises and no more. What was written to a file is safe once the file was synced; a name that was made,
moved or removed is safe once its folder was synced. Everything else may have reached the disk or not, in any order: whole, cut short, or
in single sectors with zeros or garbage in the others. One promise is taken from file systems beyond POSIX, as every such program does: a
renaming replaces the old file at once (``both names`` shows what happens where even the old name stays behind).
"""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.watched_disk import Operation

FOLDER = -1
Names = dict[Path, int]
Contents = Callable[["FileOnDisk"], bytes]


@dataclass
class FileOnDisk:
    """A file without its name: what is safe of it, and the writings and cuts since."""

    safe: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # place and bytes; no bytes: cut to that length

    def after(self, count: int) -> bytes:
        """Return the content when the first ``count`` pending changes reached the disk."""
        data = bytearray(self.safe)
        for at, new in self.pending[:count]:
            if new is None:
                data[at:] = bytes(max(0, at - len(data)))
            else:
                data.extend(bytes(max(0, at - len(data))))
                data[at : at + len(new)] = new
        return bytes(data)

    @property
    def whole(self) -> bytes:
        """The content as the program sees it."""
        return self.after(len(self.pending))


@dataclass(frozen=True)
class NameChange:
    """A change in a folder that is not safe yet: ``path`` names ``file``, or nothing where that is ``None``; of a renaming ``old`` goes."""

    path: Path
    file: int | None
    old: Path | None = None


class DiskState:
    """What is safe and what is pending; ``apply`` each operation in turn.

    Args:
        root: the folder that the record is of.
        there: files in it before, all safe, by path.
    """

    def __init__(self, root: Path, there: dict[Path, bytes]) -> None:
        self.root = root
        self.files: dict[int, FileOnDisk] = {}
        self.safe: Names = {}
        self.pending: list[NameChange] = []
        for path, data in there.items():
            self.files[len(self.files)] = FileOnDisk(data)
            self.safe[path] = len(self.files) - 1
            self.safe.update(dict.fromkeys(folders_above(path, root), FOLDER))
        self.seen: Names = dict(self.safe)  # as the program sees it
        self._opened: dict[int, int] = {}

    def apply(self, operation: Operation) -> None:
        """Take the next operation."""
        kind, path = operation.kind, operation.path
        if kind in ("create", "open"):
            self._open(operation)
        elif kind in ("write", "truncate"):
            data = operation.data if kind == "write" else None
            self.files[self._opened[operation.file]].pending.append((operation.at, data))
        elif kind == "sync file":
            file = self.files[self._opened[operation.file]]
            file.safe, file.pending = file.whole, []
        elif kind == "rename":
            self._change(NameChange(operation.new, self.seen[path], path))
        elif kind in ("remove", "remove folder"):
            self._change(NameChange(path, None))
        elif kind == "make folder" and path not in self.seen:
            self._change(NameChange(path, FOLDER))
        elif kind == "sync folder":
            for change in (each for each in self.pending if each.path.parent == path):
                _apply_change(self.safe, change)
            self.pending = [each for each in self.pending if each.path.parent != path]

    def _open(self, operation: Operation) -> None:
        number = self.seen.get(operation.path)
        if number is None:
            number = len(self.files)
            self.files[number] = FileOnDisk()
            self._change(NameChange(operation.path, number))
        elif operation.kind == "create":
            self.files[number].pending.append((0, None))
        self._opened[operation.file] = number

    def _change(self, change: NameChange) -> None:
        _apply_change(self.seen, change)
        self.pending.append(change)

    def image(self, changes: Sequence[NameChange], contents: Contents, *, keeps_old_names: bool = False) -> dict[Path, bytes | None]:
        """Return files and folders (``None``) after a cut at which these changes of names had reached the disk."""
        names = dict(self.safe)
        for change in changes:
            _apply_change(names, change, keeps_old_names)
        held: dict[int, bytes] = {}
        image: dict[Path, bytes | None] = {}
        for path, number in names.items():
            if all(names.get(folder) == FOLDER for folder in folders_above(path, self.root)):
                if number != FOLDER and number not in held:
                    held[number] = contents(self.files[number])
                image[path.relative_to(self.root)] = None if number == FOLDER else held[number]
        return image


@functools.cache
def folders_above(path: Path, root: Path) -> tuple[Path, ...]:
    """Return the folders between a path and ``root``, neither of them among them."""
    return tuple(folder for folder in path.parents if folder.is_relative_to(root) and folder != root)


def join_writings(operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations with each run of writings that follow each other in a file as one; a cut tears it anywhere all the same."""
    joined: list[Operation] = []
    for each in operations:
        last = joined[-1] if joined else each
        if each.kind == last.kind == "write" and each.file == last.file and each.at == last.at + len(last.data):
            joined[-1] = replace(last, data=last.data + each.data)
        else:
            joined.append(each)
    return joined


def _apply_change(names: Names, change: NameChange, keeps_old_names: bool = False) -> None:
    if change.old is not None and not keeps_old_names:
        names.pop(change.old, None)
    if change.file is None:
        names.pop(change.path, None)
    else:
        names[change.path] = change.file


def images(state: DiskState, chance: random.Random, rounds: int) -> Iterator[tuple[str, dict[Path, bytes | None]]]:
    """Yield the kinds and images of a cut in this state; those that depend on chance ``rounds`` times."""
    everything, nothing = state.pending, ()
    removals = [change for change in state.pending if change.file is None]
    yield "nothing unsynced", state.image(nothing, lambda file: file.safe)
    yield "all of it (a kill)", state.image(everything, lambda file: file.whole)
    yield "names without data", state.image(everything, lambda file: file.safe)
    yield "names and lengths, zeros", state.image(everything, lambda file: file.safe.ljust(len(file.whole), b"\0"))
    yield "data without names", state.image(nothing, lambda file: file.whole)
    yield "removals first", state.image(removals, lambda file: file.safe)
    for _ in range(rounds):
        some = [change for change in everything if chance.random() < 0.5]
        yield "cut short", state.image(some, lambda file: _cut_short(file, chance))
        for sector_bytes in (512, 4096):
            yield f"torn, {sector_bytes} B", state.image(some, lambda file, size=sector_bytes: _torn(file, size, chance))  # type: ignore[misc]
        yield "reordered", state.image(some, lambda file: file.whole if chance.random() < 0.5 else file.safe)
        both = state.image(some, lambda file: file.whole if chance.random() < 0.5 else file.safe, keeps_old_names=True)
        yield "both names", both


def _cut_short(file: FileOnDisk, chance: random.Random) -> bytes:
    """Return the file with some of its changes, the last of them cut."""
    count = chance.randint(0, len(file.pending))
    data = file.after(count)
    longer = file.after(count + 1)
    return data + longer[len(data) : len(data) + chance.randint(0, max(0, len(longer) - len(data)))]


def _torn(file: FileOnDisk, sector_bytes: int, chance: random.Random) -> bytes:
    """Return the file with each changed sector new, old, zero or garbage, and a length between the old one and the new one."""
    new, old = file.whole, file.safe
    parts = []
    for at in range(0, len(new), sector_bytes):
        fresh, stale = new[at : at + sector_bytes], old[at : at + sector_bytes]
        if fresh == stale:
            parts.append(fresh)
            continue
        choices = (fresh, fresh, stale.ljust(len(fresh), b"\0"), bytes(len(fresh)), chance.randbytes(len(fresh)))
        parts.append(chance.choice(choices))
    torn = b"".join(parts)
    shortest, longest = sorted((len(old), len(new)))
    return torn[: chance.choice((longest, longest, chance.randint(shortest, longest)))]


def digest_of(image: dict[Path, bytes | None]) -> str:
    """Return a hash of an image, to count each once."""
    digest = hashlib.sha256()
    for path, data in sorted(image.items()):
        digest.update(f"{path.as_posix()}\0{-1 if data is None else len(data)}\0".encode())
        digest.update(data or b"")
    return digest.hexdigest()


def write_image(image: dict[Path, bytes | None], folder: Path) -> None:
    """Put an image on this computer's disk, below ``folder``."""
    for path, data in sorted(image.items()):  # a folder sorts before what is in it
        if data is None:
            (folder / path).mkdir(parents=True, exist_ok=True)
        else:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
