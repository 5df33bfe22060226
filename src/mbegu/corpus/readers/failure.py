"""What it means that a reader failed: one file, or one member of an archive, is left out and named, and the rest is read."""

from __future__ import annotations

import zipfile
import zlib

from mbegu.core.errors import MbeguError
from mbegu.corpus.files import reason_of
from mbegu.corpus.findings import DAMAGED, TOO_LARGE, ReadError, excerpt

DETAIL_CHARACTERS = 200
# These do not speak of the file: the work was stopped, or the installation lacks what it takes.
NOT_OF_THE_FILE = (MbeguError, ImportError)
# Said by those who unpack: their own words are plain.
_UNPACKING = (zipfile.BadZipFile, zlib.error, EOFError)


def failure(error: Exception) -> tuple[str, str]:
    """Return why a file could not be read, as one of the reasons of ``findings`` and a detail.

    Args:
        error: what came out of a reader. Files are made by anyone, and libraries raise many kinds on what they do not expect.

    Raises:
        MbeguError: the error is one that ends the work, and so is ``ImportError``: it is raised again.
    """
    if isinstance(error, NOT_OF_THE_FILE):
        raise error
    if isinstance(error, ReadError):
        return error.reason, error.detail
    if isinstance(error, MemoryError):
        return TOO_LARGE, "to read it takes more memory than there is: divide it, or close other programs and read again"
    if isinstance(error, OSError) and error.errno is not None:
        return reason_of(error)
    if isinstance(error, (OSError, *_UNPACKING)):  # an OSError without a number comes from bzip2, not from the disk
        return DAMAGED, excerpt(str(error), DETAIL_CHARACTERS)
    return DAMAGED, excerpt(f"it is not as its format says: {type(error).__name__}: {error}", DETAIL_CHARACTERS)
