"""nanochat's model and optimiser on our text, on the processor: the contender `nanochat` of `against_peers.py`.

    git clone https://github.com/karpathy/nanochat NANOCHAT
    python bench/against_peers.py --contender nanochat --nanochat NANOCHAT --data DIR --cpu-seconds 3600 [--compile] [--rate-scale 4]

nanochat is run from a checkout beside the project; nothing of it is copied. Its own: the model (`GPT`), the first weights, `MuonAdamW` and
its groups, the dtype rule (`NANOCHAT_DTYPE`). Followed from its `scripts/base_train.py`, which cannot be imported: how rates and weight
decay depend on batch and model, and their schedules. Ours, so that only model and optimiser differ: tokenizer, batches, measuring.
Full attention (`window_pattern="L"`) and heads of 64, as in its `runs/runcpu.sh`.

Its rule divides all rates by the square root of 524,288 over the tokens of a step, 11.3 for the 4,096 of a step here; `--rate-scale`
multiplies them again. Without a C++ compiler, or without `--compile`, everything runs uncompiled.
"""

from __future__ import annotations

import importlib
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mbegu.train.data import PackedDocuments
from race import CONTEXT_TOKENS, SEQUENCES, TOKENS_PER_STEP, Race, StepTimer, TokenisedText

HEAD_SIZE = 64
REFERENCE_BATCH_TOKENS = 2**19
REFERENCE_DEPTH, REFERENCE_WIDTH = 12, 768
TOKENS_PER_PARAMETER = 12
RATES = {"unembedding_lr": 0.008, "embedding_lr": 0.3, "scalar_lr": 0.5, "matrix_lr": 0.02}
WEIGHT_DECAY = 0.28
WARMUP_STEPS, WARMDOWN_SHARE, LAST_RATE = 40, 0.65, 0.05
MOMENTUM_STEPS = 400
FIRST_MOMENTUM, HIGH_MOMENTUM, LAST_MOMENTUM = 0.85, 0.97, 0.90


def open_nanochat(checkout: Path, dtype: str, is_compiled: bool) -> Any:
    """Import ``nanochat.gpt`` from a checkout.

    Args:
        checkout: the folder that holds the package ``nanochat``.
        dtype: ``float32`` or ``bfloat16``.
        is_compiled: whether ``torch.compile`` does anything.
    """
    os.environ["NANOCHAT_DTYPE"] = dtype
    if not is_compiled:
        os.environ["TORCHDYNAMO_DISABLE"] = "1"
        torch.compiler.set_stance("force_eager")
    sys.path.insert(0, str(checkout))
    return importlib.import_module("nanochat.gpt")


def make_model(gpt: Any, width: int, depth: int, vocabulary_size: int) -> Any:
    """Return a model with nanochat's own first weights."""
    heads = width // HEAD_SIZE
    config = gpt.GPTConfig(
        sequence_len=CONTEXT_TOKENS, vocab_size=vocabulary_size, n_layer=depth, n_head=heads, n_kv_head=heads, n_embd=width, window_pattern="L"
    )
    with torch.device("meta"):
        model = gpt.GPT(config)
    model.to_empty(device="cpu")
    model.init_weights()
    return model


def make_optimiser(gpt: Any, model: Any, rate_scale: float) -> tuple[Any, float]:
    """Return nanochat's optimiser with rates and weight decay for this batch and model, and that weight decay."""
    batch_scale = math.sqrt(TOKENS_PER_STEP / REFERENCE_BATCH_TOKENS)
    with torch.device("meta"):
        heads = REFERENCE_WIDTH // 128
        reference = gpt.GPT(
            gpt.GPTConfig(
                sequence_len=CONTEXT_TOKENS,
                vocab_size=model.config.vocab_size,
                n_layer=REFERENCE_DEPTH,
                n_head=heads,
                n_kv_head=heads,
                n_embd=REFERENCE_WIDTH,
                window_pattern="L",
            )
        )
    weight_decay = WEIGHT_DECAY * batch_scale * _scaling_parameters(reference) / _scaling_parameters(model)
    rates = {name: rate * batch_scale * rate_scale for name, rate in RATES.items()}
    return model.setup_optimizer(**rates, weight_decay=weight_decay), weight_decay


