"""What this process has spent, each second of it counted by one run: starting the program, and what lies between two runs, go to the next run."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

# A process that waits (for its hours, for power, for a person) uses next to no processor. Of the time that no run counted, no more than this
# many times its processor seconds is taken for work.
MOST_SECONDS_PER_CPU_SECOND = 10.0
_STAT = Path("/proc/self/stat")
_START_TIME = 19  # where the start of the process stands among the fields behind its name, of proc(5)


@dataclass(frozen=True)
class Spent:
    """Wall time, and processor seconds of all threads and ended children."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


class Uncounted:
    """What this process has spent since it began and no run has counted. A run takes it when it begins, and then counts by itself."""

    def __init__(self) -> None:
        self._counted: Spent | None = Spent()  # since the process began; None while a run counts by itself

    def take(self) -> Spent:
        """Return what no run has counted; from now on the run that asks does."""
        if self._counted is None:
            return Spent()
        now, counted = spent_so_far(), self._counted
        self._counted = None
        cpu_s = max(now.cpu_seconds - counted.cpu_seconds, 0.0)
        return Spent(min(max(now.seconds - counted.seconds, 0.0), cpu_s * MOST_SECONDS_PER_CPU_SECOND), cpu_s)

    def leave(self) -> None:
        """Say that the run has ended: what comes is counted by the next one."""
        self._counted = spent_so_far()


UNCOUNTED = Uncounted()


def spent_so_far() -> Spent:
    """Return what this process has spent since it began."""
    return Spent(_seconds_since_start(), cpu_seconds())


def cpu_seconds() -> float:
    """Return the processor seconds of this process, all its threads and its ended children (children not on Windows)."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _seconds_since_start() -> float:
    if sys.platform == "linux":  # psutil knows it to the second only
        with contextlib.suppress(OSError, ValueError, IndexError):
            ticks = int(_STAT.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[_START_TIME])
            return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - float(psutil.Process().create_time())
