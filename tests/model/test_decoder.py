"""The decoder computes what transformers' Qwen3 computes, looks only back, and drops what it is told to drop."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tests.model.small_decoder import GROUPED, SHAPES, as_transformers, name_in_transformers, random_tokens, small_decoder
from torch import Tensor

from mbegu.core.errors import InputError
from mbegu.model import decoder
from mbegu.model.decoder import Decoder, DecoderConfig, Dropout, attend, dropout, rotary_tables, rotate, turned_unit, unit_scale

CLOSE = 1e-4  # float32


@pytest.mark.parametrize("name", SHAPES)
def test_logits_and_gradients_are_those_of_transformers(name: str) -> None:
    config = SHAPES[name]
    ours = small_decoder(config)
    theirs = as_transformers(ours)
    tokens = random_tokens(config, 3, config.context + 1)
    inputs, targets = tokens[:, :-1], tokens[:, 1:]

    their_logits = theirs(inputs).logits
    assert (ours.logits(inputs) - their_logits).abs().max() < CLOSE
    loss = ours.loss(inputs, targets)
    their_loss = torch.nn.functional.cross_entropy(their_logits.flatten(0, 1), targets.flatten(), reduction="sum")
    assert loss.item() == pytest.approx(their_loss.item(), rel=1e-5)

    (loss / targets.numel()).backward()
    (their_loss / targets.numel()).backward()
    their_gradients = {name: p.grad for name, p in theirs.named_parameters()}
    for parameter_name, parameter in ours.named_parameters():
        expected = their_gradients[name_in_transformers(parameter_name)]
        if parameter_name == "embed_tokens.weight" and not ours.config.tied_output:  # theirs begins behind the norm of the rows
            expected = gradient_before_norm(parameter, expected)
        assert parameter.grad is not None
        assert expected.abs().max() > 1e-4, f"{parameter_name} would agree whatever it is"
        assert (parameter.grad - expected).abs().max() < CLOSE, parameter_name


def gradient_before_norm(rows: Tensor, gradient: Tensor) -> Tensor:
    raw = rows.detach().clone().requires_grad_()
    (raw / raw.square().mean(dim=1, keepdim=True).sqrt()).backward(gradient)
    assert raw.grad is not None
    return raw.grad


def test_an_output_of_its_own_begins_with_all_tokens_alike_and_counts_as_parameters() -> None:
    config = replace(GROUPED, tied_output=False)
    model = Decoder(config)
    model.initialise(0)
    assert (model.logits(random_tokens(config, 1, 5)) == 0).all()
    assert model.embed_tokens.weight.std().item() == pytest.approx(1.0, rel=0.05)
    assert config.parameters() == sum(parameter.numel() for parameter in model.parameters())
    assert config.parameters() - config.multiplied_parameters() == model.embed_tokens.weight.numel()
    assert GROUPED.parameters() == GROUPED.multiplied_parameters() == config.multiplied_parameters()


def test_a_context_beyond_512_takes_the_other_attention_and_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(GROUPED, context=520, layers=1)
    ours = small_decoder(config)
    tokens = random_tokens(config, 1, 520)
    flash = []
    original = torch.nn.functional.scaled_dot_product_attention
    monkeypatch.setattr(decoder.F, "scaled_dot_product_attention", lambda *args, **more: flash.append(1) or original(*args, **more))
    logits = ours.logits(tokens)
    assert flash
    assert (logits - as_transformers(ours)(tokens).logits).abs().max() < CLOSE
    flash.clear()
    assert (ours.logits(tokens[:, :512]) - logits[:, :512]).abs().max() < CLOSE
    assert not flash


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_both_ways_of_attention_agree(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(3)
    q, k, v = (torch.randn(2, heads, 9, 8, generator=generator).to(dtype) for heads in (6, 2, 2))
    plain = attend(q, k, v)
    flash = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
    assert plain.dtype == dtype
    torch.testing.assert_close(plain, flash, atol=1e-5 if dtype == torch.float32 else 0.03, rtol=0)


@pytest.mark.parametrize("length", [24, 520])
def test_no_token_sees_a_later_one(length: int) -> None:
    config = replace(GROUPED, context=520, layers=1)
    model = small_decoder(config)
    tokens = random_tokens(config, 1, length)
    before = model.logits(tokens)
    for place in (1, length // 2, length - 1):
        changed = tokens.clone()
        changed[0, place] = (changed[0, place] + 1) % config.vocabulary_size
        after = model.logits(changed)
        assert (after[:, :place] - before[:, :place]).abs().max() < 1e-5
        assert (after[:, place] - before[:, place]).abs().max() > 1e-2


def test_sequences_of_a_batch_do_not_see_each_other() -> None:
    model = small_decoder()
    tokens = random_tokens(GROUPED, 3, 20)
    together = model.logits(tokens)
    for i in range(3):
        assert (together[i] - model.logits(tokens[i : i + 1])[0]).abs().max() < 1e-5


@pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES.keys())
def test_the_count_of_parameters_is_the_real_one(config: DecoderConfig) -> None:
    model = Decoder(config)
    assert config.parameters() == sum(parameter.numel() for parameter in model.parameters())
    learnt = as_transformers(model).num_parameters() - sum(tensor.numel() for tensor in decoder_norms(config))
    assert config.parameters() == learnt


def decoder_norms(config: DecoderConfig) -> list[torch.Tensor]:
    from mbegu.model.folder import unit_norms

    return list(unit_norms(config).values())


def test_first_weights_depend_on_the_seed_alone() -> None:
    models = [Decoder(GROUPED) for _ in range(3)]
    for model, seed in zip(models, (4, 4, 5), strict=True):
        torch.manual_seed(seed * 17 + torch.randint(1000, ()).item())
        model.initialise(seed)
    first, same, other = (dict(model.named_parameters()) for model in models)
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["embed_tokens.weight"], other["embed_tokens.weight"])


def test_first_weights_have_the_right_size_and_each_block_begins_as_the_identity() -> None:
    config = replace(GROUPED, hidden_size=64, inner_size=96)
    model = Decoder(config)
    model.initialise(1)
    weights = dict(model.named_parameters())
    assert weights["embed_tokens.weight"].std().item() == pytest.approx(0.02, rel=0.05)
    assert weights["layers.0.mlp.up_proj.weight"].std().item() == pytest.approx(64**-0.5, rel=0.05)
    assert torch.equal(weights["norm"], torch.ones(64))
    tokens = random_tokens(config, 2, 8)
    embedded = unit_scale(model.embed_tokens(tokens), config.norm_epsilon)
    assert torch.equal(model.hidden(tokens), embedded)


def test_rotation_keeps_lengths_and_makes_products_depend_on_distance() -> None:
    cos, sin = (table[:, None] for table in rotary_tables(40, 8, 10_000.0))
    generator = torch.Generator().manual_seed(2)
    q, k = (torch.randn(1, 1, 1, 8, generator=generator).expand(1, 40, 1, 8) for _ in range(2))
    turned_q, turned_k = rotate(q, cos, sin), rotate(k, cos, sin)
    torch.testing.assert_close(turned_q.norm(dim=-1), q.norm(dim=-1))
    products = torch.einsum("bqhe,bkhe->qk", turned_q, turned_k)
    torch.testing.assert_close(products[5, 2], products[33, 30], atol=1e-4, rtol=0)
    assert (products[5, 2] - products[5, 4]).abs() > 1e-3


@pytest.mark.parametrize("scale", [1e-4, 1.0, 300.0])
def test_the_norm_and_its_gradient_are_those_of_torch(scale: float) -> None:
    x = (torch.randn(5, 7, 24, generator=torch.Generator().manual_seed(1)) * scale).requires_grad_()
    gradient = torch.randn(5, 7, 24, generator=torch.Generator().manual_seed(2))
    expected = torch.nn.functional.rms_norm(x, (24,), eps=1e-6)
    expected.backward(gradient)
    wanted, x.grad = x.grad, None
    got = unit_scale(x, 1e-6)
    got.backward(gradient)
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(x.grad, wanted, rtol=1e-4, atol=1e-5 / scale)


def test_turning_and_scaling_at_once_is_one_after_the_other_with_the_same_gradient() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 7, 3, 8, generator=generator, requires_grad=True)
    wanted = torch.randn(2, 7, 3, 8, generator=generator)
    cos, sin = (table[:, None] for table in rotary_tables(7, 8, 10_000.0))
    apart = rotate(x / x.square().mean(-1, keepdim=True).add(1e-6).sqrt(), cos, sin)
    (gradient_apart,) = torch.autograd.grad((apart * wanted).sum(), x)
    at_once = turned_unit(x, cos, sin, 1e-6)
    (gradient,) = torch.autograd.grad((at_once * wanted).sum(), x)
    torch.testing.assert_close(at_once, apart)
    torch.testing.assert_close(gradient, gradient_apart)


def test_the_norm_of_a_zero_vector_is_zero() -> None:
    x = torch.zeros(2, 8, requires_grad=True)
    unit_scale(x, 1e-6).sum().backward()
    assert torch.equal(unit_scale(x, 1e-6), torch.zeros(2, 8))
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("share", [1 / 256, 0.1, 0.3, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_takes_its_share_and_keeps_the_mean(share: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    dropped = dropout(torch.ones(1000, 400, dtype=dtype), share)
    exact = round(share * 256) / 256
    assert (dropped == 0).double().mean().item() == pytest.approx(exact, abs=0.003)
    values = dropped[dropped != 0].double()
    assert (values == values[0]).all()
    assert values[0].item() == pytest.approx(1 / (1 - exact), rel=1e-6 if dtype == torch.float32 else 0.004)
    assert dropped.double().mean().item() == pytest.approx(1.0, abs=0.02)


def test_dropout_rounds_its_share_to_a_256th() -> None:
    x = torch.ones(9)
    assert dropout(x, 0.0) is x
    assert dropout(x, 0.0019) is x
    torch.manual_seed(1)
    at_least = dropout(torch.ones(4096), 0.3)
    torch.manual_seed(1)
    assert torch.equal(dropout(torch.ones(4096), 77 / 256), at_least), "0.3 is 76.8 of 256"
    assert at_least.max().item() == pytest.approx(256 / (256 - 77))


def test_dropout_depends_on_the_seed_alone_for_any_size() -> None:
    for size in (1, 7, 8, 9, 1001):
        x = torch.ones(size)
        torch.manual_seed(3)
        first = dropout(x, 0.5)
        torch.manual_seed(3)
        assert torch.equal(dropout(x, 0.5), first)
    torch.manual_seed(4)
    assert not torch.equal(dropout(x, 0.5), first)


@pytest.mark.parametrize("shape", [(4, 8, 16), (4, 5, 3)])
def test_with_a_stream_each_a_sequence_drops_the_same_whatever_stands_beside_it(shape: tuple[int, ...]) -> None:
    def streams(sequences: range) -> Dropout:
        return Dropout(0.5, [torch.Generator().manual_seed(number) for number in sequences])

    x = torch.ones(shape)
    before = torch.random.get_rng_state()
    whole = dropout(x, streams(range(4)))
    assert torch.equal(torch.cat([dropout(x[:1], streams(range(1))), dropout(x[1:], streams(range(1, 4)))]), whole)
    assert not torch.equal(whole[0], whole[1])
    assert torch.equal(torch.random.get_rng_state(), before)
    again = streams(range(4))
    first, second = dropout(x, again), dropout(x, again)
    assert torch.equal(first, whole)
    assert not torch.equal(second, whole), "the next one of the same forward pass drops others"
    assert torch.equal(dropout(x, streams(range(2))), dropout(x.view(2, 2, -1), streams(range(2))).view(shape)), "two sequences a stream"
    with pytest.raises(ValueError, match="3 streams do not divide 4 sequences"):
        dropout(x, streams(range(3)))


def test_dropout_has_no_pattern_across_a_row() -> None:
    torch.manual_seed(0)
    kept = (dropout(torch.ones(20_000, 8), 0.5) != 0).double()
    shares = kept.mean(dim=0)
    assert (shares - 0.5).abs().max() < 0.02, "each byte of the random number is as good as another"
    assert torch.corrcoef(kept.T).fill_diagonal_(0).abs().max() < 0.04


def test_the_gradient_passes_only_where_something_was_kept() -> None:
    x = torch.ones(64, requires_grad=True)
    torch.manual_seed(0)
    dropped = dropout(x, 0.25)
    dropped.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, dropped.detach())


def test_dropout_changes_the_loss_in_training_only() -> None:
    model = small_decoder()
    tokens = random_tokens(GROUPED, 2, 12)
    plain = model.loss(tokens, tokens).item()
    torch.manual_seed(0)
    dropped = model.loss(tokens, tokens, 0.3).item()
    torch.manual_seed(0)
    assert model.loss(tokens, tokens, 0.3).item() == dropped != plain
    torch.manual_seed(1)
    assert model.loss(tokens, tokens, 0.3).item() != dropped
    assert model.loss(tokens, tokens).item() == plain


def test_in_bfloat16_the_weights_stay_float32_and_the_result_is_near() -> None:
    exact, rough = small_decoder(), small_decoder(dtype=torch.bfloat16)
    tokens = random_tokens(GROUPED, 2, 16)
    assert {parameter.dtype for parameter in rough.parameters()} == {torch.float32}
    assert rough.hidden(tokens).dtype == torch.bfloat16
    assert rough.logits(tokens).dtype == torch.float32
    rough.loss(tokens, tokens).backward()
    assert {parameter.grad.dtype for parameter in rough.parameters() if parameter.grad is not None} == {torch.float32}
    assert rough.loss(tokens, tokens).item() == pytest.approx(exact.loss(tokens, tokens).item(), rel=0.02)


def test_the_configuration_comes_back_from_its_file_form() -> None:
    for config in SHAPES.values():
        assert DecoderConfig.from_hugging_face(config.as_hugging_face()) == config


def test_older_files_state_the_rotary_base_at_the_top() -> None:
    config = {**GROUPED.as_hugging_face(), "rope_theta": 777.0}
    del config["rope_parameters"]
    assert DecoderConfig.from_hugging_face(config).rope_base == 777.0


@pytest.mark.parametrize("change", [{"model_type": "llama"}, {"model_type": "gpt2"}])
def test_another_kind_of_model_is_refused(change: dict[str, object]) -> None:
    config = {**GROUPED.as_hugging_face(), **change}
    with pytest.raises(InputError, match=r"a '(llama|gpt2)' model cannot be run here\. Use a model grown by Mbegu, or its GGUF file"):
        DecoderConfig.from_hugging_face(config)
