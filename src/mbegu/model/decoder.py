"""The language model: a decoder in the Qwen3 layout.

Token embedding, then blocks of attention (grouped heads, norms on queries and keys, rotary positions) and SwiGLU, each behind
an RMSNorm and added to the stream, then a norm and the output: a matrix of its own, or the embedding again. ``transformers`` opens
it as ``Qwen3ForCausalLM`` and llama.cpp as ``qwen3``, so the parameter names and the order of rotary pairs are theirs.

Only the last norm has learnt weights. Those inside a block could be folded into the matrices behind them without changing the
function, and those of queries and keys cost more time than they gain; files carry ones in their place. An embedding that is not
the output too is looked up at unit scale; files carry its rows at that scale, so other programs need no norm there.

Letters in shapes: B sequences, T tokens, D hidden size, H heads, K key-value heads, E head size, F inner size, V vocabulary.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mbegu.core.errors import InputError
from mbegu.core.settings import shown
from mbegu.model.loss import sum_cross_entropy
from mbegu.model.score import SMALLEST_CONTEXT

LONGEST_PLAIN_ATTENTION = 512  # tokens; beyond it the stored softmax costs more memory and time than it saves
INITIAL_STD = 0.02  # of an embedding that is the output too, GPT-2's; projections into the stream start at zero: each block begins as the identity
LONGEST_CONTEXT = 2**17  # tokens that a file may declare: its tables of angles take memory, and no weight in the file grows with it

HUGGING_FACE_SIZES = {
    "vocabulary_size": "vocab_size",
    "hidden_size": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_size": "head_dim",
    "inner_size": "intermediate_size",
    "context": "max_position_embeddings",
}


@dataclass(frozen=True)
class DecoderConfig:
    """The shape of a decoder. All sizes are counts; ``context`` is the longest sequence in tokens."""

    vocabulary_size: int
    hidden_size: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    inner_size: int
    context: int
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-6
    tied_output: bool = True

    def parameters(self) -> int:
        """Return the number of learnt parameters; an output that is the embedding counts once."""
        return self.multiplied_parameters() + (0 if self.tied_output else self.vocabulary_size * self.hidden_size)

    def multiplied_parameters(self) -> int:
        """Return the number of parameters that take part in products: all but an embedding that is only looked up."""
        return self.vocabulary_size * self.hidden_size + self.block_parameters() + self.hidden_size

    def block_parameters(self) -> int:
        """Return the number of parameters in the matrices of all blocks."""
        attention = self.hidden_size * self.head_size * 2 * (self.heads + self.kv_heads)
        return self.layers * (attention + 3 * self.hidden_size * self.inner_size)

    def as_hugging_face(self) -> dict[str, Any]:
        """Return the config.json that ``transformers`` reads as ``Qwen3Config``."""
        return {
            "architectures": ["Qwen3ForCausalLM"],
            "model_type": "qwen3",
            **{theirs: getattr(self, ours) for ours, theirs in HUGGING_FACE_SIZES.items()},
            "rope_parameters": {"rope_theta": self.rope_base, "rope_type": "default"},
            "rope_theta": self.rope_base,
            "rms_norm_eps": self.norm_epsilon,
            "hidden_act": "silu",
            "attention_bias": False,
            "attention_dropout": 0.0,
            "tie_word_embeddings": self.tied_output,
            "use_sliding_window": False,
            "initializer_range": INITIAL_STD,
            "bos_token_id": 0,
            "eos_token_id": 0,
            "dtype": "float32",
        }

    @staticmethod
    def from_hugging_face(config: dict[str, Any], where: str | Path = "") -> DecoderConfig:
        """Read a config.json; ``where`` it lies is for messages.

        Raises:
            InputError: it is not a Qwen3 model, or a value is missing or impossible.
        """
        if config.get("model_type") != "qwen3":
            raise InputError(f"a {shown(config.get('model_type'))} model cannot be run here", where, "use a model grown by Mbegu, or its GGUF file")
        rope = config.get("rope_parameters") or {}
        rope_base = rope.get("rope_theta", config.get("rope_theta", 10_000.0)) if isinstance(rope, dict) else rope
        norm_epsilon, tied_output = config.get("rms_norm_eps"), config.get("tie_word_embeddings", False)
        sizes = {ours: config.get(theirs) for ours, theirs in HUGGING_FACE_SIZES.items()}
        wrong = [f"{HUGGING_FACE_SIZES[name]} is {shown(value)}" for name, value in sizes.items() if type(value) is not int or value < 1]
        wrong += _wrong_together(sizes) if not wrong else []
        numbers = {"rope_theta": rope_base, "rms_norm_eps": norm_epsilon}
        wrong += [f"{name} is {shown(value)}" for name, value in numbers.items() if not _is_positive(value)]
        if not isinstance(tied_output, bool):
            wrong.append(f"tie_word_embeddings is {shown(tied_output)}")
        if wrong:
            raise InputError(f"config.json does not describe a model: {', '.join(wrong)}", where, "copy the model anew")
        return DecoderConfig(**sizes, rope_base=float(rope_base), norm_epsilon=float(norm_epsilon), tied_output=tied_output)  # type: ignore[arg-type]


def _is_positive(value: Any) -> bool:
    """Whether a value of a file is a finite number above zero."""
    return type(value) in (int, float) and 0 < value <= sys.float_info.max


def _wrong_together(sizes: dict[str, Any]) -> list[str]:
    """Return what is wrong with sizes that are each a count."""
    wrong = []
    if not SMALLEST_CONTEXT <= sizes["context"] <= LONGEST_CONTEXT:
        wrong.append(f"max_position_embeddings is {shown(sizes['context'])}, not {SMALLEST_CONTEXT} to {LONGEST_CONTEXT}")
    if sizes["head_size"] % 2:
        wrong.append(f"head_dim is {shown(sizes['head_size'])}, which is odd")
    if sizes["heads"] % sizes["kv_heads"]:
        wrong.append(f"num_key_value_heads, {shown(sizes['kv_heads'])}, does not divide num_attention_heads, {shown(sizes['heads'])}")
    return wrong


def rotary_tables(context: int, head_size: int, base: float) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of the rotary angles, each [context, head_size] float32, halves repeated (Su et al. 2021)."""
    frequencies = base ** (-torch.arange(0, head_size, 2, dtype=torch.float64) / head_size)
    angles = torch.outer(torch.arange(context, dtype=torch.float64), frequencies).repeat(1, 2)
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the pairs (i, i + E/2) of each head by the angle of its position.

    Args:
        x: [B, T, heads, E]; cos, sin: [T, 1, E] in the dtype of ``x``.
    """
    first, second = x.chunk(2, dim=-1)
    return torch.addcmul(x * cos, torch.cat((-second, first), dim=-1), sin)


def _inverse_rms(x: Tensor, epsilon: float) -> Tensor:
    """Return 1 / rms of each vector of the last dimension, [..., 1] in the dtype of ``x``."""
    mean_square = torch.linalg.vector_norm(x, dim=-1, keepdim=True).float().square_() / x.shape[-1]
    scale: Tensor = (mean_square + epsilon).rsqrt_().to(x.dtype)
    return scale


def _unit_scale_backward(gradient: Tensor, unit: Tensor, scale: Tensor) -> Tensor:
    """Return the gradient of ``x`` from that of ``unit = x * scale``, where ``scale`` is 1 / rms(x)."""
    share = torch.linalg.vecdot(gradient, unit)[..., None] / unit.shape[-1]
    return torch.addcmul(gradient, unit, share, value=-1).mul_(scale)


class _UnitScale(torch.autograd.Function):
    """x / rms(x) with one pass forward and four backward; the composite in torch takes three times as many."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, epsilon: float) -> Tensor:
        scale = _inverse_rms(x, epsilon)
        unit: Tensor = x * scale
        ctx.save_for_backward(unit, scale)
        return unit

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return _unit_scale_backward(gradients[0], *ctx.saved_tensors), None


