"""What the tests of the ledger share: a project's settings, a computer, and a ledger with three closed runs."""

from pathlib import Path

import pytest

from mbegu.core.steps import ProjectSettings
from mbegu.ledger.machine import Machine
from mbegu.ledger.record import RunRecord
from mbegu.ledger.store import Ledger


@pytest.fixture
def project() -> ProjectSettings:
    return ProjectSettings(language="yor_Latn")


@pytest.fixture
def laptop() -> Machine:
    return Machine("Intel(R) Core(TM) i5-3320M", "laptop", 2, 4, 4.0, 8 << 30, 4 << 30, None, "Linux", "x86_64", "3.11.0", False, False, False, "")


@pytest.fixture
def begin(tmp_path: Path, project: ProjectSettings, laptop: Machine):
    """Begin a run in the test's ledger."""

    def begin_run(step: str = "corpus", key: str = "k1"):
        return Ledger(tmp_path / "ledger").begin(
            step=step, version=1, key=key, settings={"text": "ẹ̀kọ́ ትምህርት ߞߊߙߊ߲"}, inputs={}, project=project, machine=laptop
        )

    return begin_run


@pytest.fixture
def three_runs(begin) -> list[RunRecord]:
    return [begin(step, key).finish("done", outputs_sha256="ab" * 32) for step, key in (("corpus", "k1"), ("tokenizer", "k2"), ("train", "k3"))]
