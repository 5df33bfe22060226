"""Small real decoders with weights that are nowhere zero, and the same weights in transformers' own Qwen3."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from mbegu.model.decoder import Decoder, DecoderConfig
from mbegu.model.folder import file_tensors

GROUPED = DecoderConfig(vocabulary_size=300, hidden_size=48, layers=2, heads=4, kv_heads=2, head_size=16, inner_size=80, context=32)
SHAPES = {
    "grouped heads": GROUPED,
    "one head of keys": replace(GROUPED, kv_heads=1),
    "as many of keys": replace(GROUPED, kv_heads=4, heads=4, layers=1),
    "an output of its own": replace(GROUPED, tied_output=False),
    "narrow heads, another base": replace(GROUPED, head_size=8, rope_base=500.0, norm_epsilon=1e-3),
}


def small_decoder(config: DecoderConfig = GROUPED, seed: int = 0, dtype: torch.dtype = torch.float32) -> Decoder:
    """Return a decoder in which every parameter matters: also the projections that begin at zero, and the last norm."""
    model = Decoder(config, dtype)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3 if parameter.ndim == 1 else 1.5 * parameter.shape[1] ** -0.5, generator=generator)
        model.norm.add_(1.0)
    return model


def name_in_transformers(name: str) -> str:
    """Return what transformers calls a parameter of the decoder."""
    if name == "lm_head.weight":
        return name
    return "model.norm.weight" if name == "norm" else f"model.{name}"


def as_transformers(model: Decoder) -> Any:
    """Return transformers' Qwen3ForCausalLM, in float32, with the decoder's weights."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    settings = {name: value for name, value in model.config.as_hugging_face().items() if name not in ("architectures", "dtype")}
    theirs = Qwen3ForCausalLM(Qwen3Config(**settings)).eval()
    missing, unexpected = theirs.load_state_dict(file_tensors(model.config, dict(model.named_parameters())), strict=False)
    assert not unexpected
    assert set(missing) == ({"lm_head.weight"} if model.config.tied_output else set()), "an output that is tied is the embedding"
    return theirs


def random_tokens(config: DecoderConfig, sequences: int, length: int, seed: int = 5) -> torch.Tensor:
    """Return ids [sequences, length]."""
    return torch.randint(0, config.vocabulary_size, (sequences, length), generator=torch.Generator().manual_seed(seed))
