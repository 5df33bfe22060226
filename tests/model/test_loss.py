"""The loss in pieces is torch's cross-entropy, in its value and in both gradients."""

from __future__ import annotations

import pytest
import torch

from mbegu.model import loss
from mbegu.model.loss import Advice, sum_cross_entropy

V, D = 50, 24


def material(n: int, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(n)
    hidden = torch.randn(n, D, generator=generator).to(dtype).requires_grad_()
    weight = torch.randn(V, D, generator=generator).requires_grad_()
    return hidden, weight, torch.randint(0, V, (n,), generator=generator)


def gradients(value: torch.Tensor, hidden: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    of_hidden, of_weight = torch.autograd.grad(value, (hidden, weight))
    return of_hidden, of_weight


@pytest.mark.parametrize("rows", [1, 4, 7, 100])
@pytest.mark.parametrize("n", [1, 7, 8, 29])
def test_value_and_gradients_are_those_of_torch(monkeypatch: pytest.MonkeyPatch, n: int, rows: int) -> None:
    monkeypatch.setattr(loss, "PIECE_ELEMENTS", rows * V + 3)
    hidden, weight, targets = material(n)
    ours = sum_cross_entropy(hidden, weight, targets)
    theirs = torch.nn.functional.cross_entropy(hidden @ weight.T, targets, reduction="sum")
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    for got, wanted in zip(gradients(ours * 0.37, hidden, weight), gradients(theirs * 0.37, hidden, weight), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 4, 100])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_advice_mixes_the_mean_of_other_models_into_the_target(monkeypatch: pytest.MonkeyPatch, rows: int, share: float) -> None:
    monkeypatch.setattr(loss, "PIECE_ELEMENTS", rows * V + 3)
    hidden, weight, targets = material(29)
    others = [tuple(tensor.detach() for tensor in material(29 + number)[:2]) for number in (1, 2)]
    others = [(torch.cat([states, states])[:29], output) for states, output in others]
    ours = sum_cross_entropy(hidden, weight, targets, Advice(share, others))
    mean = sum((states @ output.T).softmax(1) for states, output in others) / 2
    wanted = (1 - share) * torch.nn.functional.one_hot(targets, V) + share * mean
    theirs = torch.nn.functional.cross_entropy(hidden @ weight.T, wanted, reduction="sum")
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    for got, right in zip(gradients(ours * 0.37, hidden, weight), gradients(theirs * 0.37, hidden, weight), strict=True):
        torch.testing.assert_close(got, right, rtol=1e-5, atol=1e-5)


def test_a_vocabulary_larger_than_a_piece_goes_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden, weight, targets = material(5)
    whole = sum_cross_entropy(hidden, weight, targets)
    monkeypatch.setattr(loss, "PIECE_ELEMENTS", 1)
    torch.testing.assert_close(sum_cross_entropy(hidden, weight, targets), whole)


def test_the_logits_of_all_tokens_never_exist_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "PIECE_ELEMENTS", 4 * V)
    sizes = []
    original = loss.F.linear
    monkeypatch.setattr(loss.F, "linear", lambda *args: sizes.append(len(args[0])) or original(*args))
    hidden, weight, targets = material(10)
    sum_cross_entropy(hidden, weight, targets)
    assert sizes == [4, 4, 2]


def test_bfloat16_is_near_and_its_weight_gradient_is_float32() -> None:
    hidden, weight, targets = material(64, torch.bfloat16)
    exact_hidden = hidden.detach().float().requires_grad_()
    ours, theirs = sum_cross_entropy(hidden, weight, targets), torch.nn.functional.cross_entropy(exact_hidden @ weight.T, targets, reduction="sum")
    assert ours.item() == pytest.approx(theirs.item(), rel=0.01)
    of_hidden, of_weight = gradients(ours, hidden, weight)
    exact_of_hidden, exact_of_weight = gradients(theirs, exact_hidden, weight)
    assert (of_hidden.dtype, of_weight.dtype) == (torch.bfloat16, torch.float32)
    for got, wanted in ((of_hidden.float(), exact_of_hidden), (of_weight, exact_of_weight)):
        assert (got - wanted).norm() < 0.02 * wanted.norm()


def test_without_gradients_the_value_is_the_same() -> None:
    hidden, weight, targets = material(13)
    wanted = sum_cross_entropy(hidden, weight, targets).item()
    with torch.no_grad():
        value = sum_cross_entropy(hidden, weight, targets)
    assert value.item() == wanted
    assert not value.requires_grad
    assert sum_cross_entropy(hidden.detach(), weight.detach(), targets).item() == wanted


def test_certainty_about_the_wrong_token_stays_finite() -> None:
    hidden = torch.full((1, D), 100.0, requires_grad=True)
    weight = torch.stack([torch.ones(D), -torch.ones(D)]).requires_grad_()
    value = sum_cross_entropy(hidden, weight, torch.tensor([1]))
    assert torch.isfinite(value)
    assert all(torch.isfinite(gradient).all() for gradient in gradients(value, hidden, weight))


def test_the_arguments_are_left_as_they_were() -> None:
    hidden, weight, targets = material(6)
    copies = [tensor.detach().clone() for tensor in (hidden, weight, targets)]
    sum_cross_entropy(hidden, weight, targets).backward()
    assert all(torch.equal(tensor, copy) for tensor, copy in zip((hidden, weight, targets), copies, strict=True))
