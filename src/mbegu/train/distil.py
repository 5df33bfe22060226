"""Several models distilled into one: each learns the text alone, the last learns the text and what the others expect.

Where text is scarce and time is not, this is worth more than a larger model or more passes (bench/LOG.md; Kim et al. 2025,
"Pre-training under infinite compute"). The teachers are not part of what is released.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mbegu.model.decoder import Decoder, Dropped
from mbegu.model.loss import Advice, sum_cross_entropy


@dataclass(frozen=True)
class TaughtLoss:
    """The objective of the last model; see ``mbegu.train.loop.Objective``.

    Args:
        teachers: finished models with the same vocabulary, on the same device.
        share: how much their mean probability counts beside the token of the text, 0 to 1.
    """

    teachers: Sequence[Decoder]
    share: float

    def __call__(self, model: Decoder, inputs: Tensor, targets: Tensor, dropped: Dropped) -> Tensor:
        """Return the summed cross-entropy in nats. The teachers read without dropout and do not change."""
        with torch.no_grad():
            told = [(teacher.hidden(inputs).flatten(0, 1), teacher.output.detach()) for teacher in self.teachers]
        hidden = model.hidden(inputs, dropped).flatten(0, 1)
        return sum_cross_entropy(hidden, model.output, targets.flatten(), Advice(self.share, told))
