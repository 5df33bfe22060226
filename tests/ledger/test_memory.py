import subprocess
import sys

import pytest

from mbegu.ledger.memory import peak_memory_bytes


def test_peak_is_at_least_what_was_held():
    block = bytearray(40_000_000)
    assert peak_memory_bytes() > len(block)


FORGET = """
from mbegu.ledger.memory import forget_peak, peak_memory_bytes
block = bytearray(80_000_000)
block[::4096] = b"x" * len(block[::4096])
before = peak_memory_bytes()
del block
forget_peak()
assert peak_memory_bytes() < before - 40_000_000, (before, peak_memory_bytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can begin a new peak")
def test_a_new_peak_forgets_the_old_one():
    # In a process of its own: after the tests of training, this one keeps freed memory.
    subprocess.run([sys.executable, "-c", FORGET], check=True)
