"""The [evaluate] table of a recipe."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.settings import setting


@dataclass(frozen=True)
class EvaluateSettings:
    """How the model is measured and what it is measured against."""

    ngram_order: int = setting(16, help="longest context of the counting model", unit="bytes", low=1, high=32)
    ngram_bytes: int = setting(
        12_000_000,
        help="training text that the counting model may use, about 120 bytes of memory for each; of a longer text it uses evenly spaced documents",
        unit="bytes",
        low=1_000,
    )
    resamples: int = setting(2_000, help="how many times the held-out documents are drawn anew for an interval", low=100, high=100_000)
    memory_documents: int = setting(
        400, help="documents of each kind that are tried for being continued word for word from their first 50 tokens", low=1, high=100_000
    )
    threads: int = setting(0, help="threads to measure with; 0: those of the training, after a graphics processor all cores", low=0, high=1024)
