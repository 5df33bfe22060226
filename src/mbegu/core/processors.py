"""How many processor cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")  # where Linux tells the container's limits


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Return the physical cores that this process may use, at least 1: no more than its affinity and its container allow.

    Args:
        cgroup: as for ``container_cores``.
    """
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or allowed
    return max(1, min(physical, allowed, int(container_cores(cgroup) or allowed)))


def container_cores(cgroup: Path = CGROUP) -> float | None:
    """Return how many cores a container may use (2.0 is two full cores), ``None`` when there is no limit to be read.

    Args:
        cgroup: folder with the limits of this process: ``cpu.max`` of version 2, or those of version 1, in microseconds.
    """
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if not quota:
        quota, period = _read(cgroup / "cpu" / "cpu.cfs_quota_us"), _read(cgroup / "cpu" / "cpu.cfs_period_us")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
