"""Who does the parts: this process, several processes of this computer, or Ray. The order of the results is that of the tasks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, TypeVar

from mbegu.core.errors import MissingDependencyError, ResourceError
from mbegu.corpus.clean.memory import with_quiet_memory

Task = TypeVar("Task")
Facts = dict[str, Any]
ENGINES = ("local", "ray")
AHEAD = 4  # tasks a worker has waiting at Ray


def run_tasks(function: Callable[[Task], Facts], tasks: Sequence[Task], engine: str, workers: int) -> Iterator[Facts]:
    """Yield what ``function`` returns for each task, in order.

    Args:
        function: a function of a module, which other processes can import.
        tasks: what to hand it.
        engine: ``local`` or ``ray``.
        workers: processes at a time; 1 runs everything in this one when the engine is local.

    Raises:
        MissingDependencyError: Ray is not installed.
        ResourceError: a process ended by force, most often for want of memory.
    """
    quiet = partial(with_quiet_memory, function)
    if engine == "ray":
        return _with_ray(quiet, tasks, workers)
    if workers == 1 or len(tasks) < 2:
        return map(quiet, tasks)
    return _with_processes(quiet, tasks, workers)


def _with_processes(function: Callable[[Task], Facts], tasks: Sequence[Task], workers: int) -> Iterator[Facts]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Spawned, not forked: it is the same on every system, and safe beside threads of other libraries.
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(function, tasks)
        except BrokenProcessPool as error:
            raise ResourceError(
                "a process that worked on a part was ended by force, most often for want of memory", fix="run the same command again with --workers 1"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _done(function: Callable[[Task], Facts], task: Task) -> Facts:
    """Do one task; by its name Ray sends it to its processes."""
    return function(task)


def _with_ray(function: Callable[[Task], Facts], tasks: Sequence[Task], workers: int) -> Iterator[Facts]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingDependencyError("--engine ray needs 'ray', which is not installed", fix="install it: pip install 'mbegu[ray]'") from error
    started = not ray.is_initialized()
    if started:
        address = os.environ.get("RAY_ADDRESS")
        if address:
            ray.init(address=address, log_to_driver=False)
        else:
            ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    try:
        remote: Any = ray.remote(_done)
        waiting: deque[Any] = deque()
        for task in tasks:
            waiting.append(remote.remote(function, task))
            if len(waiting) >= AHEAD * workers:
                yield ray.get(waiting.popleft())
        while waiting:
            yield ray.get(waiting.popleft())
    finally:
        if started:
            ray.shutdown()
