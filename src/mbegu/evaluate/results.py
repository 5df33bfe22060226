"""What was measured, as values with n, interval, baseline and unit, and the verdict in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mbegu.corpus.describe import top_level
from mbegu.evaluate.intervals import FEWEST_DOCUMENTS, RESAMPLES, Interval, bootstrap_ratio

BITS_PER_BYTE = "bits per byte"
DECIMALS = 6
BETTER, WORSE, UNDECIDED = "better", "worse", "undecided"
NAMES = {"ngram": "n-gram counting", "ppmd": "PPMd"}


@dataclass(frozen=True)
class Costs:
    """What each held-out document costs one model; both [documents]. ``size_bytes`` are UTF-8 bytes without the separator."""

    bits: Sequence[float]
    size_bytes: Sequence[int]

    @property
    def bits_per_byte(self) -> float:
        """All bits over all bytes."""
        return sum(self.bits) / max(sum(self.size_bytes), 1)

    def of(self, chosen: Sequence[int]) -> Costs:
        """Return the costs of some documents, given by their numbers."""
        return Costs([self.bits[i] for i in chosen], [self.size_bytes[i] for i in chosen])


@dataclass(frozen=True)
class Result:
    """One measured value: ``n`` documents, its interval, and the best baseline's value where there is one."""

    value: float
    n: int
    interval: Interval
    baseline: float | None
    unit: str

    def as_json(self) -> dict[str, Any]:
        """Return plain values; an interval that could not be had is ``null`` beside its reason."""
        table: dict[str, Any] = {
            "value": rounded(self.value),
            "n": self.n,
            "interval": bounds(self.interval),
            "baseline": rounded(self.baseline),
            "unit": self.unit,
        }
        return {**table, "interval_reason": self.interval.reason} if self.interval.reason else table


@dataclass(frozen=True)
class Verdict:
    """Whether the model predicts better than the best model that only counts; ``difference`` is model minus baseline."""

    verdict: str
    against: str
    difference: Result
    words: str

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"verdict": self.verdict, "against": self.against, "difference": self.difference.as_json(), "words": self.words}


def measure(costs: Costs, baseline: float | None = None, resamples: int = RESAMPLES) -> Result:
    """Return bits per byte with its interval over documents."""
    interval = bootstrap_ratio(costs.bits, costs.size_bytes, resamples)
    return Result(costs.bits_per_byte, len(costs.bits), interval, baseline, BITS_PER_BYTE)


def best_of(baselines: Mapping[str, Costs]) -> str:
    """Return the name of the baseline that needs the fewest bits; the first of equals."""
    return min(baselines, key=lambda name: baselines[name].bits_per_byte)


def judge(model: Costs, baselines: Mapping[str, Costs], resamples: int = RESAMPLES) -> Verdict:
    """Compare the model with the best counting baseline on the same documents, drawn together.

    Better or worse is said only when the whole interval of the difference lies on one side of nothing.
    """
    against = best_of(baselines)
    other = baselines[against]
    gaps = Costs([mine - its for mine, its in zip(model.bits, other.bits, strict=True)], model.size_bytes)
    difference = measure(gaps, 0.0, resamples)
    low, high = difference.interval.low, difference.interval.high
    verdict = UNDECIDED if low is None or high is None else BETTER if high < 0 else WORSE if low > 0 else UNDECIDED
    return Verdict(verdict, against, difference, _words(verdict, NAMES.get(against, against), model.bits_per_byte, other.bits_per_byte, difference))


def _words(verdict: str, against: str, mine: float, its: float, difference: Result) -> str:
    figures = f"{mine:.3f} bits per byte against {its:.3f} of {against}, the better of the models that only count"
    if verdict == UNDECIDED and difference.interval.reason:
        return f"Not known whether the model is better than counting: {difference.interval.reason} ({figures})."
    if verdict == UNDECIDED:
        return f"The model and counting cannot be told apart on these {difference.n} documents: {figures}."
    percent = 100 * abs(mine - its) / its if its else 0.0
    if verdict == BETTER:
        return f"The model is better than counting: {figures}, {percent:.1f} % fewer."
    return f"The model is not better than counting: {figures}, {percent:.1f} % more. More text would help most."


def by_group(sources: Sequence[str], model: Costs, baselines: Mapping[str, Costs], resamples: int = RESAMPLES) -> list[dict[str, Any]]:
    """Return bits per byte for each top-level source with enough documents, the worst first; empty when there is only one.

    Args:
        sources: where each held-out document comes from.
        model: what each costs the model.
        baselines: what each costs the models that only count.
        resamples: how many times to draw for an interval.
    """
    members: dict[str, list[int]] = {}
    for number, source in enumerate(sources):
        members.setdefault(top_level(source), []).append(number)
    against = best_of(baselines)
    rows = []
    for name, chosen in members.items():
        if len(chosen) >= FEWEST_DOCUMENTS and len(members) > 1:
            own = model.of(chosen)
            result = measure(own, baselines[against].of(chosen).bits_per_byte, resamples)
            rows.append({"name": name, **as_table(own, result), "baseline": rounded(result.baseline)})
    return sorted(rows, key=lambda row: (-row["bits_per_byte"], row["name"]))


def as_table(costs: Costs, result: Result) -> dict[str, Any]:
    """Return a score as it stands in results.json."""
    table: dict[str, Any] = {
        "bits_per_byte": rounded(result.value),
        "interval": bounds(result.interval),
        "bytes": sum(costs.size_bytes),
        "documents": result.n,
    }
    return {**table, "interval_reason": result.interval.reason} if result.interval.reason else table


def bounds(interval: Interval) -> list[float] | None:
    """Return the bounds as they are written, or ``None``."""
    return None if interval.low is None or interval.high is None else [round(interval.low, DECIMALS), round(interval.high, DECIMALS)]


def rounded(value: float | None) -> float | None:
    """Return a value as it is written: the last digits differ between computers and mean nothing."""
    return None if value is None else round(value, DECIMALS)