def unit_scale(x: Tensor, epsilon: float) -> Tensor:
    """Divide each vector of the last dimension by its root mean square: RMSNorm (Zhang and Sennrich 2019) without its weight."""
    return _UnitScale.apply(x, epsilon)  # type: ignore[no-any-return,no-untyped-call]


class _TurnedUnit(torch.autograd.Function):
    """``rotate(unit_scale(x))`` whose backward turns the gradient back the same way, instead of through each of its parts."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor, epsilon: float) -> Tensor:
        scale = _inverse_rms(x, epsilon)
        unit = x * scale
        ctx.save_for_backward(unit, scale, cos, sin)
        return rotate(unit, cos, sin)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        unit, scale, cos, sin = ctx.saved_tensors
        return _unit_scale_backward(rotate(gradients[0], cos, -sin), unit, scale), None, None, None


def turned_unit(x: Tensor, cos: Tensor, sin: Tensor, epsilon: float) -> Tensor:
    """Scale each head to unit size and turn it by its position: queries and keys [B, T, heads, E] as attention takes them."""
    return _TurnedUnit.apply(x, cos, sin, epsilon)  # type: ignore[no-any-return,no-untyped-call]


@dataclass(frozen=True)
class Dropout:
    """A share of activations to set to zero, and for each sequence the stream of random numbers that chooses which.

    With a stream each, a sequence loses the same ones whichever others are computed beside it.
    """

    share: float
    streams: Sequence[torch.Generator]


Dropped = float | Dropout  # a share alone draws from torch's own generator


def dropout(x: Tensor, dropped: Dropped) -> Tensor:
    """Set a share of the elements to zero and scale up the rest; the share is a multiple of 1/256.

    One 64-bit random number serves eight elements: torch draws one for each and spends more time on it than on attention.
    On a graphics processor all are drawn at once from torch's generator there.

    Args:
        x: [B, ...].
        dropped: the share; with a stream for each of the B sequences, or for as many neighbours as they divide into, where they matter.

    Raises:
        ValueError: the streams do not divide the sequences.
    """
    share, streams = (dropped.share, dropped.streams) if isinstance(dropped, Dropout) else (dropped, [None])
    threshold = round(share * 256)
    if not threshold:
        return x
    if x.device.type != "cpu":
        return F.dropout(x, threshold / 256)
    if x.shape[0] % len(streams):
        raise ValueError(f"{len(streams)} streams do not divide {x.shape[0]} sequences")
    length = x.numel() // len(streams)
    draws = torch.empty(len(streams), (length + 7) // 8, dtype=torch.int64)
    for row, stream in zip(draws, streams, strict=True):
        row.random_(-(2**63), None, generator=stream)
    kept = torch.empty_like(x)  # compared straight into the dtype of x: from a tensor of booleans torch converts eight times as slowly
    torch.ge(draws.view(torch.uint8)[:, :length].reshape(x.shape), threshold, out=kept)
    return x * kept.mul_(256 / (256 - threshold))


class Linear(nn.Linear):
    """A matrix without bias that takes the dtype of what it is applied to; its own weights stay float32."""

    def __init__(self, rows_in: int, rows_out: int) -> None:
        super().__init__(rows_in, rows_out, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., rows_in] to [..., rows_out]."""
        return F.linear(x, self.weight.to(x.dtype))


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention.

    On a processor at short contexts the plain product with a stored softmax is faster, backward above all, than torch's
    flash attention; elsewhere the latter.

    Args:
        q: [B, H, T, E]; k, v: [B, K, T, E], where K divides H.

    Returns:
        [B, H, T, E].
    """
    B, H, T, E = q.shape
    K = k.shape[1]
    if q.device.type != "cpu" or T > LONGEST_PLAIN_ATTENTION:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=H != K)
    mask = torch.full((T, T), float("-inf"), dtype=q.dtype).triu_(1).repeat(H // K, 1)
    rows = q.reshape(B * K, H // K * T, E)
    scores = torch.baddbmm(mask, rows, k.reshape(B * K, T, E).transpose(1, 2), alpha=E**-0.5)
    return torch.bmm(scores.softmax(dim=-1), v.reshape(B * K, T, E)).view(B, H, T, E)


class Attention(nn.Module):
    """Causal self-attention with grouped heads and norms on queries and keys."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.q_proj = Linear(config.hidden_size, config.heads * config.head_size)
        self.k_proj = Linear(config.hidden_size, config.kv_heads * config.head_size)
        self.v_proj = Linear(config.hidden_size, config.kv_heads * config.head_size)
        self.o_proj = Linear(config.heads * config.head_size, config.hidden_size)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Map [B, T, D] of unit scale to [B, T, D]."""
        B, T, _ = x.shape
        q = self._turn(self.q_proj(x), cos, sin)
        k = self._turn(self.k_proj(x), cos, sin)
        v = self.v_proj(x).view(B, T, -1, self.config.head_size).transpose(1, 2)
        return self.o_proj(attend(q, k, v).transpose(1, 2).reshape(B, T, -1))  # type: ignore[no-any-return]

    def _turn(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Norm and rotate [B, T, heads * E] into [B, heads, T, E]."""
        return turned_unit(x.view(*x.shape[:2], -1, self.config.head_size), cos, sin, self.config.norm_epsilon).transpose(1, 2)


