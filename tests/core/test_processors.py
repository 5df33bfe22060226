import os
import sys
from pathlib import Path

import pytest

from mbegu.core.processors import usable_cores


def test_cores_are_at_least_one_and_no_more_than_allowed() -> None:
    cores = usable_cores()
    assert cores >= 1
    if sys.platform == "linux":
        assert cores <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize(("limit", "most"), [("100000 100000", 1), ("50000 100000", 1), ("max 100000", 10**6), ("", 10**6)])
def test_a_container_may_allow_fewer(tmp_path: Path, limit: str, most: int) -> None:
    (tmp_path / "cpu.max").write_text(limit, encoding="ascii")
    assert 1 <= usable_cores(tmp_path / "cpu.max") <= most
