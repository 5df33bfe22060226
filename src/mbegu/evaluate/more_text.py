"""How much more text would help: a curve through what counting needs after 1/4, 1/2 and all of the training text.

PPMd counts the text in seconds, so it can be asked before anything is trained. A model gains otherwise from more text, and training it on
1/4 and 1/2 as well would take most of the budget; so the words name counting, and say that the model's own gain was not measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mbegu.evaluate.intervals import RESAMPLES, bootstrap
from mbegu.evaluate.results import Costs, bounds, rounded
from mbegu.model.ppmd import ppmd_bits

SHARES = (0.25, 0.5)  # of the training text, before all of it
ORDER_SEED = 20_260_103


def nested_shares(sizes: Sequence[int], shares: Sequence[float] = SHARES) -> list[list[int]]:
    """Draw documents so that each share holds those of the smaller ones.

    Args:
        sizes: of each document.
        shares: of the sum of the sizes; each is filled up to the first document that goes beyond.

    Returns:
        For each share the numbers of its documents, in order.
    """
    order = np.random.default_rng(ORDER_SEED).permutation(len(sizes))
    drawn = np.array(sizes, dtype=np.int64)[order]
    before = np.cumsum(drawn) - drawn
    return [np.sort(order[before < share * drawn.sum()]).tolist() for share in shares]


def counting_curve(train: Sequence[bytes], heldout: Sequence[bytes], whole: Costs | None = None) -> list[Costs]:
    """Return what PPMd needs for the held-out documents after 1/4, 1/2 and all of the training documents.

    Args:
        train: UTF-8 bytes of the training documents.
        heldout: UTF-8 bytes of the held-out documents.
        whole: what it needs after all of them, where that is known.
    """
    sizes = [len(text) for text in heldout]
    parts = [Costs(ppmd_bits([train[i] for i in chosen], heldout).tolist(), sizes) for chosen in nested_shares([len(text) for text in train])]
    return [*parts, whole or Costs(ppmd_bits(train, heldout).tolist(), sizes)]


def gain_of_twice(quarter: float, half: float, whole: float) -> float:
    """Return the share of the bits that twice the text would save, from what 1/4, 1/2 and all of it need.

    The curve is floor + a * text ** -b, as for language models (Hestness et al. 2017; Kaplan et al. 2020). Through three points that lie
    a doubling apart each doubling saves the same fraction of what the one before saved. Where the last saved more than the one before,
    no such curve has a floor, and the next is taken to save as much as the last.
    """
    first, second = quarter - half, half - whole
    if second <= 0 or whole <= 0:
        return 0.0
    fraction = min(second / first, 1.0) if first > 0 else 1.0
    return second * fraction / whole


def more_text(curve: Sequence[Costs], resamples: int = RESAMPLES) -> dict[str, Any]:
    """Return the ``more_text`` table of results.json: the curve and the gain from twice the text with its interval.

    The interval (95 %) is over other held-out documents; that a curve goes on as it began is not in it.

    Args:
        curve: what counting needs after 1/4, 1/2 and all of the text, as ``counting_curve`` returns it.
        resamples: how many times to draw for the interval.
    """
    points = [costs.bits_per_byte for costs in curve]
    interval = bootstrap([costs.bits for costs in curve], lambda bits: gain_of_twice(*bits), resamples)
    table = {
        "method": "PPMd",
        "shares": [*SHARES, 1.0],
        "bits_per_byte": [rounded(point) for point in points],
        "gain_of_twice": rounded(gain_of_twice(*points)),
        "interval": bounds(interval),
    }
    return {**table, "interval_reason": interval.reason} if interval.reason else table


def more_text_words(table: Mapping[str, Any]) -> str:
    """Return what twice the text would bring, in words."""
    gain, interval = table["gain_of_twice"], table["interval"]
    points = ", ".join(f"{point:.3f}" for point in table["bits_per_byte"])
    curve = f"{points} bits per byte after 1/4, 1/2 and all of it"
    if gain <= 0:
        return f"counting ({table['method']}) would gain nothing that can be seen: {curve}; the model's own gain: not measured"
    reach = f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}\u00a0%" if interval else f"no range: {table['interval_reason']}"
    return (
        f"counting ({table['method']}) would need about {100 * gain:.1f}\u00a0% fewer bits ({reach}) if its curve goes on: {curve}; "
        "the model's own gain: not measured"
    )
