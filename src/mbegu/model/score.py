"""Bits per byte of documents: the same sum, over the same windows, whichever engine gives the probabilities."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mbegu.core.errors import DamageError
from mbegu.core.report import Say

SMALLEST_CONTEXT = 2  # tokens: one to read and one to predict


@dataclass(frozen=True)
class DocumentScore:
    """What one document costs.

    ``bits`` is the sum of -log2 p over its ``tokens`` (the end-of-text token among them); ``bytes`` counts its NFC text in
    UTF-8, without the separator. ``windows`` are the bits and the tokens of each window, for an interval where documents are few.
    """

    bits: float
    bytes: int
    tokens: int
    windows: tuple[tuple[float, int], ...] = field(default=(), compare=False, repr=False)


class Engine(Protocol):
    """What scoring needs of an engine; ``context`` is the longest window in tokens."""

    context: int
    start_token: int
    end_token: int

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text, without start or end token."""

    def log2_probabilities(self, tokens: Sequence[int], first_target: int) -> Sequence[float]:
        """Return log2 p of each of ``tokens[first_target:]`` given all tokens before it; ``first_target`` is at least 1."""


def require_finite(values: Sequence[float], where: str | Path) -> None:
    """Refuse what a model gave when a value is infinite or no number. Raises ``DamageError``; ``where`` is the model."""
    if not all(map(math.isfinite, values)):
        raise DamageError("the model is damaged: it gives values that are no numbers", where, "copy or download the model again")


def scoring_windows(n_tokens: int, context: int) -> list[tuple[int, int, int]]:
    """Cut a sequence into windows of half overlap, in which every token but the first is a target exactly once.

    Args:
        n_tokens: length of start token + document + end-of-text token, in tokens.
        context: tokens in a window, at least 2.

    Returns:
        ``(start, end, first_target)`` of each window: it covers tokens ``start`` to ``end - 1`` and its targets are tokens
        ``first_target`` to ``end - 1``. From the second window on a target has at least half a context before it.
    """
    if context < SMALLEST_CONTEXT:
        raise ValueError(f"a context of {context} tokens leaves nothing to predict")
    stride = context // 2
    windows = []
    scored = 1
    start = 0
    while scored < n_tokens:
        end = min(start + context, n_tokens)
        windows.append((start, end, scored))
        scored = end
        start += stride
    return windows


def score_document(engine: Engine, text: str) -> DocumentScore:
    """Score one document given the start token, including its end-of-text token."""
    text = unicodedata.normalize("NFC", text)
    tokens = [engine.start_token, *engine.encode(text), engine.end_token]
    windows = []
    for start, end, first_target in scoring_windows(len(tokens), engine.context):
        bits = -sum(engine.log2_probabilities(tokens[start:end], first_target - start))
        windows.append((bits, end - first_target))
    return DocumentScore(sum(bits for bits, _ in windows), len(text.encode("utf-8")), len(tokens) - 1, tuple(windows))


def score_documents(engine: Engine, texts: Sequence[str], say: Say | None = None) -> list[DocumentScore]:
    """Score documents one by one.

    Args:
        engine: gives the probabilities.
        texts: the documents; NFC is applied.
        say: told the progress in documents.

    Returns:
        One score a document, in order.
    """
    scores = []
    for text in texts:
        scores.append(score_document(engine, text))
        if say:
            say.progress(len(scores), len(texts), "documents")
    return scores


def bits_per_byte(scores: Sequence[DocumentScore]) -> float:
    """Return the bits of all documents divided by their bytes; NaN where there are no bytes."""
    total_bytes = sum(score.bytes for score in scores)
    return sum(score.bits for score in scores) / total_bytes if total_bytes else float("nan")
