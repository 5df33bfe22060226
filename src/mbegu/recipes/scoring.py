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
        if path.is_dir():
            problems.append(f"{path} is a folder")
            continue
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
    """Return what ``mbegu score --json`` prints.

    The interval (95 %) is a bootstrap over documents; where they are too few, over windows of half a context, which is narrower
    than one over documents would be: ``interval_over`` says which.
    """
    interval, over = _interval(scores)
    return {
        "bits_per_byte": bits_per_byte(scores),
        "interval": interval,
        "interval_over": over,
        "bytes": sum(score.bytes for score in scores),
        "tokens": sum(score.tokens for score in scores),
        "documents": len(scores),
        "engine": engine,
    }


def _interval(scores: Sequence[DocumentScore]) -> tuple[list[float] | None, str]:
    found = bootstrap_ratio([score.bits for score in scores], [score.bytes for score in scores])
    if found.low is not None and found.high is not None:
        return [found.low, found.high], "documents"
    windows = [window for score in scores for window in score.windows]
    bytes_per_token = sum(score.bytes for score in scores) / max(sum(score.tokens for score in scores), 1)
    found = bootstrap_ratio([bits for bits, _ in windows], [tokens * bytes_per_token for _, tokens in windows])
    return (None, "") if found.low is None or found.high is None else ([found.low, found.high], "windows")
