"""A model of Yoruba and Swahili from the built-in texts, and of Amharic, N'Ko, Arabic and Khmer from a few words, taught once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.corpus.material import story

from mbegu import samples
from mbegu.corpus.identify.identifier import Identifier
from mbegu.corpus.identify.model_file import Model, TaughtFrom
from mbegu.corpus.identify.teaching import teach

SAMPLES = {"yor": "yor_Latn", "swh": "swh_Latn"}


def sample_lines(code: str, is_test: bool) -> list[str]:
    """Return the lines of every fifth built-in text, or of the others."""
    paths = sorted((Path(samples.__file__).parent / "text" / SAMPLES[code]).glob("*.txt"))
    chosen = [path for number, path in enumerate(paths) if (number % 5 == 0) is is_test]
    return [line for path in chosen for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def from_lines(lines: list[str], name: str = "own.txt") -> TaughtFrom:
    return TaughtFrom(name, f"hash of {name}", len(lines), sum(map(len, lines)))


@pytest.fixture(scope="session")
def taught() -> Model:
    model = Model()
    for code in SAMPLES:
        lines = sample_lines(code, is_test=False)
        teach(model, code, lines, from_lines(lines, f"{code}.txt"))
    for code in ("amh", "nqo", "ara", "khm"):
        lines = [line for number in range(5) for line in story(number, code).splitlines()]
        teach(model, code, lines, from_lines(lines, f"{code}.txt"))
    return model


@pytest.fixture(scope="session")
def identifier(taught: Model) -> Identifier:
    return Identifier(taught, with_library=False)
