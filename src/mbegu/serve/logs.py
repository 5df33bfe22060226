"""One line a request on stderr: when, who, what, how it ended, how long and how many tokens. Never what was asked or answered."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import MutableMapping
from datetime import datetime, timezone
from typing import IO, Any

LONGEST_PATH = 200  # characters
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def safe(text: str, longest: int = LONGEST_PATH) -> str:
    """Return a text from a stranger so that it cannot command the terminal, break the line or reorder it."""
    shown = "".join(f"\\u{ord(each):04x}" if unicodedata.category(each) in _UNSEEN else each for each in text[:longest])
    return shown + ("…" if len(text) > longest else "")


class RequestLog:
    """Writes a line for each request.

    Args:
        stream: where to; stderr when not given, ``None`` is asked for by ``quiet``.
        quiet: write nothing.
    """

    def __init__(self, stream: IO[str] | None = None, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet

    def write(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        """Write the line of a request that has ended. The query, headers and bodies are left out: they may hold secrets."""
        if self._quiet:
            return
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        prompt, answer = scope.get("mbegu.tokens", (0, 0))
        counts = f", {prompt}+{answer} tokens" if prompt or answer else ""
        end = f", {scope['mbegu.end']}" if "mbegu.end" in scope else ""
        what = f"{safe(str(scope.get('method', '')), 16)} {safe(str(scope.get('path', '')))}"
        line = f"{now} {safe(str(scope.get('mbegu.client', '-')), 64)} {what} {status} {seconds * 1000:.0f} ms{counts}{end}"
        print(line, file=self._stream or sys.stderr, flush=True)
