"""Muon for the matrices of the blocks, AdamW for the embedding, the output and the norms.

Muon (Jordan et al. 2024) steps along the orthogonalised momentum; with little text it needs about half of AdamW's steps.
Matrices of one shape are orthogonalised together. The state is plain tensors by parameter name, so a checkpoint is one
safetensors file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

# Coefficients of the quintic Newton-Schulz iteration that maximise the slope at zero (Keller Jordan's Muon, 2024).
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
MUON_MOMENTUM = 0.95
ADAM_BETAS = (0.8, 0.95)  # 0.9 needed 0.3 % more bits (bench/LOG.md)
ADAM_EPSILON = 1e-10


def orthogonalise(matrices: Tensor, dtype: torch.dtype) -> Tensor:
    """Replace the singular values of each matrix by about one.

    Args:
        matrices: [N, rows, columns].
        dtype: of the computation; bfloat16 is exact enough (the result's singular values lie in 0.7 to 1.2 either way).

    Returns:
        [N, rows, columns] float32.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrices.to(dtype)
    is_tall = x.shape[1] > x.shape[2]
    if is_tall:
        x = x.transpose(1, 2)
    x = x / (x.flatten(1).float().norm(dim=1)[:, None, None].to(dtype) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.transpose(1, 2) if is_tall else x).float()


class Optimiser:
    """Steps a decoder's parameters in place.

    Args:
        model: parameters with ``ndim == 2`` inside ``layers`` go to Muon, all others to AdamW.
        matrix_rate: Muon's learning rate at full schedule.
        embedding_rate: AdamW's learning rate for the embedding at full schedule.
        output_rate: AdamW's learning rate for an output of its own.
        norm_rate: AdamW's learning rate for the norms.
        weight_decay: share of a matrix of the blocks that is taken away per step and unit of rate (decoupled).
        output_decay: the same of the output, be it the embedding or its own. All else has none: the size of an embedding that is looked
            up at unit scale tells nothing.
        dtype: of Muon's orthogonalisation.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        matrix_rate: float,
        embedding_rate: float,
        output_rate: float,
        norm_rate: float,
        weight_decay: float,
        output_decay: float,
        dtype: torch.dtype,
    ) -> None:
        self.matrices = {name: p for name, p in model.named_parameters() if p.ndim == 2 and name.startswith("layers.")}
        self.others = {name: p for name, p in model.named_parameters() if name not in self.matrices}
        self.matrix_rate, self.embedding_rate, self.output_rate, self.norm_rate = matrix_rate, embedding_rate, output_rate, norm_rate
        self.output = "lm_head.weight" if "lm_head.weight" in self.others else "embed_tokens.weight"
        self.decays: dict[str, float] = {}
        self.set_decays(weight_decay, output_decay)
        self.betas = ADAM_BETAS
        self.dtype = dtype
        self.device = next(model.parameters()).device
        self.state: dict[str, Tensor] = {f"muon.{name}": torch.zeros_like(p) for name, p in self.matrices.items()}
        for name, p in self.others.items():
            self.state[f"adam_m.{name}"] = torch.zeros_like(p)
            self.state[f"adam_v.{name}"] = torch.zeros_like(p)
        self.groups: dict[torch.Size, list[str]] = defaultdict(list)
        for name, p in self.matrices.items():
            self.groups[p.shape].append(name)

    def keep_only(self, names: Collection[str]) -> None:
        """Step only these parameters from now on: other workers step the others, and ``state`` is up to date for these alone."""
        self.groups = {shape: kept for shape, every in self.groups.items() if (kept := [name for name in every if name in names])}
        self.others = {name: parameter for name, parameter in self.others.items() if name in names}

    def set_decays(self, weight_decay: float, output_decay: float) -> None:
        """Take away these shares from now on: the model that learns from teachers has its own."""
        self.weight_decay, self.decays[self.output] = weight_decay, output_decay

    @torch.no_grad()
    def step(self, step: int, schedule: float) -> None:
        """Take one step with the gradients in ``.grad`` and clear them.

        Args:
            step: number of this step, from 0.
            schedule: factor on all learning rates, 0 to 1.
        """
        for names in self.groups.values():
            self._step_matrices(names, schedule)
        for name, parameter in self.others.items():
            self._step_adam(name, parameter, step, schedule)

    def _step_matrices(self, names: list[str], schedule: float) -> None:
        updates = []
        for name in names:
            gradient = _take_gradient(self.matrices[name])
            momentum = self.state[f"muon.{name}"].lerp_(gradient, 1 - MUON_MOMENTUM)
            updates.append(gradient.lerp_(momentum, MUON_MOMENTUM))
        directions = orthogonalise(torch.stack(updates), self.dtype)
        rows, columns = directions.shape[1:]
        rate = self.matrix_rate * schedule
        # Keeps the size of a step the same for tall and wide matrices (Bernstein 2025).
        scale = max(1.0, rows / columns) ** 0.5
        for name, direction in zip(names, directions.unbind(), strict=True):
            self.matrices[name].mul_(1 - rate * self.weight_decay).add_(direction, alpha=-rate * scale)

    def _step_adam(self, name: str, parameter: Tensor, step: int, schedule: float) -> None:
        gradient = _take_gradient(parameter)
        first, second = self.betas
        m = self.state[f"adam_m.{name}"].lerp_(gradient, 1 - first)
        v = self.state[f"adam_v.{name}"].lerp_(gradient.square_(), 1 - second)
        rate = self._adam_rate(name, parameter) * schedule
        if name in self.decays:
            parameter.mul_(1 - rate * self.decays[name])
        size = (v / (1 - second ** (step + 1))).sqrt_().add_(ADAM_EPSILON)
        parameter.addcdiv_(m, size, value=-rate / (1 - first ** (step + 1)))

    def _adam_rate(self, name: str, parameter: Tensor) -> float:
        if parameter.ndim < 2:
            return self.norm_rate
        return self.output_rate if name.startswith("lm_head.") else self.embedding_rate

    @torch.no_grad()
    def forget(self) -> None:
        """Begin anew, with the state that a fresh one has."""
        for tensor in self.state.values():
            tensor.zero_()

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Put back a saved state: exactly the tensors that ``state`` had."""
        for name, tensor in self.state.items():
            tensor.copy_(state[name])


def _take_gradient(parameter: Tensor) -> Tensor:
    gradient = parameter.grad
    if gradient is None:
        raise RuntimeError("a parameter has no gradient: call backward first")
    parameter.grad = None
    return gradient
