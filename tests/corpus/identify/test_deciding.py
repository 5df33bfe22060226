from __future__ import annotations

import numpy as np
import pytest

from mbegu.corpus.identify.deciding import LEAST_LETTERS, NOT_TAUGHT, decide
from mbegu.corpus.identify.scoring import Scores
from mbegu.corpus.identify.spelling import SCRIPT_CODES

LATIN, ARABIC, UNKNOWN_SCRIPT = SCRIPT_CODES.index("Latn"), SCRIPT_CODES.index("Arab"), 0
TYPICAL = np.array([1.5, 1.7, 1.5], dtype=np.float32)
WRITES = np.zeros((3, len(SCRIPT_CODES)), dtype=bool)
WRITES[:2, LATIN] = WRITES[2, ARABIC] = True


def scores(costs: list[float], letters: float, script: int) -> Scores:
    return Scores(np.array([costs], dtype=np.float32) * np.float32(letters), np.array([letters], dtype=np.float32), np.array([script]))


@pytest.mark.parametrize(
    ("costs", "letters", "script", "language"),
    [
        ([1.6, 2.4, 0.1], 100, LATIN, 0),
        ([2.4, 1.6, 0.1], 100, LATIN, 1),
        ([1.6, 2.4, 2.9], 100, ARABIC, NOT_TAUGHT),  # too costly for the only language written so
        ([0.1, 0.1, 1.6], 100, ARABIC, 2),
        ([3.2, 3.3, 0.1], 100, LATIN, NOT_TAUGHT),
        ([0.1, 0.1, 0.1], 100, UNKNOWN_SCRIPT, NOT_TAUGHT),
        ([0.5, 2.4, 0.1], LEAST_LETTERS - 1, LATIN, NOT_TAUGHT),
    ],
)
def test_the_cheapest_language_that_is_written_so_unless_even_it_costs_too_much(
    costs: list[float], letters: float, script: int, language: int
) -> None:
    decided = decide(scores(costs, letters, script), TYPICAL, WRITES)
    assert decided.language[0] == language
    assert 0 <= decided.probability[0] <= 1


def test_more_letters_and_a_larger_difference_are_surer() -> None:
    def sure(difference: float, letters: float) -> float:
        return float(decide(scores([1.5, 1.5 + difference, 1], letters, LATIN), TYPICAL, WRITES).probability[0])

    assert sure(0, 100) == pytest.approx(0.5, abs=0.01)
    assert sure(0, 100) < sure(0.1, 20) < sure(0.1, 100) < sure(0.2, 100) < 1


def test_a_short_line_may_cost_more_than_a_long_one() -> None:
    assert decide(scores([2.6, 3.5, 1], 20, LATIN), TYPICAL, WRITES).language[0] == 0
    assert decide(scores([2.6, 3.5, 1], 400, LATIN), TYPICAL, WRITES).language[0] == NOT_TAUGHT


def test_without_any_taught_language_all_is_unknown() -> None:
    decided = decide(Scores(np.zeros((2, 0), np.float32), np.ones(2, np.float32), np.array([LATIN, 0])), np.zeros(0, np.float32), WRITES[:0])
    assert decided.language.tolist() == [NOT_TAUGHT, NOT_TAUGHT]
