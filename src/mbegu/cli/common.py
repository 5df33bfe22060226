"""What several commands share: their usual options, the voice, and the handling of Ctrl-C."""

from __future__ import annotations

import contextlib
import functools
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar, cast

import click

from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Project

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class PowerOptions:
    """When to work, as typed; ``None`` where nothing was."""

    until: str | None = None
    hours: str | None = None
    battery_above: str | None = None


class _NamedPath(click.Path):
    """A path that was named: an empty word, such as a variable of the shell that is not set, would mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty: name a file or folder, or . for the current folder", param, ctx)
        return super().convert(value, param, ctx)


PATH = _NamedPath(path_type=Path)
SAME_WISH_S = 1.0  # torchrun hands on the Ctrl-C that the terminal has sent to every process already


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def budget_option(command: F) -> F:
    """Add ``--budget``."""
    return click.option("--budget", default="", help="What growing may cost: 30min, 4h, 2kWh. Default: the recipe's.")(command)


def quiet_option(command: F) -> F:
    """Add ``--quiet``."""
    return click.option("-q", "--quiet", is_flag=True, help="Say only warnings.")(command)


def workers_option(command: F) -> F:
    """Add ``--workers``."""
    text = "Processes that share the training, each with a core of its own."
    return click.option("--workers", type=click.IntRange(1, 1024), default=1, show_default=True, metavar="NUMBER", help=text)(command)


def folder_argument(command: F) -> F:
    """Add the argument DIR, the project folder, by default the current one."""
    return click.argument("folder", metavar="[DIR]", type=PATH, default=Path())(command)


def power_options(command: F) -> F:
    """Add ``--until``, ``--hours`` and ``--battery-above``; the command is handed them together as ``power``."""

    @functools.wraps(command)
    def gathered(*args: Any, until: str | None, hours: str | None, battery_above: str | None, **kwargs: Any) -> Any:
        return command(*args, power=PowerOptions(until, hours, battery_above), **kwargs)

    options = [
        click.option("--until", metavar="TIME", help='Work until this time, then save and stop: 17:30, or "2026-11-25 06:00".'),
        click.option("--hours", metavar="HOURS", help="Work only in these hours, wait outside them: 19:00-06:00. Default: the recipe's."),
        click.option("--battery-above", metavar="PERCENT", help="Without a charger, work only above this; 0: always. Default: the recipe's."),
    ]
    for option in reversed(options):
        gathered = option(gathered)
    return cast(F, gathered)


def project_at(folder: Path) -> Project:
    """Return the project in a folder. Raises ``SettingsError`` when there is none."""
    return Project(folder.resolve()).require()


def require_unicode(text: str, where: str) -> str:
    """Return what a person typed. Raises ``InputError`` when it was not UTF-8, so that Python could keep only its bytes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError("what was typed is not UTF-8", where, "set the terminal to UTF-8") from None
    return text


def prepare_threads() -> None:
    """Let waiting threads sleep instead of spinning; set before any numerical library loads.

    Measured in turn on two cores with a small model: 1.3 times faster beside other work, 1.4 times slower alone (bench/LOG.md).
    Our users share their computers; set OMP_WAIT_POLICY=ACTIVE for one that nobody else uses.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it products on NVIDIA cards differ from run to run
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")


@contextlib.contextmanager
def stoppable(say: Say) -> Iterator[None]:
    """Hand Ctrl-C and the system's request to end to a step that can save first; a second Ctrl-C stops at once."""
    heard_s = -math.inf

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal heard_s
        if say.defers_stop and say.stop_requested and time.monotonic() - heard_s < SAME_WISH_S:
            return
        if say.defers_stop and not say.stop_requested:
            say.stop_requested, heard_s = True, time.monotonic()
            say.warn("stopping after this step; press Ctrl-C again to stop at once")
        else:
            raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
