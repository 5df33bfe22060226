"""The tiny models that the tests of the server share, and a server on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.serve.running import CHATML, Running, make_gguf, running

from mbegu.serve.engine import Engine
from mbegu.serve.settings import ServeSettings

SETTINGS = ServeSettings(port=0, threads=1, slots=2, waiting=3, waiting_per_client=3, header_s=2.0, body_s=1.0, write_s=2.0, stop_s=10.0)


@pytest.fixture(scope="session")
def chat_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gguf(tmp_path_factory.mktemp("chat"), CHATML, never_ends=True)


@pytest.fixture(scope="session")
def chat_engine(chat_gguf: Path) -> Iterator[Engine]:
    engine = Engine(chat_gguf, SETTINGS)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def plain_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(make_gguf(tmp_path_factory.mktemp("plain")), SETTINGS)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def slow_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A model that needs some milliseconds for a token and does not end by itself."""
    engine = Engine(make_gguf(tmp_path_factory.mktemp("slow"), context=2048, never_ends=True, layers=8, inner=1024), replace(SETTINGS, context=2048))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def server(chat_engine: Engine) -> Iterator[Running]:
    with running(chat_engine, SETTINGS) as made:
        yield made


@pytest.fixture(scope="module")
def plain_server(plain_engine: Engine) -> Iterator[Running]:
    with running(plain_engine, SETTINGS) as made:
        yield made
