"""The lines of a file in any format that the corpus reads, numbered from 1, empty ones too."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from mbegu.core.errors import InputError, explain_os_error
from mbegu.corpus.findings import Findings, ReadError
from mbegu.corpus.identify.scoring import LONGEST_LINE
from mbegu.corpus.lines import bounded_lines
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.failure import failure
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a file in NFC, without their line ends; a line too long to be looked at in one comes in parts.

    Raises:
        InputError: the file cannot be read, or is in no format that is read.
        ResourceError: the disk refuses.
    """
    if path.is_dir():
        raise InputError("this is a folder", path, "name the files in it")
    try:
        source = Source(path.name, path.stat().st_size, lambda: open(path, "rb"))  # noqa: SIM115 - the reader closes it
        for raw in read_source(source, Context(CorpusSettings(), Findings())):
            for line in bounded_lines(raw.chunks, LONGEST_LINE):
                yield unicodedata.normalize("NFC", line.rstrip("\n"))
    except ReadError as error:
        raise InputError(f"cannot be read as text: {error}", path) from error
    except OSError as error:
        if error.errno is not None:
            raise explain_os_error(error, path) from error
        raise InputError(f"damaged: {error}", path) from error
    except Exception as error:
        raise InputError(": ".join(filter(None, failure(error))), path) from error


def line_at(path: Path, number: int) -> str:
    """Return one line of a file, counted from 1.

    Raises:
        InputError: the file has no such line, or only an empty one; and as ``lines_of``.
    """
    last = 0
    for last, line in enumerate(lines_of(path), start=1):
        if last == number:
            if not line.strip():
                raise InputError(f"line {number} is empty", path)
            return line
    raise InputError(f"there is no line {number}: the file has {last}", path)