class FeedForward(nn.Module):
    """SwiGLU (Shazeer 2020): down(silu(gate(x)) * up(x))."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.gate_proj = Linear(config.hidden_size, config.inner_size)
        self.up_proj = Linear(config.hidden_size, config.inner_size)
        self.down_proj = Linear(config.inner_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, T, D] of unit scale to [B, T, D]."""
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Attention and feed-forward, each behind a norm and added to the stream."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.epsilon = config.norm_epsilon
        self.self_attn = Attention(config)
        self.mlp = FeedForward(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, dropped: Dropped) -> Tensor:
        """Map [B, T, D] to [B, T, D]; ``dropped`` is the share of each branch's outputs set to zero."""
        x = x + dropout(self.self_attn(unit_scale(x, self.epsilon), cos, sin), dropped)
        return x + dropout(self.mlp(unit_scale(x, self.epsilon)), dropped)


class Decoder(nn.Module):
    """The whole model. Weights are float32; the computation runs in ``dtype``."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: DecoderConfig, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.config = config
        self.dtype = dtype
        self.embed_tokens = nn.Embedding(config.vocabulary_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.Parameter(torch.ones(config.hidden_size))
        self.lm_head = None if config.tied_output else Linear(config.hidden_size, config.vocabulary_size)
        cos, sin = rotary_tables(config.context, config.head_size, config.rope_base)
        self.register_buffer("cos", cos[:, None], persistent=False)
        self.register_buffer("sin", sin[:, None], persistent=False)

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Set all weights from ``seed``: matrices normal, projections into the stream and an output of its own zero, norms one."""
        generator = torch.Generator().manual_seed(seed)
        for name, weight in self.named_parameters():
            if weight.ndim == 1:
                weight.fill_(1.0)
            elif name.endswith(("o_proj.weight", "down_proj.weight", "lm_head.weight")):
                weight.zero_()
            else:
                embedding_std = INITIAL_STD if self.config.tied_output else 1.0
                std = embedding_std if name.startswith("embed") else 1 / math.sqrt(weight.shape[1])
                weight.copy_(torch.empty_like(weight, device="cpu").normal_(0, std, generator=generator))

    @property
    def output(self) -> Tensor:
        """The matrix [V, D] that makes logits of hidden states."""
        return self.embed_tokens.weight if self.lm_head is None else self.lm_head.weight

    def _embed(self, tokens: Tensor) -> Tensor:
        """Look up token ids [B, T]: [B, T, D] in ``dtype``, of unit scale where the embedding is not the output too."""
        x = F.embedding(tokens, self.embed_tokens.weight).to(self.dtype)
        return x if self.config.tied_output else unit_scale(x, self.config.norm_epsilon)

    def hidden(self, tokens: Tensor, dropped: Dropped = 0.0) -> Tensor:
        """Map token ids [B, T] to hidden states behind the last norm [B, T, D] in ``dtype``."""
        T = tokens.shape[1]
        x = dropout(self._embed(tokens), dropped)
        cos, sin = self.cos[:T].to(self.dtype), self.sin[:T].to(self.dtype)
        for block in self.layers:
            x = block(x, cos, sin, dropped)
        return unit_scale(x, self.config.norm_epsilon) * self.norm.to(self.dtype)

    def logits(self, tokens: Tensor) -> Tensor:
        """Map token ids [B, T] to logits [B, T, V] in float32."""
        hidden = self.hidden(tokens)
        return F.linear(hidden, self.output.to(hidden.dtype)).float()

    def loss(self, tokens: Tensor, targets: Tensor, dropped: Dropped = 0.0) -> Tensor:
        """Return the summed cross-entropy in nats of ``targets`` [B, T] after ``tokens`` [B, T]; a float32 scalar.

        ``dropped`` is the share of activations set to zero, 0 outside training.
        """
        hidden = self.hidden(tokens, dropped)
        return sum_cross_entropy(hidden.flatten(0, 1), self.output, targets.flatten())
