"""Where a process stands among the workers of a training, and how the others on one computer are started. Loads nothing heavy."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MEETING_FILE = "MBEGU_MEETING_FILE"
LAUNCHED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # what torchrun sets
STARTED = (*LAUNCHED[:4], MEETING_FILE)
END_S = 30.0  # how long a worker may take to end when the training is over


@dataclass(frozen=True)
class Seat:
    """The place of a process among ``count`` workers, and among those of its own computer.

    ``meeting_file`` is where workers that Mbegu started find each other; it is empty under ``torchrun``, which has a way of its own.
    """

    rank: int
    count: int
    local_rank: int
    local_count: int
    meeting_file: str = ""


def own_seat(environment: Mapping[str, str] = os.environ) -> Seat | None:
    """Return the seat that this process was started for, ``None`` when it was started alone."""
    if not (all(map(environment.get, LAUNCHED)) or all(map(environment.get, STARTED))):
        return None
    rank, count, local_rank, local_count = (int(environment[name]) for name in LAUNCHED[:4])
    return Seat(rank, count, local_rank, local_count, environment.get(MEETING_FILE, "")) if count > 1 else None


@contextlib.contextmanager
def started_workers(count: int, meeting_file: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Have all workers but the first run in processes of their own while the block runs; none of them outlives it."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for rank in range(1, count):
            processes.append(_start(Seat(rank, count, rank, count, str(meeting_file))))
        yield processes
    except BaseException:
        for process in processes:
            process.kill()
        raise
    finally:
        for process in processes:
            _see_end(process)


def _start(seat: Seat) -> subprocess.Popen[bytes]:
    values = (seat.rank, seat.count, seat.local_rank, seat.local_count, seat.meeting_file)
    environment = {**os.environ, **dict(zip(STARTED, map(str, values), strict=True))}
    return subprocess.Popen([sys.executable, "-m", "mbegu", "train"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _see_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
