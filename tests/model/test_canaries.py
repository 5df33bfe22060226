"""Lines of random tokens: how many fit, that they are always the same, and what their ranks are worth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mbegu.model.canaries import CANDIDATES, LINE_TOKENS, candidate_lines, chance_of, exposures, planted_lines, times_planted


@pytest.mark.parametrize(
    ("lines", "documents", "tokens", "times"),
    [
        (8, 100_000, 10**9, (1, 1, 1, 1, 4, 4, 16, 16)),
        (8, 2_200, 10**9, (1, 1, 1, 1, 16)),  # 22 documents: four, then 16 and no room for another 4
        (8, 1_200, 10**9, (1, 1, 1, 1, 4, 4)),
        (8, 100_000, 17_000 * 3, (1, 1, 1)),
        (2, 100_000, 10**9, (1, 1)),
        (10, 100_000, 10**9, (1, 1, 1, 1, 1, 1, 4, 4, 16, 16)),
        (0, 100_000, 10**9, ()),
        (8, 99, 10**9, ()),
        (8, 100_000, 16_999, ()),
    ],
)
def test_lines_take_little_of_the_text(lines: int, documents: int, tokens: int, times: tuple[int, ...]) -> None:
    assert times_planted(lines, documents, tokens) == times
    assert sum(times) <= 0.01 * documents
    assert sum(times) * (LINE_TOKENS + 1) <= 0.001 * tokens


def test_lines_are_the_same_every_time_and_hold_no_special_token() -> None:
    planted, candidates = planted_lines(8, 300, 7), candidate_lines(300, 7)
    assert planted.shape == (8, LINE_TOKENS)
    assert candidates.shape == (CANDIDATES - 1, LINE_TOKENS)
    assert {planted.min(), candidates.min()} >= {3}
    assert max(planted.max(), candidates.max()) == 299
    assert np.array_equal(planted, planted_lines(8, 300, 7))
    assert np.array_equal(planted[:3], planted_lines(3, 300, 7)), "fewer lines are the first of more"
    assert not np.array_equal(planted, planted_lines(8, 300, 8))
    assert not {tuple(line) for line in planted} & {tuple(line) for line in candidates}


def test_exposure_is_the_bits_that_the_rank_gives_away() -> None:
    candidates = [float(bits) for bits in range(10, 10 + 1023)]
    assert exposures([1.0, 10.5, 2000.0], candidates) == [10.0, 9.0, 0.0]
    assert exposures([10.0], candidates) == [9.0], "a tie counts against the line: nothing is claimed from it"


def test_lines_that_never_stood_in_the_text_have_no_exposure_to_speak_of() -> None:
    bits = np.random.default_rng(5).normal(200, 12, 1023)
    unseen = exposures(np.random.default_rng(6).normal(200, 12, 4000).tolist(), bits.tolist())
    assert np.mean(unseen) == pytest.approx(math.log2(math.e), abs=0.1)
    alarms = np.mean([chance_of(unseen[start : start + 4]) < 0.01 for start in range(0, 4000, 4)])
    assert alarms == pytest.approx(0.01, abs=0.008)


def test_chance() -> None:
    assert chance_of([10.0]) == pytest.approx(1 / 1024)
    assert chance_of([0.0, 0.0]) == 1.0
    nats = 10 * math.log(2)
    assert chance_of([4.0, 6.0]) == pytest.approx(math.exp(-nats) * (1 + nats))
