"""Measures this computer: which dtype and how many threads are fastest, how long a step takes, how much memory it needs."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import time
from collections.abc import Callable
from dataclasses import asdict

import torch

from mbegu.core.errors import ResourceError, is_out_of_memory
from mbegu.core.processors import usable_cores
from mbegu.model.decoder import Decoder, DecoderConfig
from mbegu.train.optim import Optimiser
from mbegu.train.planfile import ComputerPlan, ModelPlan, TrainingPlan

MATRIX_SIZE = 512
SMALLEST_GAIN = 1.15  # another thread must pay at least this much, else the core is left to the rest of the computer


def prepare_process() -> None:
    """Keep freed memory in the process and let waiting threads sleep.

    Large temporaries are otherwise given back to the system after each operation and paid for again in page faults (16 % of a
    plain loop's time was measured). Only glibc has this switch; elsewhere nothing is done. Call before torch computes.
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    m_trim_threshold, m_top_pad, m_mmap_threshold = -1, -2, -3
    mallopt(m_mmap_threshold, 1 << 30)
    mallopt(m_trim_threshold, 2**31 - 1)
    mallopt(m_top_pad, 64 << 20)


def release_memory() -> None:
    """Give back to the system what measuring or an earlier step left behind, which ``prepare_process`` had kept; glibc only."""
    gc.collect()
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def compute_reproducibly() -> None:
    """Have torch take operations whose result does not depend on chance, without filling fresh memory, which only costs time."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined,unused-ignore]


def as_config(plan: ModelPlan) -> DecoderConfig:
    """Return the decoder's shape as planned."""
    return DecoderConfig(**asdict(plan))


def build(model_plan: ModelPlan, training: TrainingPlan, computer: ComputerPlan) -> tuple[Decoder, Optimiser]:
    """Make the decoder with its first weights, and its optimiser, where and in the dtype that the plan says.

    Raises:
        ResourceError: the plan was made for a graphics processor that this computer does not have.
    """
    require_device(computer.device)
    dtype: torch.dtype = getattr(torch, computer.dtype)
    model = Decoder(as_config(model_plan), dtype)
    model.initialise(training.seed)
    model.to(computer.device)
    optimiser = Optimiser(
        model,
        matrix_rate=training.matrix_rate,
        embedding_rate=training.embedding_rate,
        output_rate=training.output_rate,
        norm_rate=training.norm_rate,
        weight_decay=training.weight_decay,
        output_decay=training.output_decay,
        dtype=dtype,
    )
    return model, optimiser


def devices() -> list[str]:
    """Return what can compute here, the fastest first."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, is_there in there.items() if is_there]


def require_device(device: str) -> None:
    """Raise ``ResourceError`` where this computer has no such graphics processor, as when a project was planned on another one."""
    if device not in devices():
        raise ResourceError(
            f"the plan says device = '{device}', and this computer has no such graphics processor",
            fix="set device = 'cpu' and dtype = 'float32' in plan.toml and in [plan], or delete plan.toml to plan anew",
        )


def choose_device(asked: str) -> tuple[str, str]:
    """Return the device and why it was chosen; raises ``ResourceError`` where the one that is asked for is not there."""
    if asked:
        require_device(asked)
        return asked, "as asked"
    device = devices()[0]
    if device == "cuda":
        return device, torch.cuda.get_device_name(0)
    return device, "Apple's graphics processor" if device == "mps" else "no graphics processor found"


def free_card_bytes() -> int:
    """Return the free memory of the NVIDIA card that computes, to which that of the computer says nothing; raises ``ResourceError`` without one."""
    require_device("cuda")
    return int(torch.cuda.mem_get_info()[0])


def choose_dtype(device: str, asked: str) -> tuple[str, str]:
    """Return the dtype of the computation and why: by measuring both on a matrix product, never from the processor's name."""
    if asked:
        return asked, "as asked"
    if device != "cpu":
        return "bfloat16", "usual on graphics processors"
    speeds = {name: 1 / _seconds(_product(getattr(torch, name)), 0.15) for name in ("float32", "bfloat16")}
    ratio = speeds["bfloat16"] / speeds["float32"]
    if ratio > 1.2:
        return "bfloat16", f"{ratio:.1f} times as fast as float32 here"
    return "float32", f"bfloat16 is {ratio:.1f} times as fast here"


def choose_threads(asked: int, step_seconds: Callable[[int], float]) -> tuple[int, str]:
    """Return the number of threads and why.

    Args:
        asked: what the user asked for, 0 to measure.
        step_seconds: measures a step with so many threads.
    """
    if asked:
        return asked, "as asked"
    cores = usable_cores()
    best, best_s = 1, step_seconds(1)
    for threads in sorted({2, 4, 8, 16, 32, cores}):
        if 1 < threads <= cores:
            seconds = step_seconds(threads)
            if best_s / seconds < SMALLEST_GAIN:
                break
            best, best_s = threads, seconds
    return best, f"of {cores} cores, measured" if cores > 1 else "one core"


def measure_step_s(model_plan: ModelPlan, training: TrainingPlan, computer: ComputerPlan, repeats: int) -> float:
    """Return the seconds of one whole training step on random tokens, after one to warm up.

    Of several repeats the lower quartile is taken: a moment in which other work has the processor makes a step many times
    longer, and nothing makes one shorter than it is.

    Raises:
        ResourceError: there is no such graphics processor, or the memory does not suffice.
    """
    torch.set_num_threads(computer.threads)
    compute_reproducibly()
    try:
        return _measure_step_s(model_plan, training, computer, repeats)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        fix = "close other programs" if computer.device == "cpu" else "plan with device = 'cpu', or close what else uses it"
        raise ResourceError(f"the memory is too small for this model where it would be trained ({computer.device})", fix=fix) from error


def _measure_step_s(model_plan: ModelPlan, training: TrainingPlan, computer: ComputerPlan, repeats: int) -> float:
    model, optimiser = build(model_plan, training, computer)
    shape = (training.sequences_at_once, model_plan.context)
    tokens = torch.randint(0, model_plan.vocabulary_size, shape, generator=torch.Generator().manual_seed(0)).to(computer.device)
    pieces = training.sequences_per_step // training.sequences_at_once

    def step() -> None:
        for _ in range(pieces):
            (model.loss(tokens, tokens, training.dropout) / tokens.numel()).backward()  # type: ignore[no-untyped-call]
        optimiser.step(0, 0.0)
        if computer.device != "cpu":  # its work is only ordered when the call returns
            (torch.cuda if computer.device == "cuda" else torch.mps).synchronize()

    step()
    return sorted(_timed(step) for _ in range(repeats))[repeats // 4]


def _product(dtype: torch.dtype) -> Callable[[], None]:
    a = torch.ones(MATRIX_SIZE, MATRIX_SIZE, dtype=dtype)
    return lambda: (a @ a, None)[1]


def _seconds(work: Callable[[], None], at_least_s: float) -> float:
    """Return the shortest time of ``work`` over repeats that take ``at_least_s`` together."""
    work()
    best, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < at_least_s:
        best = min(best, _timed(work))
    return best


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
