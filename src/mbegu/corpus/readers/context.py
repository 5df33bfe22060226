"""What a reader is handed besides its source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import BOMB, Findings, ReadError
from mbegu.corpus.settings import CorpusSettings

# Deflate reaches 1,032:1 at most; text of the most repetitive kind seen stays under 60:1.
MAX_RATIO = 200
RATIO_FROM_BYTES = 1_000_000


def refuse_bomb(packed_bytes: int, unpacked_bytes: int, what: str = "it") -> None:
    """Raise ``ReadError`` where something is packed so small as only bombs are."""
    if unpacked_bytes > RATIO_FROM_BYTES and unpacked_bytes > MAX_RATIO * max(1, packed_bytes):
        sizes = f"{format_bytes(packed_bytes)} to {format_bytes(unpacked_bytes)}"
        raise ReadError(BOMB, f"{what} would unpack from {sizes}; no real text does")


class Allowance:
    """How much may still be unpacked from one archive and those inside it."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._left_bytes = limit_bytes

    def take(self, size_bytes: int) -> None:
        """Use some of it. Raises ``ReadError`` when it is used up."""
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            raise ReadError(
                BOMB, f"unpacks to more than {format_bytes(self._limit_bytes)} (max_unpacked_bytes in [corpus]); the rest of it was not read"
            )


@dataclass(frozen=True)
class Context:
    """The settings, where findings go, how deep in archives we are, what may still be unpacked, and what the caller wants.

    ``language`` is the code that the text is taken to be in; it picks the side of a file that holds several languages, and the letters that
    are looked for in pictures. ``keep_images`` is a folder for the pictures of pages whose text was recognised, so that people can check it.
    """

    settings: CorpusSettings
    findings: Findings
    depth: int = 0
    allowance: Allowance | None = None
    language: str = ""
    keep_images: Path | None = None
