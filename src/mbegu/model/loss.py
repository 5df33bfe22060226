"""Cross-entropy over the vocabulary in pieces: the logits of all tokens never exist at once.

The gradient of softmax is known as soon as the probabilities are, so the forward pass makes both gradients piece by piece
(as in Liger Kernel, Hsu et al. 2024) and backward only hands them on.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

PIECE_ELEMENTS = 1 << 22  # logits alive at once: 16 MB in float32, about the second-level cache of small processors
SMALLEST_PROBABILITY = 1e-30  # keeps the reported loss finite; the gradient does not depend on it


class _SumCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
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
            total -= probabilities.gather(1, target).float().clamp_(min=SMALLEST_PROBABILITY).log_().sum()
            if hidden_gradient is not None and weight_gradient is not None:
                probabilities[row_numbers[: len(piece)], target[:, 0]] -= 1.0  # now the gradient; scatter_add_ would copy all of it twice
                torch.mm(probabilities, output, out=hidden_gradient[start : start + rows])
                weight_gradient += probabilities.t() @ piece
        ctx.save_for_backward(hidden_gradient, weight_gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        hidden_gradient, weight_gradient = ctx.saved_tensors
        scale = gradients[0]
        return hidden_gradient * scale.to(hidden_gradient.dtype), weight_gradient * scale, None


def sum_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Return the sum over tokens of -log softmax(hidden @ weight.T)[target], in nats.

    Args:
        hidden: [N, D] in the dtype of the computation.
        weight: [V, D] float32, the tied embedding.
        targets: [N] int64.

    Returns:
        A float32 scalar. In bfloat16 each probability carries a rounding of up to 0.4 %, which averages out: right for
        training, not for scoring. Its gradients reach ``hidden`` and ``weight``.
    """
    return _SumCrossEntropy.apply(hidden, weight, targets)  # type: ignore[no-any-return,no-untyped-call]
