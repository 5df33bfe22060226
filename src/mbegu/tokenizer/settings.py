"""The [tokenizer] table of a recipe."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.errors import SettingsError
from mbegu.core.settings import setting

SMALLEST_VOCABULARY = 512
LARGEST_VOCABULARY = 65_536
FEWEST_TOKENS = 259  # the 256 bytes and three special tokens


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

    def check_vocabulary(self) -> None:
        """Refuse a vocabulary that has no room for the 256 bytes and the special tokens. Raises ``SettingsError``."""
        if 0 < self.vocabulary_size < FEWEST_TOKENS:
            what = f"[tokenizer] vocabulary_size: {self.vocabulary_size} is below the fewest tokens there can be, {FEWEST_TOKENS}"
            raise SettingsError(what, fix="give 0 to have it chosen from the amount of text")
