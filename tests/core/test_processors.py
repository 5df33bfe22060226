import os
import sys
from pathlib import Path

import pytest

from mbegu.core.processors import container_cores, usable_cores


def test_cores_are_at_least_one_and_no_more_than_allowed() -> None:
    cores = usable_cores()
    assert cores >= 1
    if sys.platform == "linux":
        assert cores <= len(os.sched_getaffinity(0))


OLD = ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": ""}, None),
        ({"cpu.max": "ẹ̀kọ́"}, None),
        ({}, None),
        ({OLD[0]: "200000\n", OLD[1]: "100000\n"}, 2.0),
        ({OLD[0]: "-1\n", OLD[1]: "100000\n"}, None),
        ({OLD[0]: "200000\n", OLD[1]: "0\n"}, None),
    ],
)
def test_a_container_may_allow_fewer(tmp_path: Path, files: dict[str, str], cores: float | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert container_cores(tmp_path) == cores
    assert 1 <= usable_cores(tmp_path) <= max(1, cores or 10**6)
