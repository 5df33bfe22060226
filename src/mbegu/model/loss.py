"""Cross-entropy over the vocabulary in pieces: the logits of all tokens never exist at once.

The gradient of softmax is known as soon as the probabilities are, so the forward pass makes both gradients piece by piece
(as in Liger Kernel, Hsu et al. 2024) and backward only hands them on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

PIECE_ELEMENTS = 1 << 22  # logits alive at once: 16 MB in float32, about the second-level cache of small processors
SMALLEST_PROBABILITY = 1e-30  # keeps the reported loss finite; the gradient does not depend on it


@dataclass(frozen=True)
class Advice:
    """What other models expect in the places of a batch: their mean probability counts ``share``, the token itself the rest.

    Args:
        share: 0 to 1.
        models: for each its hidden states [N, D], in the dtype of the computation, and its output weights [V, D].
    """

    share: float
    models: Sequence[tuple[Tensor, Tensor]]

    def probabilities(self, rows: slice) -> Tensor:
        """Return the mean over the models in some places, [rows, V]."""
        total = sum(F.linear(hidden[rows], weight.to(hidden.dtype)).softmax(dim=1) for hidden, weight in self.models)
        assert isinstance(total, Tensor)
        return total.div_(len(self.models))


class _SumCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, advice: Advice | None) -> Tensor:
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        output = weight.to(hidden.dtype)
        wants_gradient = any(ctx.needs_input_grad[:2])
        hidden_gradient = torch.empty_like(hidden) if wants_gradient else None
        weight_gradient = torch.zeros_like(weight) if wants_gradient else None
        rows = max(1, PIECE_ELEMENTS // weight.shape[0])
        row_numbers = torch.arange(rows, device=hidden.device)
        for start in range(0, hidden.shape[0], rows):
            piece = hidden[start : start + rows]
            target = targets[start : start + rows, None]
            probabilities = F.linear(piece, output).softmax(dim=1)
            own_share = 1.0 - advice.share if advice else 1.0
            total -= own_share * probabilities.gather(1, target).float().clamp_(min=SMALLEST_PROBABILITY).log_().sum()
            advised = advice.probabilities(slice(start, start + rows)).mul_(advice.share) if advice else None
            if advised is not None:
                total -= (advised * probabilities.clamp(min=SMALLEST_PROBABILITY).log_()).sum(dtype=torch.float32)
            if hidden_gradient is not None and weight_gradient is not None:
                probabilities[row_numbers[: len(piece)], target[:, 0]] -= own_share  # now the gradient; scatter_add_ would copy all of it twice
                if advised is not None:
                    probabilities -= advised
                torch.mm(probabilities, output, out=hidden_gradient[start : start + rows])
                weight_gradient += probabilities.t() @ piece
        ctx.save_for_backward(hidden_gradient, weight_gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        hidden_gradient, weight_gradient = ctx.saved_tensors
        scale = gradients[0]
        return hidden_gradient * scale.to(hidden_gradient.dtype), weight_gradient * scale, None, None


def sum_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor, advice: Advice | None = None) -> Tensor:
    """Return the sum over tokens of -log softmax(hidden @ weight.T)[target], in nats.

    With advice the target is no longer the token alone but a distribution: the token's share, and that of the other models (Hinton, Vinyals
    and Dean 2015, at temperature 1).

    Args:
        hidden: [N, D] in the dtype of the computation.
        weight: [V, D] float32, the tied embedding.
        targets: [N] int64.
        advice: of other models, for the same N places.

    Returns:
        A float32 scalar. In bfloat16 each probability carries a rounding of up to 0.4 %, which averages out: right for
        training, not for scoring. Its gradients reach ``hidden`` and ``weight``.
    """
    return _SumCrossEntropy.apply(hidden, weight, targets, advice)  # type: ignore[no-any-return,no-untyped-call]
