"""A wish to stop is handed to a step that can save; a second one stops at once."""

from __future__ import annotations

import io
import signal

import pytest

from mbegu.cli import common
from mbegu.cli.common import stoppable
from mbegu.core.report import Say


def test_a_second_ctrl_c_stops_at_once_but_an_echo_of_the_first_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    say = Say(io.StringIO())
    clock = [100.0]
    monkeypatch.setattr(common.time, "monotonic", lambda: clock[0])
    with stoppable(say):
        say.defers_stop = True
        signal.raise_signal(signal.SIGINT)
        assert say.stop_requested
        clock[0] += 0.3  # as torchrun hands it on
        signal.raise_signal(signal.SIGINT)
        clock[0] += 1.0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert say.stream.getvalue().count("stopping after this step") == 1  # type: ignore[attr-defined]


def test_a_step_that_does_not_save_stops_at_once() -> None:
    with stoppable(Say(io.StringIO())), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
