"""What is chosen for a computer follows from what was measured on it."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from tests.train.tiny import MODEL, TRAINING

from mbegu.core.errors import ResourceError
from mbegu.train import computer as machine
from mbegu.train.computer import build, choose_device, choose_dtype, choose_threads, devices, free_card_bytes, measure_step_s
from mbegu.train.planfile import ComputerPlan


def on_cores(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: cores)


@pytest.mark.parametrize(
    ("cores", "seconds", "chosen", "measured"),
    [
        (1, {1: 1.0}, 1, [1]),
        (2, {1: 1.0, 2: 0.55}, 2, [1, 2]),
        (2, {1: 1.0, 2: 0.9}, 1, [1, 2]),
        (2, {1: 1.0, 2: 1.7}, 1, [1, 2]),
        (6, {1: 1.0, 2: 0.6, 4: 0.4, 6: 0.3}, 6, [1, 2, 4, 6]),
        (6, {1: 1.0, 2: 0.6, 4: 0.58}, 2, [1, 2, 4]),
        (8, {1: 1.0, 2: 0.6, 4: 0.4, 8: 0.39}, 4, [1, 2, 4, 8]),
        (12, {1: 1.0, 2: 0.5, 4: 0.3, 8: 0.2, 12: 0.15}, 12, [1, 2, 4, 8, 12]),
    ],
)
def test_another_thread_must_pay(monkeypatch: pytest.MonkeyPatch, cores: int, seconds: dict[int, float], chosen: int, measured: list[int]) -> None:
    on_cores(monkeypatch, cores)
    asked: list[int] = []

    def step_seconds(threads: int) -> float:
        asked.append(threads)
        return seconds[threads]

    threads, why = choose_threads(0, step_seconds)
    assert (threads, asked) == (chosen, measured)
    assert why == ("one core" if cores == 1 else f"of {cores} cores, measured")


def test_threads_that_were_asked_for_are_not_measured() -> None:
    def never(threads: int) -> float:
        raise AssertionError(threads)

    assert choose_threads(3, never) == (3, "as asked")


@pytest.mark.parametrize(
    ("float32_s", "bfloat16_s", "dtype", "why"),
    [
        (1.0, 0.25, "bfloat16", "4.0 times as fast as float32 here"),
        (1.0, 0.9, "float32", "bfloat16 is 1.1 times as fast here"),
        (1.0, 5.0, "float32", "bfloat16 is 0.2 times as fast here"),
    ],
)
def test_the_dtype_follows_from_the_times(monkeypatch: pytest.MonkeyPatch, float32_s: float, bfloat16_s: float, dtype: str, why: str) -> None:
    def seconds(work: Callable[[], None], at_least_s: float) -> float:
        return float32_s if work is products[torch.float32] else bfloat16_s

    products: dict[torch.dtype, Callable[[], None]] = {torch.float32: lambda: None, torch.bfloat16: lambda: None}
    monkeypatch.setattr(machine, "_seconds", seconds)
    monkeypatch.setattr(machine, "_product", products.__getitem__)
    assert choose_dtype("cpu", "") == (dtype, why)


def test_the_dtype_is_really_measured() -> None:
    assert choose_dtype("cpu", "")[0] in ("float32", "bfloat16")


def test_a_dtype_or_device_that_was_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_dtype("cpu", "bfloat16") == ("bfloat16", "as asked")
    assert choose_dtype("cuda", "") == ("bfloat16", "usual on graphics processors")
    assert choose_device("mps") == ("mps", "as asked")


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [
        (True, True, ("cuda", "NVIDIA of a test")),
        (False, True, ("mps", "Apple's graphics processor")),
        (False, False, ("cpu", "no graphics processor found")),
    ],
)
def test_the_fastest_device_is_taken(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, expected: tuple[str, str]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA of a test")
    assert choose_device("") == expected
    assert devices()[-1] == "cpu"


def test_a_plan_from_a_computer_with_another_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ResourceError, match=r"the plan says device = 'cuda', and this computer has no such graphics processor\. Set device = 'cpu'"):
        build(MODEL, TRAINING, ComputerPlan(device="cuda"))


@pytest.mark.parametrize("ask", [free_card_bytes, lambda: choose_device("cuda")])
def test_a_card_that_is_not_there_is_told_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch, ask: Callable[[], object]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ResourceError, match="this computer has no such graphics processor"):
        ask()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_plan_is_built_the_same_every_time(dtype: str) -> None:
    models = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        model, optimiser = build(MODEL, TRAINING, ComputerPlan(dtype=dtype))
        models.append(dict(model.named_parameters()))
        assert model.dtype == optimiser.dtype == getattr(torch, dtype)
        assert (optimiser.matrix_rate, optimiser.embedding_rate) == (TRAINING.matrix_rate, TRAINING.embedding_rate)
        assert (optimiser.norm_rate, optimiser.weight_decay) == (TRAINING.norm_rate, TRAINING.weight_decay)
        assert optimiser.decays == {"embed_tokens.weight": TRAINING.output_decay}
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[0])
    assert {weight.dtype for weight in models[0].values()} == {torch.float32}


def test_an_output_of_its_own_gets_its_own_rate_and_the_decay() -> None:
    training = replace(TRAINING, embedding_rate=0.2, output_rate=0.007, output_decay=3.0)
    model, optimiser = build(replace(MODEL, tied_output=False), training, ComputerPlan())
    assert model.lm_head is not None
    assert (optimiser.embedding_rate, optimiser.output_rate, optimiser.decays) == (0.2, 0.007, {"lm_head.weight": 3.0})


def test_a_step_takes_some_time_of_which_the_lower_quartile_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < measure_step_s(MODEL, TRAINING, ComputerPlan(), 2) < 5
    times = iter([0.5, 9.0, 0.4, 0.6, 7.0, 0.3, 0.8, 0.7])
    calls: list[int] = []

    def timed(work: Callable[[], None]) -> float:
        calls.append(1)
        return next(times)

    monkeypatch.setattr(machine, "_timed", timed)
    assert measure_step_s(MODEL, TRAINING, ComputerPlan(), 8) == 0.5
    assert len(calls) == 8


def test_too_little_memory_for_a_model_is_told_and_other_errors_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(words: str) -> None:
        def build(*_: object) -> None:
            raise RuntimeError(words)

        monkeypatch.setattr(machine, "build", build)

    refuse("CUDA out of memory. Tried to allocate 20.00 MiB.")
    with pytest.raises(ResourceError) as caught:
        measure_step_s(MODEL, TRAINING, ComputerPlan(), 2)
    assert caught.value.one_line() == "the memory is too small for this model where it would be trained (cpu). Close other programs."
    refuse("mat1 and mat2 shapes cannot be multiplied")
    with pytest.raises(RuntimeError, match="mat1"):
        measure_step_s(MODEL, TRAINING, ComputerPlan(), 2)


def test_measuring_leaves_the_process_fit_to_train() -> None:
    """In a process of its own: the switch of the allocator lasts, and so do its effects on memory."""
    script = """
import resource, sys, torch
sys.path[:0] = ["."]
from tests.train.tiny import fresh_state, image, run
from mbegu.train.computer import prepare_process
torch.set_num_threads(1)
first = fresh_state(); run(first)
prepare_process(); prepare_process()
second = fresh_state(); run(second)
assert image(first) == image(second)
"""
    if sys.platform == "win32":
        pytest.skip("no such switch and no such module")
    subprocess.run([sys.executable, "-c", script], check=True, timeout=100)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory, and gives it back when asked")
def test_what_measuring_left_behind_is_given_back() -> None:
    code = """
import psutil, torch
from mbegu.train.computer import prepare_process, release_memory
prepare_process()
held = psutil.Process().memory_info().rss
parts = [torch.ones(2_000_000) for _ in range(50)]
torch.ones(1000)
del parts
kept = psutil.Process().memory_info().rss - held
release_memory()
print(kept, psutil.Process().memory_info().rss - held)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    kept, left = map(int, done.stdout.split())
    assert kept > 300_000_000, "as prepare_process asked"
    assert left < 50_000_000
