"""How memory is handled while a part is worked on: much of it is taken and given back again and again."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

LARGEST_HELD_BYTES = 32 << 20  # glibc holds back no larger piece: DEFAULT_MMAP_THRESHOLD_MAX, mallopt(3)

Task = TypeVar("Task")


def with_quiet_memory(function: Callable[[Task], dict[str, Any]], task: Task) -> dict[str, Any]:
    """Return what a function returns for a task, and let Python and the C library look after memory less often meanwhile.

    Python's collector of circles of objects is off: a part makes millions of objects and hardly a circle, and is over soon; on 20 MB the collector
    took 5 % of the time. And glibc, once a large piece was given back to it, holds pieces up to that size instead of asking the system for new
    pages each time.

    Args:
        function: works on a part.
        task: the part.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        np.empty(LARGEST_HELD_BYTES - 4096, dtype=np.uint8)  # given back at once, never touched
        return function(task)
    finally:
        if was_on:
            gc.enable()
