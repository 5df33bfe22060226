"""Intervals by drawing the documents anew (bootstrap), for a ratio of two sums such as bits per byte, and for a share of documents.

Documents, not bytes, are drawn: the bytes of one document are alike, so an interval over bytes would be far too narrow.
Needs only Python, so that a model can be scored where nothing else is installed.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

TAIL = 0.025  # outside of 95 % on each side
Z_95 = 1.959963984540054  # of the normal distribution: 95 % lie within this many standard deviations
RESAMPLES = 2_000
SEED = 20_260_101
FEWEST_DOCUMENTS = 5  # with fewer, nearly every draw is one of a handful, and the interval says nothing
MOST_BLOCKS = 1_000


@dataclass(frozen=True)
class Interval:
    """Where the value over all documents of the same kind lies, 95 times in 100; without bounds it says why not."""

    low: float | None
    high: float | None
    reason: str = ""


def bootstrap_ratio(above: Sequence[float], below: Sequence[float], resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """Return the expanded percentile interval (95 %) of ``sum(above) / sum(below)`` over documents drawn with replacement.

    For a paired comparison of two models give the differences of their bits as ``above``: both are then drawn together.

    Args:
        above: one number a document, for example its bits.
        below: one number a document, for example its bytes; not negative, not all zero.
        resamples: how many times to draw.
        seed: the same seed gives the same interval on every computer.
    """
    if len(above) != len(below):
        raise ValueError(f"{len(above)} numbers above, {len(below)} below")
    return bootstrap((above, below), lambda sums: sums[0] / sums[1] if sums[1] > 0 else None, resamples, seed)


def bootstrap(
    columns: Sequence[Sequence[float]], statistic: Callable[[Sequence[float]], float | None], resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """Return the expanded percentile interval (95 %) of a function of sums over documents drawn with replacement.

    More than 1,000 documents are drawn as 1,000 blocks of neighbours, which is quicker and never narrower in expectation.

    Args:
        columns: one number a document in each; a document's numbers are drawn together.
        statistic: from the sum of each column to a value; ``None`` where there is none, such a draw is left out.
        resamples: how many times to draw.
        seed: the same seed gives the same interval on every computer.

    Sources: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; Hesterberg, What Teachers Should Know About the
    Bootstrap, 2015, section 3.6.2: percentiles further out, so that few documents do not give too narrow an interval.
    """
    if len(columns[0]) < FEWEST_DOCUMENTS:
        return Interval(None, None, f"only {len(columns[0])} documents; an interval needs at least {FEWEST_DOCUMENTS}")
    blocks = [_blocks(column) for column in columns]
    chance = random.Random(seed)  # noqa: S311 - draws documents, keeps no secret
    values = []
    places = range(len(blocks[0]))
    for _ in range(resamples):
        drawn = chance.choices(places, k=len(places))
        value = statistic([sum([column[place] for place in drawn]) for column in blocks])
        if value is not None:
            values.append(value)
    values.sort()
    tail = expanded_tail(len(columns[0]))
    return Interval(_quantile(values, tail), _quantile(values, 1 - tail))


def expanded_tail(documents: int) -> float:
    """Return the share of draws to leave out on each side: 0.001 of five documents, 0.023 of a hundred, 0.025 of endlessly many.

    As far out as the normal distribution has what Student's distribution has at 2.5 %, times the root of n / (n - 1), by which draws with
    repeats spread too little.
    """
    far = math.sqrt(documents / (documents - 1)) * _student_95(documents - 1)
    return NormalDist().cdf(-far)


def _student_95(degrees: int) -> float:
    """Return within how many standard errors 95 % of Student's distribution lie; from 4 degrees of freedom right to 0.001.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.5.
    """
    z = Z_95
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return sum(term / float(degrees) ** power for power, term in enumerate(terms))


def clopper_pearson(successes: int, trials: int) -> Interval:
    """Return the interval (95 %) of a share, ``successes`` of ``trials``, that covers the true one at least that often.

    Raises:
        ValueError: there are not so many trials.

    Source: Clopper and Pearson 1934. Approximations by the normal distribution fail where it matters here: at none of many.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    if not trials:
        return Interval(None, None, "there was nothing to try")
    low = 0.0 if successes == 0 else _bisect(lambda share: 1 - _at_most(successes - 1, trials, share) < TAIL)
    high = 1.0 if successes == trials else _bisect(lambda share: _at_most(successes, trials, share) > TAIL)
    return Interval(low, high)


def wilson(successes: int, trials: int, z: float = Z_95) -> Interval:
    """Return the score interval (95 %) of a share, ``successes`` of ``trials``: right on average, where ``clopper_pearson`` is wide to be sure.

    Another ``z``, in standard deviations of the normal distribution, gives another interval.

    Raises:
        ValueError: there are not so many trials.

    Source: Wilson 1927; recommended for shares of small counts by Brown, Cai and DasGupta 2001.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    if not trials:
        return Interval(None, None, "there was nothing to try")
    share, square = successes / trials, z * z
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = z / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def _at_most(successes: int, trials: int, share: float) -> float:
    """Return the probability of at most so many successes, each of probability ``share`` (between 0 and 1)."""
    logs = (
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * math.log(share) + (trials - k) * math.log1p(-share)
        for k in range(successes + 1)
    )
    return math.fsum(map(math.exp, logs))


def _bisect(is_below: Callable[[float], bool]) -> float:
    """Return where ``is_below`` turns from true to false between 0 and 1."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2


def _blocks(values: Sequence[float]) -> list[float]:
    """Sum neighbours so that at most ``MOST_BLOCKS`` numbers are left."""
    blocks = min(len(values), MOST_BLOCKS)
    edges = [round(block * len(values) / blocks) for block in range(blocks + 1)]
    return [float(sum(values[start:end])) for start, end in itertools.pairwise(edges)]


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of ordered values, linear between neighbours."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
