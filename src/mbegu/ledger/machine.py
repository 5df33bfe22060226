"""What kind of computer a step ran on, without anything that tells whose computer it is.

Labels are published: no host name, no user name, no serial number and no address is read here.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from mbegu.core.processors import CGROUP, container_cores

CPUINFO = Path("/proc/cpuinfo")
# Above this a cgroup memory limit means "none" (version 1 writes a huge number).
UNLIMITED_BYTES = 1 << 60
_VECTOR_FLAGS = {"avx2": "avx2", "avx512": "avx512f", "bf16": "avx512_bf16"}
_SERVER = re.compile(r"\b(epyc|xeon|opteron|graviton|ampere|neoverse|thunderx|altra|power\d+)\b", re.IGNORECASE)
_LAPTOP = re.compile(r"\b(mobile|\w*\d{3,5}(u|y|h|m|hq|hk|hs|hx|mq|g\d)|apple m\d.*)\b", re.IGNORECASE)
_BOARD = re.compile(r"\b(raspberry|radxa|rock|orange pi|odroid|beagle|pine64|rockchip|rk3\d+\w*|bcm2\d+|allwinner|amlogic|jetson)", re.IGNORECASE)
_DESKTOP = re.compile(r"\b(core\(tm\)|ryzen|pentium|celeron|athlon|fx\(tm\))", re.IGNORECASE)


@dataclass(frozen=True)
class Machine:
    """A computer as a run saw it. ``None`` is "could not be read"; ``kind`` is laptop, desktop, server, board or unknown."""

    processor: str
    kind: str
    physical_cores: int | None
    logical_cores: int
    usable_cores: float
    memory_bytes: int
    available_bytes: int
    memory_limit_bytes: int | None
    system: str
    architecture: str
    python: str
    avx2: bool | None
    avx512: bool | None
    bf16: bool | None
    gpu: str

    def as_json(self) -> dict[str, Any]:
        """Return all fields as plain JSON values."""
        return asdict(self)

    def text(self) -> str:
        """Return one line for people: processor, cores, memory, system."""
        parts = [self.processor or "unknown processor", f"{self.usable_cores:g} of {self.logical_cores} threads"]
        parts.append(f"{self.memory_bytes / 1e9:.1f} GB memory")
        return ", ".join([*parts, *([self.gpu] if self.gpu else []), self.system])


def describe_machine() -> Machine:
    """Describe this computer from ``psutil`` and the standard library; takes a few milliseconds and never fails on a missing part."""
    name = _processor_name()
    flags = _processor_flags()
    memory = psutil.virtual_memory()
    logical = psutil.cpu_count() or 1
    return Machine(
        processor=name,
        kind=_kind(name),
        physical_cores=psutil.cpu_count(logical=False),
        logical_cores=logical,
        usable_cores=_usable_cores(logical),
        memory_bytes=memory.total,
        available_bytes=memory.available,
        memory_limit_bytes=cgroup_memory_limit(),
        system=f"{platform.system()} {platform.release()}" if sys.platform != "linux" else "Linux",
        architecture=platform.machine(),
        python=platform.python_version(),
        avx2=_has(flags, "avx2"),
        avx512=_has(flags, "avx512"),
        bf16=_has(flags, "bf16"),
        gpu=_gpu_name(),
    )


def cgroup_memory_limit(cgroup: Path = CGROUP) -> int | None:
    """Return how many bytes of memory a container may use, ``None`` when there is no limit to be read."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        text = _read(cgroup / name)
        if text.isdigit() and int(text) < UNLIMITED_BYTES:
            return int(text)
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _usable_cores(logical: int) -> float:
    """Return the cores that this process may use, after affinity and container limits."""
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else logical
    return min(float(allowed), container_cores() or float("inf"))


def _processor_name() -> str:
    if sys.platform == "linux":
        match = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", _read(CPUINFO), re.MULTILINE)
        return " ".join(match[1].split()) if match else platform.machine()
    if sys.platform == "darwin":
        return _sysctl("machdep.cpu.brand_string") or platform.machine()
    return _registry_name() or platform.processor() or platform.machine()


def _processor_flags() -> frozenset[str] | None:
    """Return the names of the processor's features in Linux spelling, ``None`` where the system does not tell."""
    if sys.platform == "linux":
        match = re.search(r"^flags\s*:\s*(.+)$", _read(CPUINFO), re.MULTILINE)
        return frozenset(match[1].split()) if match else None
    if sys.platform == "darwin":
        text = _sysctl("machdep.cpu.leaf7_features").lower()
        return frozenset(text.split()) if text else None
    return None


def _has(flags: frozenset[str] | None, feature: str) -> bool | None:
    return None if flags is None else _VECTOR_FLAGS[feature] in flags


def _sysctl(name: str) -> str:
    try:
        found = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, encoding="utf-8", errors="replace", timeout=5, check=False)
        return found.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _registry_name() -> str:
    if sys.platform != "win32":
        return ""
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
            return " ".join(str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).split())
    except OSError:
        return ""


def _kind(name: str) -> str:
    """Guess the class of the computer: a battery means laptop, else the processor's name decides."""
    if _SERVER.search(name):
        return "server"
    if _has_battery() or _LAPTOP.search(name):
        return "laptop"
    if _BOARD.search(name):
        return "board"
    return "desktop" if _DESKTOP.search(name) else "unknown"


def _has_battery() -> bool:
    try:
        return getattr(psutil, "sensors_battery", lambda: None)() is not None
    except (OSError, RuntimeError, NotImplementedError):
        return False


def _gpu_name() -> str:
    """Return the GPU's name when torch, already imported by a step, says there is one; never imports torch."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "cuda"):
        return ""
    try:
        return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else ""
    except (RuntimeError, AssertionError):
        return ""
