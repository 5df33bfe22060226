"""The lock of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from mbegu.core.errors import BusyError
from mbegu.core.lock import hold_folder


def test_a_folder_is_held_by_one_and_let_go_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold_folder(tmp_path):
        with pytest.raises(BusyError, match=r"another `mbegu` is at work in this folder .*Wait until it is done"), hold_folder(tmp_path):
            pass
        raise ZeroDivisionError
    with hold_folder(tmp_path):
        pass
