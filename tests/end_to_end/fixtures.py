"""The small project and the command line, for every test here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.project import CommandLine, copy_grown, remove_template


@pytest.fixture(scope="session", autouse=True)
def no_template_left() -> Iterator[None]:
    """Remove the project that was grown for all tests."""
    yield
    remove_template()


@pytest.fixture
def mbegu(capfd: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line, in this process."""
    return CommandLine(capfd)


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    """A grown project of this test's own."""
    return copy_grown(tmp_path / "tiny")
