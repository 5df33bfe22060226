"""``mbegu score``: files of text to one result with its interval."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mbegu.core.errors import InputError, explain_os_error
from mbegu.evaluate.intervals import bootstrap_ratio
from mbegu.model.score import DocumentScore, bits_per_byte


def read_texts(files: Sequence[Path]) -> list[str]:
    """Read files as UTF-8 text, one document each, in NFC; runs without the corpus libraries.

    Raises:
        InputError: a file is missing, empty or not UTF-8 text; every such file is named.
    """
    texts, problems = [], []
    for path in files:
        try:
            text = unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError as error:
            problems.append(f"{path} is not UTF-8 (byte {error.start:,})")
            continue
        except OSError as error:
            problems.append(f"{path}: {explain_os_error(error, path).what}")
            continue
        if not text.strip():
            problems.append(f"{path} holds no text")
        texts.append(text)
    if problems:
        raise InputError("; ".join(problems), fix="give text files in UTF-8; each counts as one document")
    return texts


def result_of(scores: Sequence[DocumentScore], engine: str) -> dict[str, Any]:
    """Return what ``mbegu score --json`` prints; the interval is a bootstrap over documents, ``null`` when they are too few."""
    return {
        "bits_per_byte": bits_per_byte(scores),
        "interval": _interval(scores),
        "bytes": sum(score.bytes for score in scores),
        "tokens": sum(score.tokens for score in scores),
        "documents": len(scores),
        "engine": engine,
    }


def _interval(scores: Sequence[DocumentScore]) -> list[float] | None:
    found = bootstrap_ratio([score.bits for score in scores], [score.bytes for score in scores])
    return None if found.low is None or found.high is None else [found.low, found.high]
