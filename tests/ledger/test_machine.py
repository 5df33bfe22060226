import getpass
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from mbegu.ledger import machine


def test_describes_this_computer_without_naming_whose_it_is():
    found = machine.describe_machine()
    text = json.dumps(found.as_json())
    assert found.logical_cores >= 1 and found.usable_cores > 0 and found.memory_bytes > 1 << 28
    for secret in (platform.node(), str(Path.home())):
        assert not secret or len(secret) < 4 or secret not in text
    assert not len(getpass.getuser()) > 4 or getpass.getuser() not in text


def test_does_not_import_torch():
    code = "import sys; from mbegu.ledger.machine import describe_machine; describe_machine(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reads_the_old_form_of_the_memory_limit(tmp_path):
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("4294967296")
    assert machine.cgroup_memory_limit(tmp_path) == 4 << 30


def test_a_huge_memory_limit_is_none(tmp_path):
    (tmp_path / "memory.max").write_text("9223372036854771712")
    assert machine.cgroup_memory_limit(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AMD EPYC 7B13", "server"),
        ("Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz", "server"),
        ("Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz", "laptop"),
        ("Intel(R) Core(TM) i5-3320M CPU @ 2.60GHz", "laptop"),
        ("Apple M2", "laptop"),
        ("AMD Ryzen 5 5600X 6-Core Processor", "desktop"),
        ("Intel(R) Core(TM) i5-4570 CPU @ 3.20GHz", "desktop"),
        ("ARMv7 Processor rev 3", "unknown"),
        ("Raspberry Pi 4 Model B Rev 1.2", "board"),
        ("Radxa ROCK 5B", "board"),
    ],
)
def test_guesses_the_kind_from_the_name(monkeypatch, name, kind):
    monkeypatch.setattr(machine, "_has_battery", lambda: False)
    assert machine._kind(name) == kind


def test_a_battery_means_laptop(monkeypatch):
    monkeypatch.setattr(machine, "_has_battery", lambda: True)
    assert machine._kind("something new") == "laptop"
