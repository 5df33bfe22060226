"""How many processor cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")  # version 2: "quota period" in microseconds, or "max period"


def usable_cores(limit_file: Path = CGROUP_LIMIT) -> int:
    """Return the physical cores that this process may use, at least 1: no more than its affinity and its container allow.

    Args:
        limit_file: where Linux tells the container's limit.
    """
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or allowed
    return max(1, min(physical, allowed, _container_cores(limit_file) or allowed))


def _container_cores(limit_file: Path) -> int | None:
    try:
        quota, period = limit_file.read_text(encoding="ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None
