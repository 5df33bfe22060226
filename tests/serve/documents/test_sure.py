from __future__ import annotations

from pathlib import Path

import pytest
from tests.serve.documents.material import searching

from mbegu.serve.documents.sure import default_threshold, features, lower_end, probability, threshold_for


def test_more_of_the_question_makes_surer(tmp_path: Path) -> None:
    search = searching(tmp_path / "d")
    sure = [probability(search.find(question, 3), False) for question in ("Chemsheni maji kabla ya kuyanywa", "Chemsheni gari kabla", "kabla gari")]
    assert sure[0] > sure[1] > sure[2] > 0
    assert sure[0] > default_threshold(False) > sure[2]
    assert probability([], False) == 0
    assert features([]) == (0, 0, 0)


def test_the_threshold_is_the_lowest_that_meets_both_goals() -> None:
    outcomes = [(0.9, True), (0.8, True), (0.6, False), (0.5, True)]
    assert threshold_for(outcomes, [0.1, 0.2], 0.95) == 0.8
    assert threshold_for([(0.9, True), (0.5, True)], [0.1, 0.7], 0.95) == pytest.approx(0.7, abs=1e-9)
    assert threshold_for([(0.9, True), (0.5, True)], [0.1, 0.7], 0.95) > 0.7
    assert threshold_for([(0.9, True), (0.5, True)], [], 0.95) == 0


def test_where_no_threshold_will_do_nothing_is_shown() -> None:
    assert threshold_for([(0.9, False), (0.8, True)], [0.95]) > 0.95


def test_refusing_has_a_goal_of_its_own() -> None:
    outcomes = [(0.9, True), (0.5, True)]
    none = [0.1] * 9 + [0.6]
    assert 0.1 < threshold_for(outcomes, none) < 0.5
    assert threshold_for(outcomes, none, refused_goal=0.95) > 0.6


def test_a_short_list_makes_answers_more_careful_and_never_less() -> None:
    few = [(0.3 + number / 100, True) for number in range(25)]
    assert threshold_for(few, [0.1] * 25, usual=0.6) == 0.6, "none is shown at .6 and none is wrong"
    wrong = [(0.65, False), (0.7, True), (0.8, True)]
    assert threshold_for(wrong, [0.1], usual=0.6) == 0.7
    many = [(0.3 + number / 1000, True) for number in range(400)]
    assert threshold_for(many, [0.1] * 400, usual=0.6) == pytest.approx(0.1, abs=1e-9), "so many are evidence"
    assert threshold_for([*many[:300], *((value, False) for value, _ in many[:16])], [0.1] * 400, usual=0.6) > 0.3


def test_the_lower_end_is_wilsons() -> None:
    assert lower_end(25, 25) == pytest.approx(25 / (25 + 1.2816**2), abs=1e-4)
    assert lower_end(0, 10) == pytest.approx(0, abs=1e-12)
    assert lower_end(45, 50) == pytest.approx(0.8318, abs=1e-3)
