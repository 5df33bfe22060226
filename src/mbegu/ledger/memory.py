"""The largest amount of memory that a run held."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from pathlib import Path

import psutil

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
# Of proc(5): writing this to clear_refs sets the peak back to what is held now.
_FORGET_PEAK = b"5"


def forget_peak() -> None:
    """Begin a new peak. Only Linux can; elsewhere the peak is the one since the program began."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(_CLEAR, os.O_WRONLY)
        try:
            os.write(descriptor, _FORGET_PEAK)
        finally:
            os.close(descriptor)


def peak_memory_bytes() -> int | None:
    """Return the most memory that this process has held, without its children; ``None`` where it cannot be read."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            match = re.search(r"^VmHWM:\s+(\d+) kB", _STATUS.read_text(encoding="ascii", errors="replace"), re.MULTILINE)
            return int(match[1]) * 1024 if match else None
        return None
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    # macOS counts bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
