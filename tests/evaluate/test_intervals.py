"""Bootstrap intervals: width, coverage, pairs, and where there are too few documents."""

from __future__ import annotations

import random

import pytest

from mbegu.evaluate.intervals import Interval, bootstrap_ratio, clopper_pearson, expanded_tail, wilson


def test_documents_that_are_all_alike_leave_no_width() -> None:
    interval = bootstrap_ratio([150.0] * 20, [100] * 20)
    assert (interval.low, interval.high) == (1.5, 1.5)


def covered(draws: int, documents: int, spread: float, resamples: int) -> int:
    """Return how many intervals, each from some documents that need 2 bits per byte on average, hold that truth."""
    chance = random.Random(7)
    count = 0
    for seed in range(draws):
        sizes = [chance.lognormvariate(7, 0.5) for _ in range(documents)]
        bits = [size * chance.gauss(2.0, spread) for size in sizes]
        interval = bootstrap_ratio(bits, sizes, resamples=resamples, seed=seed)
        count += interval.low <= 2.0 <= interval.high
    return count


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    assert 90 <= covered(100, documents=60, spread=0.5, resamples=200) <= 100


@pytest.mark.parametrize(("documents", "share"), [(5, 0.00095), (10, 0.00855), (30, 0.01876), (100, 0.0231), (10**6, 0.025)])
def test_the_fewer_the_documents_the_further_out_the_ends_are_taken(documents: int, share: float) -> None:
    # By Student's distribution as tables have it: 2.776 for 4 degrees of freedom, 2.262 for 9, 2.045 for 29, 1.984 for 99.
    assert expanded_tail(documents) == pytest.approx(share, rel=0.02)


def test_six_documents_cover_the_truth_nearly_as_often() -> None:
    assert covered(200, documents=6, spread=0.2, resamples=300) >= 175, "180 here; with plain percentiles 168"


def test_the_same_input_gives_the_same_interval_everywhere() -> None:
    bits = [float(i * i % 37 + 50) for i in range(40)]
    assert bootstrap_ratio(bits, [40] * 40) == bootstrap_ratio(bits, [40] * 40)
    assert bootstrap_ratio(bits, [40] * 40, resamples=500) == Interval(pytest.approx(1.573, abs=0.02), pytest.approx(1.766, abs=0.02))


def test_a_pair_is_told_apart_where_single_intervals_overlap() -> None:
    chance = random.Random(2)
    first = [chance.uniform(100, 300) for _ in range(50)]
    second = [bits * 1.01 for bits in first]
    sizes = [100] * 50
    assert bootstrap_ratio(first, sizes).high > bootstrap_ratio(second, sizes).low
    assert bootstrap_ratio([a - b for a, b in zip(first, second, strict=True)], sizes).high < 0


def test_fewer_than_five_documents_have_no_interval_but_a_reason() -> None:
    interval = bootstrap_ratio([1.0] * 4, [1] * 4)
    assert (interval.low, interval.high) == (None, None)
    assert interval.reason == "only 4 documents; an interval needs at least 5"


def test_many_documents_are_drawn_as_blocks() -> None:
    chance = random.Random(3)
    sizes = [chance.randint(50, 150) for _ in range(5_000)]
    bits = [size * chance.gauss(1.5, 0.4) for size in sizes]
    interval = bootstrap_ratio(bits, sizes, resamples=300)
    assert interval.low < sum(bits) / sum(sizes) < interval.high
    assert interval.high - interval.low == pytest.approx(4 * 0.4 / 5_000**0.5, rel=0.3)


def test_documents_without_bytes_do_not_divide_by_zero() -> None:
    interval = bootstrap_ratio([5.0] * 9 + [100.0], [0] * 9 + [50])
    assert interval.low >= 2.0


def test_numbers_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="3 numbers above, 2 below"):
        bootstrap_ratio([1, 2, 3], [1, 2])


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 200, 0.0, 0.018275), (1, 200, 0.000127, 0.027541), (10, 20, 0.271957, 0.728043), (200, 200, 0.981725, 1.0), (3, 1000, 0.000619, 0.008742)],
)
def test_the_interval_of_a_share(successes: int, trials: int, low: float, high: float) -> None:
    """The bounds are quantiles of beta distributions, as printed by statistical programs."""
    found = clopper_pearson(successes, trials)
    assert (found.low, found.high) == (pytest.approx(low, abs=2e-6), pytest.approx(high, abs=2e-6))


def test_a_share_of_nothing_has_no_interval() -> None:
    assert clopper_pearson(0, 0).reason == "there was nothing to try"
    with pytest.raises(ValueError, match="3 successes of 2 trials"):
        clopper_pearson(3, 2)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (5, 10, 0.2366, 0.7634)]
)
def test_wilson_agrees_with_published_values(successes: int, trials: int, low: float, high: float) -> None:
    # 81 of 263: Newcombe, Statistics in Medicine 17, 1998, table I; the others by his formula for method 3.
    found = wilson(successes, trials)
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)


def test_wilson_says_where_there_is_nothing_to_say() -> None:
    assert wilson(0, 0).reason == "there was nothing to try"
    with pytest.raises(ValueError, match="3 successes of 2 trials"):
        wilson(3, 2)
