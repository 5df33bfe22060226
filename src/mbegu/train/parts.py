"""Tokens written as the two that they were made of: another spelling of the same text each time that it is read.

A text that is read often is otherwise read in the same tokens each time, and the model hears nothing of what they are made of. Akin to
BPE-dropout (Provilkov et al. 2020), where the merging itself is done by chance; here whole merges are undone, so a pass has a known length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from mbegu.tokenizer.bpe import merged_from
from mbegu.train.planfile import TrainingPlan

Tokens = npt.NDArray[np.unsignedinteger]


def parts_of(tokenizer: Tokenizer, plan: TrainingPlan, context: int) -> InParts | None:
    """Return what a plan has written in parts, ``None`` for nothing."""
    if not plan.parts_share:
        return None
    parts = np.full((tokenizer.get_vocab_size(), 2), -1, dtype=np.int64)
    for token, pair in merged_from(tokenizer).items():
        parts[token] = pair
    own_steps = plan.steps - plan.related_steps
    return InParts(parts, plan.parts_share, plan.parts_until, own_steps * plan.sequences_per_step * context)


@dataclass(frozen=True)
class InParts:
    """Which passes of a stream are written so, and how much of them.

    Args:
        parts: [vocabulary, 2] ids of the two tokens that each was made of; negative where it was not made by merging.
        share: of the tokens in a pass that were, how many are written so.
        until: share of the tokens that a model learns from; passes that begin in this part at the beginning are written so.
        tokens_a_model: that each of the models, which learn from the stream one after another, learns from.
    """

    parts: npt.NDArray[np.int64]
    share: float
    until: float
    tokens_a_model: int

    def holds(self, position: int) -> bool:
        """Return whether a pass that begins at this position of the stream is written so."""
        return position % self.tokens_a_model < self.until * self.tokens_a_model

    def next_model(self, position: int) -> int:
        """Return where the stream of the next model begins."""
        return (position // self.tokens_a_model + 1) * self.tokens_a_model

    def count(self, tokens: Tokens) -> int:
        """Return how many tokens of a pass are written as two."""
        return int(self.share * np.count_nonzero(self.parts[tokens, 0] >= 0))

    def write(self, tokens: Tokens, chance: np.random.Generator) -> Tokens:
        """Return the tokens of a pass, ``count`` of them, drawn by chance, as two."""
        made = np.flatnonzero(self.parts[tokens, 0] >= 0)
        chosen = np.sort(chance.choice(made, self.count(tokens), replace=False, shuffle=False))
        left, right = self.parts[tokens[chosen]].T.astype(tokens.dtype)
        written = np.insert(tokens, chosen + 1, right)
        written[chosen + np.arange(len(chosen))] = left
        return written
