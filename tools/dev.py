"""Sets everything up and goes: ``python tools/dev.py demo`` or ``python tools/dev.py test``. Needs only Python.

Makes the virtual environment .venv, installs the pinned versions of constraints.txt (torch without CUDA where there is no NVIDIA
card), then runs the demo, or linter, formatter, type checker, import contract and tests. The same on Linux, macOS and Windows.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PROGRAMS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
INSTALLED = ENVIRONMENT / "installed.txt"
OLDEST, NEWEST = (3, 10), (3, 13)
CONSTRAINTS = ROOT / "constraints.txt"
CUDA_PREFIXES = ("nvidia-", "cuda-", "triton")

CHECKS = (
    ("linter", ["ruff", "check", "src", "tests", "bench", "tools"]),
    ("formatter", ["ruff", "format", "--check", "src", "tests", "bench", "tools"]),
    ("type checker", ["mypy"]),
    ("import contract", ["lint-imports"]),
)


def main(arguments: list[str]) -> int:
    """Run one task: demo, test, check or install. Returns the exit code."""
    task = arguments[0] if arguments else ""
    if task not in ("demo", "test", "check", "install"):
        print("usage: python tools/dev.py demo|test|check|install", file=sys.stderr)
        return 2
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print(f"Mbegu needs Python 3.10 to 3.13; this is {sys.version.split()[0]}. Install one of these and run it with that.", file=sys.stderr)
        return 2
    install("train" if task == "demo" else "train,serve,identify,dev")
    if task == "demo":
        return run([str(PYTHON), "-m", "mbegu", "demo", *arguments[1:]])
    failed = [] if task in ("install",) else check()
    if task == "test":
        code = run([str(PYTHON), "-m", "pytest", *arguments[1:]])
        return code or (1 if failed else 0)
    return 1 if failed else 0


def check() -> list[str]:
    """Run the linter, the formatter, the type checker and the import contract; return the names of those that failed."""
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        if run([str(PROGRAMS / command[0]), *command[1:]]) != 0:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return failed


def install(extras: str) -> None:
    """Make .venv and install Mbegu with ``extras``, unless that is done already with the same pins."""
    if _is_installed(extras):
        return
    if not PYTHON.exists() or subprocess.run([*_pip(), "--version"], capture_output=True, check=False).returncode != 0:
        _make_environment()
    print("== installing; this needs the internet once", flush=True)
    _install_torch()
    _must([*_pip(), "install", "-c", str(CONSTRAINTS), "-e", f"{ROOT}[{extras}]"])
    INSTALLED.write_text(f"{_pins()} {extras}\n", encoding="utf-8")


def _make_environment() -> None:
    print(f"== making {ENVIRONMENT}", flush=True)
    try:
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"The virtual environment cannot be made: {error}", file=sys.stderr)
        print("On Debian and Ubuntu first: sudo apt install python3-venv. Else check the free disk space and the rights here.", file=sys.stderr)
        sys.exit(1)


def _is_installed(extras: str) -> bool:
    if not (INSTALLED.exists() and PYTHON.exists()):
        return False
    pins, _, had = INSTALLED.read_text(encoding="utf-8").strip().partition(" ")
    return pins == _pins() and set(extras.split(",")) <= set(had.split(","))


def _pins() -> str:
    return hashlib.sha256(CONSTRAINTS.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()


def _install_torch() -> None:
    """Install torch first and alone, so that nothing else can ask for another build of it.

    The build for Linux that pip finds may bring several GB of CUDA. Where there is no NVIDIA card, pip is asked first what it
    would install; if CUDA is among it, uv fetches the build for processors instead.
    """
    wanted = next(line.strip() for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines() if line.startswith("torch=="))
    installed = subprocess.run([str(PYTHON), "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True, check=False).stdout
    if installed.strip().partition("+")[0] == wanted.removeprefix("torch=="):
        return
    if has_nvidia_card() or not _would_bring_cuda(wanted):
        _must([*_pip(), "install", "-c", str(CONSTRAINTS), wanted])
        return
    print("== no NVIDIA card: the build of torch for processors", flush=True)
    _must([*_pip(), "install", "-c", str(CONSTRAINTS), "uv"])
    _must([str(PYTHON), "-m", "uv", "pip", "install", "--python", str(PYTHON), "--torch-backend", "cpu", wanted])


def has_nvidia_card() -> bool:
    """Return whether an NVIDIA driver answers on this computer."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def _would_bring_cuda(wanted: str) -> bool:
    report = subprocess.run(
        [*_pip(), "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", "-c", str(CONSTRAINTS), wanted],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if report.returncode != 0:  # an old pip that cannot say: better the build for processors
        return sys.platform == "linux"
    names = [item["metadata"]["name"].lower() for item in json.loads(report.stdout)["install"]]
    return any(name.startswith(CUDA_PREFIXES) for name in names)


def _pip() -> list[str]:
    return [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]


def run(command: list[str]) -> int:
    """Run a command in the project's folder and return its exit code."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _must(command: list[str]) -> None:
    if run(command) != 0:
        print("The installation stopped. Look at the last lines above; with the internet back, the same command goes on.", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
