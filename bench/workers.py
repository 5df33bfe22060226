"""Trains the same small model by one process with 1 and 2 threads and by two processes, and compares speed and losses.

    python bench/workers.py --steps 40

Needs two free cores. A model of about 10 M parameters (SHAPES[3], vocabulary of 8,192) learns random tokens drawn from a Zipf
distribution: the speed is that of real text, and the losses fall. Each way is timed in turn, several times; the table gives the median of
all steps but the first two of each turn.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from dataclasses import dataclass

import numpy as np

from mbegu.cli.common import prepare_threads

VOCABULARY = 8192
TOKENS = 400_000
ZIPF = 1.3
WARM_UP_STEPS = 2


@dataclass(frozen=True)
class Turn:
    """One training: seconds of each step after the warm-up, and the loss of each step in nats a token."""

    step_s: list[float]
    losses: list[float]


def one_turn(workers: int, threads: int, dtype: str, steps: int) -> Turn:
    """Train so many steps from the beginning."""
    import torch

    from mbegu.core.report import Say
    from mbegu.train import computer as machine
    from mbegu.train.data import PackedDocuments
    from mbegu.train.loop import TrainingState, train
    from mbegu.train.planfile import ComputerPlan, ExpectedPlan, Plan, TrainingPlan
    from mbegu.train.planning import SEQUENCES, SHAPES, shape_plan
    from mbegu.train.workers import company

    machine.prepare_process()
    model = shape_plan(SHAPES[3], VOCABULARY)
    training = TrainingPlan(steps=steps, sequences_per_step=SEQUENCES, sequences_at_once=SEQUENCES, evaluate_every_steps=1, dropout=0.1)
    plan = Plan(model, training, ComputerPlan(threads=threads, dtype=dtype), ExpectedPlan())
    tokens = np.minimum(np.random.default_rng(0).zipf(ZIPF, TOKENS), VOCABULARY - 1).astype(np.uint16)
    data = PackedDocuments(tokens, np.array([0, TOKENS], dtype=np.int64), np.array([0]), model.context, 0)
    ends: list[float] = []
    with company(workers, plan, Say(io.StringIO())) as together:
        computer = together.own_computer(plan.computer)
        torch.set_num_threads(computer.threads)
        machine.compute_reproducibly()
        state = TrainingState(*machine.build(model, training, computer))
        together.begin(state)

        def after_step(_: TrainingState) -> bool:
            ends.append(time.perf_counter())
            return together.decide(False)

        train(state, together.shared(data), training, watch=lambda _: 1.0, after_step=after_step, workers=together)
    seconds = np.diff(ends)[WARM_UP_STEPS - 1 :].tolist()
    return Turn(seconds, [row["training_nats_per_token"] for row in state.progress.history])


def main() -> None:
    """Time all ways in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20, help="of each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    arguments = parser.parse_args()
    prepare_threads()
    ways = {"1 process, 1 thread": (1, 1), "1 process, 2 threads": (1, 2), "2 processes, 1 thread each": (2, 1)}
    turns: dict[str, list[Turn]] = {name: [] for name in ways}
    for _ in range(arguments.turns):
        for name, (workers, threads) in ways.items():
            turns[name].append(one_turn(workers, threads, arguments.dtype, arguments.steps))
    tokens = 16 * 256
    reference = turns["1 process, 1 thread"][0].losses
    print(f"{'way':28}{'tokens/s':>10}{'of 1 thread':>13}{'largest relative difference of a loss':>39}")
    base = 0.0
    for name, every in turns.items():
        speed = tokens / statistics.median(second for turn in every for second in turn.step_s)
        base = base or speed
        apart = max(abs(a / b - 1) for turn in every for a, b in zip(turn.losses, reference, strict=True))
        print(f"{name:28}{speed:10,.0f}{speed / base:12.2f}x{apart:39.1e}")


if __name__ == "__main__":
    main()
