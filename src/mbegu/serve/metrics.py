"""Counts what the server does, in the text format of Prometheus, with the energy of an answer and how that is known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mbegu.core.steps import ProjectSettings
from mbegu.ledger.energy.choose import choose_meter
from mbegu.ledger.energy.value import Energy
from mbegu.ledger.machine import describe_machine
from mbegu.serve.limits import FairQueue

BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
JOULES_PER_KWH = 3_600_000


class Histogram:
    """How many durations lie below each of some bounds, in s."""

    def __init__(self) -> None:
        self._counts = [0] * len(BOUNDS_S)
        self._sum_s = 0.0
        self._n = 0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._sum_s += seconds
        self._n += 1
        for index, bound_s in enumerate(BOUNDS_S):
            self._counts[index] += seconds <= bound_s

    def lines(self, name: str, help: str) -> list[str]:
        """Return it in the text format."""
        buckets = [f'{name}_bucket{{le="{bound_s:g}"}} {count}' for bound_s, count in zip(BOUNDS_S, self._counts, strict=True)]
        end = [f'{name}_bucket{{le="+Inf"}} {self._n}', f"{name}_sum {self._sum_s:.6f}", f"{name}_count {self._n}"]
        return [f"# HELP {name} {help}", f"# TYPE {name} histogram", *buckets, *end]


class Metrics:
    """The counts since the server began. No figure of it tells what was asked or by whom."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._first_token = Histogram()
        self._answer = Histogram()
        self._answers = self._cut_off = 0
        self._prompt_tokens = self._answer_tokens = 0
        self._meter = choose_meter(ProjectSettings(language="und"), describe_machine(), Path()).meter
        self._meter.start()

    def request(self, path: str, status: int) -> None:
        """Count a request by the pattern of its path (never the path itself) and its status."""
        self._requests[path, status] += 1

    def first_token(self, seconds: float) -> None:
        """Count the time from a request's being accepted to its first token."""
        self._first_token.add(seconds)

    def answered(self, seconds: float, is_whole: bool) -> None:
        """Count a request that was written for, whole or cut off by its client."""
        self._answer.add(seconds)
        if is_whole:
            self._answers += 1
        else:
            self._cut_off += 1

    def count_tokens(self, prompt_tokens: int, answer_tokens: int) -> None:
        """Count tokens."""
        self._prompt_tokens += prompt_tokens
        self._answer_tokens += answer_tokens

    def answer_energy(self) -> Energy | None:
        """Return the energy of an answer in the mean; ``None`` before the first, or when the meter cannot tell.

        The energy of this program since its start, its idle times with it, over the whole answers.
        """
        energy = self._meter.read()
        return energy.times(1 / self._answers) if energy is not None and self._answers else None

    def text(self, queue: FairQueue) -> str:
        """Return everything in the text format."""
        lines = ["# HELP mbegu_requests_total Requests by path and status.", "# TYPE mbegu_requests_total counter"]
        lines += [f'mbegu_requests_total{{path="{path}",status="{status}"}} {count}' for (path, status), count in sorted(self._requests.items())]
        lines += _one("mbegu_refused_total", "counter", "Requests refused with 429.", queue.refused)
        lines += _one("mbegu_running", "gauge", "Requests that hold a slot.", queue.running)
        lines += _one("mbegu_waiting", "gauge", "Requests that wait for a slot.", queue.waiting)
        lines += _one("mbegu_slots", "gauge", "Slots.", queue.slots)
        lines += _one("mbegu_answers_total", "counter", "Answers written to their end.", self._answers)
        lines += _one("mbegu_cut_off_total", "counter", "Answers cut off because the client left or the engine failed.", self._cut_off)
        lines += _one("mbegu_prompt_tokens_total", "counter", "Tokens of prompts.", self._prompt_tokens)
        lines += _one("mbegu_answer_tokens_total", "counter", "Tokens written.", self._answer_tokens)
        lines += self._first_token.lines("mbegu_first_token_seconds", "From acceptance to the first token.")
        lines += self._answer.lines("mbegu_answer_seconds", "From acceptance to the end of an answer.")
        lines += _one("mbegu_resident_bytes", "gauge", "Memory that this program holds.", _resident_bytes())
        return "\n".join([*lines, *self._energy_lines()]) + "\n"

    def _energy_lines(self) -> list[str]:
        energy = self.answer_energy()
        if energy is None:
            return ["# mbegu_answer_joules: not measured yet"]
        method = energy.method.replace('"', "'")
        head = [f"# HELP mbegu_answer_joules Energy of an answer in the mean, {energy.what_is_counted}.", "# TYPE mbegu_answer_joules gauge"]
        bounds = zip(("low", "central", "high"), (energy.low_kwh, energy.kwh, energy.high_kwh), strict=True)
        joules = {name: kwh * JOULES_PER_KWH for name, kwh in bounds}
        return head + [f'mbegu_answer_joules{{bound="{name}",method="{method}"}} {amount:.6g}' for name, amount in joules.items()]


def _one(name: str, kind: str, help: str, value: float) -> list[str]:
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}", f"{name} {value}"]


def _resident_bytes() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
