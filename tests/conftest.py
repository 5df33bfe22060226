"""What holds for every test: one thread, no connection beyond this computer, a home folder of its own.

The environment is set before anything imports torch or a tokenizer, because they read it only once.
"""

from __future__ import annotations

import ipaddress
import os
import platform
import socket
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.end_to_end.fixtures"]

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYTHONIOENCODING": "utf-8",
}
os.environ.update(ENVIRONMENT)

PROXY_VARIABLES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
HOME_VARIABLES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HF_HOME")
SHOWN_PACKAGES = ("torch", "tokenizers", "transformers", "safetensors", "gguf", "xllamacpp", "pyarrow", "numpy", "click")


class ConnectionBlockedError(RuntimeError):
    """A test tried to reach beyond this computer; not an OSError, so that no retry or fallback swallows it."""


def is_local(address: Any) -> bool:
    """Whether a socket address is on this computer: loopback or a Unix socket."""
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every look-up of a name that is not on this computer."""

    def guard(owner: Any, name: str, address_of: Any) -> None:
        original = getattr(owner, name)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            address = address_of(args, kwargs)
            if not is_local(address):
                raise ConnectionBlockedError(f"a test tried to reach {address!r}: tests stay on this computer")
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, guarded)

    guard(socket.socket, "connect", lambda args, kwargs: args[1])
    guard(socket.socket, "connect_ex", lambda args, kwargs: args[1])
    guard(socket.socket, "sendto", lambda args, kwargs: args[-1])
    guard(socket, "getaddrinfo", lambda args, kwargs: (args[0] if args else kwargs["host"],))
    guard(socket, "gethostbyname", lambda args, kwargs: (args[0],))


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the test an empty home folder and no proxy."""
    home = tmp_path_factory.mktemp("home", numbered=True)
    for name in HOME_VARIABLES:
        monkeypatch.setenv(name, str(home))
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return home


def pytest_report_header() -> str:
    """Name the versions that the results hold for."""
    versions = []
    for name in SHOWN_PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{name} not installed")
    return f"{platform.system()} {platform.machine()}, {', '.join(versions)}"
