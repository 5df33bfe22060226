"""How long a checkpoint takes to write and to read, and how much memory it needs on top of the tensors themselves.

Usage: python bench/checkpoint_speed.py [--rounds 7]

The tensors are those of a training of 12.5 M parameters: weights, best weights, optimiser. Writing and reading are timed with the page
cache warm; the most memory is that of one fresh process each.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

from mbegu.core.report import Say
from mbegu.train import computer as machine
from mbegu.train.checkpoint import load_checkpoint, save_checkpoint
from mbegu.train.loop import TrainingState
from mbegu.train.planfile import ComputerPlan, ModelPlan, TrainingPlan

MODEL = ModelPlan(vocabulary_size=8192, hidden_size=320, layers=8, heads=5, kv_heads=5, head_size=64, inner_size=896, context=256)
KIB_IN_MB = 1000 / 1.024  # ru_maxrss counts KiB on Linux


def full_state() -> TrainingState:
    """Return a state as it is after the first look: with best weights."""
    training = TrainingPlan(steps=1, sequences_per_step=1, sequences_at_once=1)
    state = TrainingState(*machine.build(MODEL, training, ComputerPlan(threads=1)))
    state.best = {name: parameter.detach().clone() for name, parameter in state.model.named_parameters()}
    return state


def peak_of(work: str, folder: Path) -> float:
    """Return by how many MB the peak memory of a fresh process grows while it writes or reads one checkpoint."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        state = full_state()
        tensors = state.tensors()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if work == "write":
            save_checkpoint(folder, tensors, state.progress)
        else:
            load_checkpoint(folder, Say(io.StringIO()))
        os.write(writing, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return int(os.read(reading, 100)) / KIB_IN_MB


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peaks = {work: peak_of(work, folder) for work in ("write", "read")}
        state = full_state()
        tensors = state.tensors()
        megabytes = sum(tensor.nbytes for tensor in tensors.values()) / 1e6
        print(f"{sum(p.numel() for p in state.model.parameters()) / 1e6:.1f} M parameters, {megabytes:.0f} MB of tensors")
        for work in ("write", "read"):
            times, processor = [], []
            for step in range(arguments.rounds):
                state.progress.step = step
                began_s, began_cpu_s = time.perf_counter(), time.process_time()
                if work == "write":
                    save_checkpoint(folder, tensors, state.progress)
                else:
                    assert load_checkpoint(folder, Say(io.StringIO()))
                times.append(time.perf_counter() - began_s)
                processor.append(time.process_time() - began_cpu_s)
            print(
                f"{work:5}: median {statistics.median(times):.3f} s ({min(times):.3f} to {max(times):.3f}), "
                f"processor time {statistics.median(processor):.3f} s; memory on top {peaks[work]:.0f} MB"
            )


if __name__ == "__main__":
    main()
