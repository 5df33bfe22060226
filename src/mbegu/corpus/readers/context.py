"""What a reader is handed besides its source."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.units import format_bytes
from mbegu.corpus.findings import BOMB, Findings, ReadError
from mbegu.corpus.settings import CorpusSettings


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
    """The settings, where findings go, how deep in archives we are, and what may still be unpacked."""

    settings: CorpusSettings
    findings: Findings
    depth: int = 0
    allowance: Allowance | None = None
