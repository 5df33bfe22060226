"""The [tokenizer] table of a recipe."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.settings import setting

SMALLEST_VOCABULARY = 512
LARGEST_VOCABULARY = 65_536


@dataclass(frozen=True)
class TokenizerSettings:
    """How the tokenizer is made."""

    vocabulary_size: int = setting(
        0,
        help="number of tokens; 0: chosen from the amount of text",
        unit="tokens",
        low=0,
        high=LARGEST_VOCABULARY,
    )
    min_frequency: int = setting(2, help="how often a pair of tokens must occur to become one token", low=1)
