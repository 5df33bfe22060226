"""A project that is grown once a test session and copied for each test, and the command line as a function."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.kill_test import environment, small_project

from mbegu.cli.main import run

# Stands first on the path of a process: hides libraries as if they were not installed, or refuses every socket but Unix's own.
BLOCKER = """
import importlib.machinery, os, socket

hidden = set(os.environ.get("TEST_HIDDEN_MODULES", "").split())
find = importlib.machinery.PathFinder.find_spec
importlib.machinery.PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None: None if name.partition(".")[0] in hidden else find(name, path, target)
)
if os.environ.get("TEST_NO_SOCKETS"):
    class Refused(socket.socket):
        def __init__(self, family=-1, *args, **kwargs):
            if family != getattr(socket, "AF_UNIX", None):
                raise RuntimeError("a socket was asked for: sockets are refused in this test")
            super().__init__(family, *args, **kwargs)
    socket.socket = Refused
"""


@dataclass(frozen=True)
class Said:
    """What a command said: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs commands in this process and keeps what they say."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self.capture = capture

    def __call__(self, *arguments: object) -> Said:
        self.capture.readouterr()
        code = run([str(each) for each in arguments])
        said = self.capture.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    def fails(self, code: int, *arguments: object) -> str:
        """Run a command that must fail; return its one line."""
        said = self(*arguments)
        assert said.code == code, said
        return last_line(said.err)


def last_line(err: str) -> str:
    """Return the one line of an error, which is the last thing said."""
    line = err.rstrip("\n").rsplit("\n", 1)[-1]
    assert line.startswith("mbegu: "), err
    assert line.endswith((".", "!", "?")), line
    return line


@functools.cache
def _grown_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mbegu-test-")) / "tiny"
    small_project(folder)
    assert run(["grow", str(folder), "--quiet"]) == 0
    return folder


def copy_grown(target: Path) -> Path:
    """Copy the project that was grown once."""
    shutil.copytree(_grown_template(), target)
    return target


def remove_template() -> None:
    """Remove the project that was grown once, where a test asked for one."""
    if _grown_template.cache_info().currsize:
        shutil.rmtree(_grown_template().parent)
        _grown_template.cache_clear()


def mbegu_process(
    *arguments: object, extra: Mapping[str, str] | None = None, given: str = "", cwd: Path | None = None, timeout_s: float = 100.0
) -> Said:
    """Run ``python -m mbegu`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "mbegu", *map(str, arguments)],
        env={**environment(), **(extra or {})},
        input=given,
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def blocking(folder: Path, *, modules: str = "", sockets: bool = False) -> dict[str, str]:
    """Return environment variables for a process without these libraries, or without sockets.

    Args:
        folder: where the module that does it is put.
        modules: names of libraries, apart by blanks.
        sockets: whether to refuse sockets.
    """
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(BLOCKER, encoding="utf-8")
    path = os.pathsep.join([str(folder), environment()["PYTHONPATH"]])
    return {"PYTHONPATH": path, "TEST_HIDDEN_MODULES": modules, "TEST_NO_SOCKETS": "1" if sockets else ""}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
