from __future__ import annotations

from pathlib import Path

import pytest
from tests.serve.documents.material import searching

from mbegu.serve.documents.sure import default_threshold, features, probability, threshold_for


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
