"""What every worker but the first does: it computes its part of each step until the first worker says that it is over."""

from __future__ import annotations

import math
import signal

import torch

from mbegu.train import computer as machine
from mbegu.train.launch import Seat
from mbegu.train.loop import TrainingState, train
from mbegu.train.workers import BlankBatches, joined


def train_as_other(seat: Seat) -> None:
    """Train beside the first worker; needs no project and writes nothing.

    Ctrl-C and the system's request to end reach the first worker as well: it saves, and then tells all others to stop.

    Args:
        seat: of this process, not the first.

    Raises:
        LostWorkerError: the first worker ended, or another one.
    """
    machine.prepare_process()
    with joined(seat) as (group, plan):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        computer = group.own_computer(plan.computer)
        torch.set_num_threads(computer.threads)
        machine.compute_reproducibly()
        state = TrainingState(*machine.build(plan.model, plan.training, computer))
        group.begin(state)
        data = group.shared(BlankBatches(plan.model.context))
        train(state, data, plan.training, watch=lambda _: math.inf, after_step=group.follow, workers=group)
