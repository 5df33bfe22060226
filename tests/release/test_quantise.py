"""The types are those that llama.cpp chooses, and the packed weights come back near what they were."""

from __future__ import annotations

import gguf
import numpy as np
import pytest

from mbegu.core.errors import MissingDependencyError
from mbegu.release import quantise
from mbegu.release.quantise import has_more_bits, pack, row_bytes, type_of, why_not

WEIGHTS = np.random.default_rng(3).normal(0, 0.05, (6, 512)).astype(np.float32)


def test_layers_with_more_bits_are_the_ends_and_every_third_between() -> None:
    assert [layer for layer in range(16) if has_more_bits(layer, 16)] == [0, 1, 4, 7, 10, 13, 14, 15]
    assert [layer for layer in range(2) if has_more_bits(layer, 2)] == [1]


@pytest.mark.parametrize(
    ("name", "shape", "stored", "wanted"),
    [
        ("token_embd.weight", (600, 256), "Q6_K", "Q6_K"),
        ("token_embd.weight", (600, 320), "Q8_0", "Q6_K"),
        ("blk.0.attn_v.weight", (128, 256), "Q6_K", "Q6_K"),
        ("blk.3.ffn_down.weight", (256, 512), "Q6_K", "Q6_K"),
        ("blk.2.ffn_down.weight", (256, 512), "Q4_K", "Q4_K"),
        ("blk.2.ffn_up.weight", (512, 256), "Q4_K", "Q4_K"),
        ("blk.2.ffn_up.weight", (512, 320), "Q5_0", "Q4_K"),
        ("blk.0.attn_v.weight", (128, 320), "Q8_0", "Q6_K"),
        ("blk.2.ffn_up.weight", (512, 40), "F16", "Q4_K"),
        ("blk.2.attn_norm.weight", (256,), "F32", "F32"),
    ],
)
def test_types_of_q4_k_m(name: str, shape: tuple[int, ...], stored: str, wanted: str) -> None:
    chosen = type_of(name, shape, "Q4_K_M", layers=8, is_tied=True)
    assert (chosen.stored, chosen.wanted) == (stored, wanted)


def test_an_embedding_that_is_not_the_output_needs_fewer_bits() -> None:
    assert type_of("token_embd.weight", (600, 256), "Q4_K_M", 8, is_tied=False).stored == "Q4_K"
    assert type_of("output.weight", (600, 256), "Q4_K_M", 8, is_tied=False).stored == "Q6_K"


@pytest.mark.parametrize(("stored", "error"), [("Q8_0", 0.01), ("Q6_K", 0.03), ("Q5_0", 0.05), ("Q4_K", 0.1)])
def test_packed_weights_come_back_near(stored: str, error: float) -> None:
    packed = pack(WEIGHTS, stored)
    assert packed.shape == (6, row_bytes(512, stored))
    back = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType[stored])
    assert np.sqrt(np.mean((back - WEIGHTS) ** 2)) < error * WEIGHTS.std()
    assert (pack(WEIGHTS, stored) == packed).all()


def test_without_the_library_q8_0_is_the_same_and_q4_k_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with_library = pack(WEIGHTS, "Q8_0")

    def refuse() -> None:
        raise MissingDependencyError("this build offers nothing")

    monkeypatch.setattr(quantise, "load_library", refuse)
    assert (pack(WEIGHTS, "Q8_0") == with_library).all()
    assert why_not("Q8_0") == ""
    assert why_not("Q4_K_M") == "this build offers nothing"
    with pytest.raises(MissingDependencyError):
        pack(WEIGHTS, "Q4_K")


def test_everything_can_be_written_here() -> None:
    assert why_not("Q4_K_M") == ""
