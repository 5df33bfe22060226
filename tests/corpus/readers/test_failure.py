from __future__ import annotations

import errno
import lzma
import zlib

import pytest

from mbegu.core.errors import ResourceError, StoppedError
from mbegu.corpus.findings import DAMAGED, NO_PERMISSION, TOO_LARGE, VANISHED, ReadError
from mbegu.corpus.readers.failure import DETAIL_CHARACTERS, failure


@pytest.mark.parametrize(
    ("error", "reason", "detail"),
    [
        (ReadError(TOO_LARGE, "divide it"), TOO_LARGE, "divide it"),
        (PermissionError(errno.EACCES, "no"), NO_PERMISSION, "give yourself the right to read it"),
        (OSError(errno.EIO, "Input/output error"), VANISHED, "the computer could not read it: Input/output error"),
        (OSError("Invalid data stream"), DAMAGED, "Invalid data stream"),
        (zlib.error("Error -3"), DAMAGED, "Error -3"),
        (lzma.LZMAError("Corrupt input data"), DAMAGED, "it is not as its format says: LZMAError: Corrupt input data"),
        (MemoryError(), TOO_LARGE, "to read it takes more memory than there is: divide it, or close other programs and read again"),
        (IndexError("string index out of range"), DAMAGED, "it is not as its format says: IndexError: string index out of range"),
    ],
)
def test_what_a_reader_raises_becomes_a_reason(error: Exception, reason: str, detail: str) -> None:
    assert failure(error) == (reason, detail)


def test_a_detail_stays_short_and_can_be_stored() -> None:
    _, detail = failure(ValueError("could not convert '\ud800" + "9" * 5000))
    assert len(detail) <= DETAIL_CHARACTERS + 1
    assert detail.encode("utf-8")


@pytest.mark.parametrize("error", [StoppedError("stopped"), ResourceError("the disk is full"), ModuleNotFoundError("lxml")])
def test_what_does_not_speak_of_the_file_goes_on(error: Exception) -> None:
    with pytest.raises(type(error)):
        failure(error)
