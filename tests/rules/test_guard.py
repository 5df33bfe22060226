"""The guard of ``conftest.py``: tests cannot reach beyond this computer and do not see the home of whoever runs them."""

from __future__ import annotations

import os
import socket
import urllib.request
from pathlib import Path

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0), ("example.org", 443)])
def test_a_connection_elsewhere_is_blocked(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as blocked, pytest.raises(RuntimeError, match="tests stay on this computer"):
        blocked.connect(address)
    with socket.socket(family) as blocked, pytest.raises(RuntimeError, match="tests stay on this computer"):
        blocked.connect_ex(address)


def test_names_are_not_looked_up_and_libraries_cannot_hide_it() -> None:
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 80)
    with pytest.raises(RuntimeError, match=r"example\.org"):
        urllib.request.urlopen("https://example.org", timeout=1)


def test_this_computer_may_be_reached() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


def test_the_home_is_empty_and_there_is_no_proxy(own_home: Path) -> None:
    assert Path.home() == own_home
    assert list(own_home.iterdir()) == []
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]
    assert os.environ["OMP_NUM_THREADS"] == "1"
