"""The errors that a user can put right, each with its exit code.

Library code raises these and never exits; the command line turns them into one line and the exit code.
Anything else that escapes is a defect of Mbegu and exits with ``EXIT_DEFECT`` and a traceback.
"""

from __future__ import annotations

from pathlib import Path

from mbegu.core.plain import plain

EXIT_DEFECT = 1
EXIT_INTERRUPTED = 130
INSTALL = "install it: pip install 'mbegu[train]' (the README says how to get torch without CUDA)"
# Libraries of other extras than train, as pyproject.toml divides them.
EXTRAS = {"starlette": "serve", "uvicorn": "serve", "segno": "serve", "pycld2": "identify", "ray": "ray", "libzim": "zim"}


class MbeguError(Exception):
    """Something went wrong that the user can put right.

    Args:
        what: what happened, with the offending value.
        where: the file, setting or place it happened in; empty when ``what`` says it.
        fix: what to do next, as an instruction.
    """

    exit_code = EXIT_DEFECT
    meaning = ""

    def __init__(self, what: str, where: str | Path = "", fix: str = "") -> None:
        self.what = what
        self.where = str(where)
        self.fix = fix
        super().__init__(self.one_line())

    def one_line(self) -> str:
        """Return the whole message as one line: what, where, what to do next."""
        text = self.what.rstrip(".")
        if self.where:
            text += f" ({self.where})"
        if self.fix:
            text += f". {self.fix[0].upper()}{self.fix[1:]}"
        text = plain(" ".join(text.split()))
        return text if text.endswith((".", "!", "?")) else text + "."


class UsageError(MbeguError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_code = 2
    meaning = "the command line: unknown command, option or argument, or they do not fit together"


class SettingsError(MbeguError):
    """The recipe, a setting or a language code is wrong; lists every problem at once."""

    exit_code = 3
    meaning = "the recipe or a setting: unknown key, wrong type, out of range, unknown language"


class InputError(MbeguError):
    """The user's text or model file cannot be used."""

    exit_code = 4
    meaning = "the text or the model given: empty, unreadable, vanished, protected, too little"


class DamageError(MbeguError):
    """A file that Mbegu wrote is damaged, missing or does not belong to the others."""

    exit_code = 5
    meaning = "a file that Mbegu wrote is damaged, missing, or belongs to another model"


class ResourceError(MbeguError):
    """The computer does not have what it takes: disk, memory, permission, time."""

    exit_code = 6
    meaning = "the computer: disk full, not enough memory, no permission, budget too small"


class BudgetError(ResourceError):
    """The budget is too small even for the smallest model."""


class BusyError(MbeguError):
    """Another run holds the project, or the folder that is written to."""

    exit_code = 7
    meaning = "another run is working in the same project or folder"


class MissingDependencyError(MbeguError):
    """An optional part of Mbegu is not installed."""

    exit_code = 8
    meaning = "an optional part of Mbegu is not installed"


class NetworkError(MbeguError):
    """A download that the user asked for failed."""

    exit_code = 9
    meaning = "a download that was asked for failed, or the file that came is not the right one"


class LostWorkerError(MbeguError):
    """One of several processes that train together ended, or can no longer be reached."""

    exit_code = 10
    meaning = "one of several workers of a training was lost; the same command, with any number of workers, goes on from the last save"


class LeakError(MbeguError):
    """Items of a test set stand in the training text."""

    exit_code = 13
    meaning = "test items were found in the training text: the finding, not a failure"


class StoppedError(MbeguError):
    """The user stopped the work at a point from which it goes on."""

    exit_code = EXIT_INTERRUPTED
    meaning = "stopped by Ctrl-C, a signal or `--until`; the same command goes on where it stopped"


class PausedError(StoppedError):
    """Work ended for a while, outside its hours or on a low battery, and goes on by itself."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is too little memory; torch says it with a RuntimeError that anything else may be too."""
    return isinstance(error, MemoryError) or any(words in str(error).lower() for words in _OUT_OF_MEMORY)


_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")


ERROR_TYPES: tuple[type[MbeguError], ...] = (
    UsageError,
    SettingsError,
    InputError,
    DamageError,
    ResourceError,
    BusyError,
    MissingDependencyError,
    NetworkError,
    LostWorkerError,
    LeakError,
    StoppedError,
)


def explain_missing_module(error: ModuleNotFoundError) -> MissingDependencyError | None:
    """Turn a failed import of another's library into an error that says how to install it; ``None`` for a defect of Mbegu's own."""
    library = (error.name or "").partition(".")[0]
    if library in ("", "mbegu"):
        return None
    fix = f"install it: pip install 'mbegu[{EXTRAS[library]}]'" if library in EXTRAS else INSTALL
    return MissingDependencyError(f"this needs '{library}', which is not installed", fix=fix)


def explain_os_error(error: OSError, path: str | Path) -> MbeguError:
    """Turn an operating-system error into one that says what to do.

    Args:
        error: the error as raised.
        path: the file or folder that was being read or written.

    Returns:
        A ``ResourceError`` for disk, permission and device trouble, an ``InputError`` when the file is gone.
    """
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return explain_full_disk(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ResourceError("no permission", path, "give yourself the right to this file or folder, or use another place")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return InputError("no such file or folder", path, "check the path")
    return ResourceError(f"the computer could not read or write: {error.strerror or error}", path, "check the disk, then run the same command again")


def explain_full_disk(path: str | Path, needed_bytes: int = 0, free_bytes: int | None = None) -> ResourceError:
    """Return the error of a full disk.

    Args:
        path: the file that was being written.
        needed_bytes: how much it needs at least; 0 when not known.
        free_bytes: how much is free; ``None`` when not known.
    """
    parts = [f"this file needs {needed_bytes:,} bytes"] if needed_bytes else []
    parts += [f"{free_bytes:,} bytes are free"] if free_bytes is not None else []
    what = f"the disk is full{': ' if parts else ''}{' and '.join(parts)}"
    return ResourceError(what, path, "free some space and run the same command again: it goes on where it stopped")
