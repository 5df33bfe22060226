"""Muon's directions, AdamW's steps, and a state that comes back."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mbegu.train.optim import ADAM_BETAS, MUON_MOMENTUM, Optimiser, orthogonalise

RATES = {"matrix_rate": 0.02, "embedding_rate": 0.01, "output_rate": 0.02, "norm_rate": 0.003, "weight_decay": 0.4, "output_decay": 0.9}


class Small(nn.Module):
    """Names and shapes as a decoder has them; matrices of two shapes."""

    def __init__(self, dtype: torch.dtype = torch.float32, is_tied: bool = False) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)

        def parameter(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype))

        self.embed_tokens = nn.ParameterDict({"weight": parameter(9, 6)})
        self.norm = parameter(6)
        if not is_tied:
            self.lm_head = nn.ParameterDict({"weight": parameter(9, 6)})
        self.layers = nn.ModuleList(nn.ParameterDict({"up": parameter(12, 6), "down": parameter(6, 12)}) for _ in range(2))


def optimiser_of(model: nn.Module, dtype: torch.dtype = torch.float32) -> Optimiser:
    return Optimiser(model, **RATES, dtype=dtype)


def give_gradients(model: nn.Module, seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator, dtype=torch.float64).to(parameter.dtype)
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(48, 16), (16, 48), (32, 32), (64, 1), (200, 30)])
def test_singular_values_become_about_one(shape: tuple[int, int], dtype: torch.dtype) -> None:
    matrices = torch.randn(3, *shape, generator=torch.Generator().manual_seed(1)) * torch.tensor([1e-4, 1.0, 1e4])[:, None, None]
    result = orthogonalise(matrices, dtype)
    assert result.dtype == torch.float32
    assert result.shape == matrices.shape
    values = torch.linalg.svdvals(result)
    before = torch.linalg.svdvals(matrices)
    large = before > 0.1 * before[:, :1]
    assert values[large].min() > 0.6
    assert values.max() < 1.3


@pytest.mark.parametrize("shape", [(24, 40), (40, 24), (30, 30)])
def test_directions_keep_their_sides(shape: tuple[int, int]) -> None:
    """The result is U V' of the matrix: it points where the matrix points."""
    matrix = torch.randn(1, *shape, generator=torch.Generator().manual_seed(2))
    u, sizes, v = torch.linalg.svd(matrix[0], full_matrices=False)
    middle = u.T @ orthogonalise(matrix, torch.float32)[0] @ v.T
    assert (middle - torch.diag(middle.diagonal())).abs().max() < 1e-4
    assert middle.diagonal()[sizes > 0.1 * sizes[0]].min() > 0.6


def test_a_zero_matrix_stays_zero() -> None:
    assert torch.equal(orthogonalise(torch.zeros(2, 4, 6), torch.float32), torch.zeros(2, 4, 6))


@pytest.mark.parametrize("is_tied", [True, False], ids=["embedding is output", "output of its own"])
def test_embedding_output_and_norm_take_the_steps_of_torch(is_tied: bool) -> None:
    model, other = Small(torch.float64, is_tied), Small(torch.float64, is_tied)
    ours = optimiser_of(model)
    embedding_decay = RATES["output_decay"] if is_tied else 0.0
    groups: list[dict[str, Any]] = [
        {"params": [other.embed_tokens["weight"]], "lr": RATES["embedding_rate"], "weight_decay": embedding_decay},
        {"params": [other.norm], "lr": RATES["norm_rate"], "weight_decay": 0.0},
    ]
    if not is_tied:
        groups.append({"params": [other.lm_head["weight"]], "lr": RATES["output_rate"], "weight_decay": RATES["output_decay"]})
    theirs = torch.optim.AdamW(
        groups,
        betas=ADAM_BETAS,
        eps=1e-10,
    )
    full = [group["lr"] for group in theirs.param_groups]
    for step, schedule in enumerate((0.5, 1.0, 1.0, 0.3, 0.0, 0.8)):
        give_gradients(model, step)
        give_gradients(other, step)
        for group, rate in zip(theirs.param_groups, full, strict=True):
            group["lr"] = rate * schedule
        ours.step(step, schedule)
        theirs.step()
        for (name, ours_now), theirs_now in zip(model.named_parameters(), other.parameters(), strict=True):
            assert name.startswith("layers.") or (ours_now - theirs_now).abs().max() < 1e-6, name
    assert (model.norm - Small(torch.float64).norm).abs().max() > 1e-3


def test_matrices_that_step_together_step_as_each_would_alone() -> None:
    model = Small()
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    momentum = {name: torch.zeros_like(value) for name, value in before.items()}
    optimiser = optimiser_of(model)
    for step in range(3):
        gradients = give_gradients(model, step)
        optimiser.step(step, 0.5)
        for name in optimiser.matrices:
            momentum[name] = MUON_MOMENTUM * momentum[name] + (1 - MUON_MOMENTUM) * gradients[name]
            looked_ahead = (1 - MUON_MOMENTUM) * gradients[name] + MUON_MOMENTUM * momentum[name]
            direction = orthogonalise(looked_ahead[None], torch.float32)[0]
            rows, columns = direction.shape
            rate = 0.5 * RATES["matrix_rate"]
            before[name] = before[name] * (1 - rate * RATES["weight_decay"]) - rate * max(1, rows / columns) ** 0.5 * direction
            torch.testing.assert_close(dict(model.named_parameters())[name].detach(), before[name], rtol=0, atol=1e-5)


def test_every_parameter_is_stepped_by_exactly_one_of_the_two() -> None:
    optimiser = optimiser_of(Small())
    assert set(optimiser.others) == {"embed_tokens.weight", "norm", "lm_head.weight"}
    assert set(optimiser.matrices) == {f"layers.{i}.{name}" for i in (0, 1) for name in ("up", "down")}
    assert {name.split(".", 1)[0] for name in optimiser.state} == {"muon", "adam_m", "adam_v"}


def test_at_a_schedule_of_zero_nothing_moves_but_the_momentum() -> None:
    model = Small()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimiser = optimiser_of(model)
    give_gradients(model, 1)
    optimiser.step(0, 0.0)
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))
    assert all(tensor.abs().sum() > 0 for tensor in optimiser.state.values())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_step_without_gradients_is_a_defect_and_says_so() -> None:
    with pytest.raises(RuntimeError, match="a parameter has no gradient: call backward first"):
        optimiser_of(Small()).step(0, 1.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_saved_state_goes_on_as_if_never_left(dtype: torch.dtype) -> None:
    model, again = Small(), Small()
    first, second = optimiser_of(model, dtype), optimiser_of(again, dtype)
    for step in range(3):
        give_gradients(model, step)
        first.step(step, 1.0)
    saved = {name: tensor.clone() for name, tensor in first.state.items()}
    again.load_state_dict(model.state_dict())
    second.load(saved)
    for step in range(3, 6):
        for each, optimiser in ((model, first), (again, second)):
            give_gradients(each, step)
            optimiser.step(step, 1.0)
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), again.parameters(), strict=True))
    assert all(torch.equal(first.state[name], second.state[name]) for name in first.state)
    assert not torch.equal(saved["muon.layers.0.up"], first.state["muon.layers.0.up"]), "what was saved is a copy"