def _scaling_parameters(model: Any) -> float:
    counts = model.num_scaling_params()
    return TOKENS_PER_PARAMETER * float(counts["transformer_matrices"] + counts["lm_head"])


def set_schedule(optimiser: Any, step: int, steps: int, weight_decay: float) -> None:
    """Set rates, momentum and weight decay for a step, as nanochat's pretraining does."""
    warmdown_steps = round(WARMDOWN_SHARE * steps)
    left = min(1.0, (steps - step) / max(warmdown_steps, 1))
    factor = (step + 1) / WARMUP_STEPS if step < WARMUP_STEPS else left + (1 - left) * LAST_RATE
    if step < MOMENTUM_STEPS:
        momentum = FIRST_MOMENTUM + (HIGH_MOMENTUM - FIRST_MOMENTUM) * step / MOMENTUM_STEPS
    else:
        momentum = LAST_MOMENTUM + (HIGH_MOMENTUM - LAST_MOMENTUM) * left
    for group in optimiser.param_groups:
        group["lr"] = group["initial_lr"] * factor
        if group["kind"] == "muon":
            group["momentum"] = momentum
            group["weight_decay"] = weight_decay * 0.5 * (1 + math.cos(math.pi * step / steps))


class Training:
    """A model of nanochat's in training.

    Args:
        gpt: the module ``nanochat.gpt``.
        data: text and tokens.
        shape: width and depth.
        rate_scale: on all rates.
        seed: of the first weights and the order of documents.
        is_compiled: whether the forward and backward pass is compiled.
    """

    def __init__(self, gpt: Any, data: TokenisedText, shape: tuple[int, int], rate_scale: float, seed: int, is_compiled: bool) -> None:
        torch.manual_seed(seed)
        self.gpt = gpt
        self.model = make_model(gpt, *shape, data.tokenizer.get_vocab_size())
        self.run = torch.compile(self.model, dynamic=False) if is_compiled else self.model
        self.optimiser, self.weight_decay = make_optimiser(gpt, self.model, rate_scale)
        self.batches = PackedDocuments(data.tokens, data.offsets, np.arange(len(data.offsets) - 1), CONTEXT_TOKENS, seed)

    def step(self, step: int, steps: int) -> None:
        """Take step number ``step`` of ``steps``.

        Raises:
            FloatingPointError: the loss is no longer a number.
        """
        inputs, targets = self.batches.batch(step, SEQUENCES)
        loss = self.run(inputs, targets)
        loss.backward()
        set_schedule(self.optimiser, step, steps, self.weight_decay)
        self.optimiser.step()
        self.model.zero_grad(set_to_none=True)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss at step {step} is no longer a number")

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the logits [1, T, V], computed in float32 as those of all contenders are."""
        if ids.shape[1] == 1:  # the model's forward pass needs two tokens; what follows does not change what comes before
            return self.logits(ids.repeat(1, 2))[:, :1]
        gpt, model = self.gpt, self.model
        kept = gpt.COMPUTE_DTYPE, model.cos, model.sin
        gpt.COMPUTE_DTYPE, model.cos, model.sin = torch.float32, kept[1].float(), kept[2].float()
        try:
            return model(ids)  # type: ignore[no-any-return]
        finally:
            gpt.COMPUTE_DTYPE, model.cos, model.sin = kept


def run_nanochat(
    race: Race, checkout: Path, shape: tuple[int, int], *, dtype: str, rate_scale: float, seed: int, is_compiled: bool, steps: int
) -> None:
    """Train for the budget; steps of 0 are reckoned from a measurement, which also compiles, and is not counted."""
    gpt = open_nanochat(checkout, dtype, is_compiled)
    if not steps or is_compiled:
        timer, trial = StepTimer(), Training(gpt, race.data, shape, rate_scale, seed, is_compiled)
        for step in range(timer.STEPS):
            trial.step(step, timer.STEPS)
            timer.after_step()
        steps = steps or race.steps(timer.step_s())
        del trial
    training = Training(gpt, race.data, shape, rate_scale, seed, is_compiled)
    race.facts |= {"parameters": sum(p.numel() for p in training.model.parameters()), "compiled": is_compiled}
    race.clock.start()
    for step in range(steps):
        training.step(step, steps)
        race.after_step(step + 1, steps, lambda: training.logits)
