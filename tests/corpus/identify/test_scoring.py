from __future__ import annotations

import numpy as np
import pytest
from tests.corpus.identify.conftest import sample_lines
from tests.corpus.material import WORDS, sentence

from mbegu.corpus.identify import scoring
from mbegu.corpus.identify.counting import count_grams
from mbegu.corpus.identify.likelihood import Likelihood
from mbegu.corpus.identify.scoring import CAPITAL_WEIGHT, Scorer
from mbegu.corpus.identify.spelling import SCRIPT_CODES, spell


@pytest.fixture(scope="module")
def likelihood() -> Likelihood:
    return Likelihood([count_grams(sample_lines(code, is_test=False)) for code in ("yor", "swh")])


def plain_sums(likelihood: Likelihood, line: str) -> tuple[np.ndarray, float]:
    """Add up the costs of a line's words one after another."""
    costs, letters = np.zeros(likelihood.n_languages), 0.0
    for piece in line.split():
        words = spell([piece])
        scored = likelihood.words(words)
        weight = CAPITAL_WEIGHT if words.has_capital[0] else 1
        costs += weight * scored.costs.sum(axis=0)
        letters += weight * float(scored.letters.sum())
    return costs, letters


def test_a_line_costs_what_its_words_cost_also_when_they_are_remembered(likelihood: Likelihood) -> None:
    scorer = Scorer(likelihood)
    lines = [*sample_lines("yor", is_test=True)[:40], "", *sample_lines("swh", is_test=True)[:40], "123 !", "Lagos"]
    first, second = scorer.lines(lines), scorer.lines(lines)
    for number, line in enumerate(lines):
        costs, letters = plain_sums(likelihood, line.replace("-", " ").replace("–", " "))
        assert np.allclose(first.costs[number], costs, atol=0.05, rtol=1e-3), line
        assert first.letters[number] == pytest.approx(letters, abs=0.05)
    assert (first.costs == second.costs).all()
    assert (first.letters == second.letters).all()
    assert (first.script == second.script).all()


def test_many_more_words_than_are_remembered(likelihood: Likelihood, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = sample_lines("swh", is_test=True)
    expected = Scorer(likelihood).lines(lines)
    monkeypatch.setattr(scoring, "MOST_CACHE_BITS", 4)
    crowded = Scorer(likelihood)
    for _ in range(2):
        assert (crowded.lines(lines).costs == expected.costs).all()


def test_blocks_change_nothing(likelihood: Likelihood, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = sample_lines("yor", is_test=True)
    expected = Scorer(likelihood).lines(lines)
    monkeypatch.setattr(scoring, "BLOCK_CHARACTERS", 100)
    assert (Scorer(likelihood).lines(lines).costs == expected.costs).all()


def test_a_line_end_inside_a_text_is_a_space(likelihood: Likelihood) -> None:
    scores = Scorer(likelihood).lines(["ọmọ wa", "ọmọ\nwa", "ilé"])
    assert (scores.costs[0] == scores.costs[1]).all()
    assert len(scores.letters) == 3


def test_only_the_beginning_of_a_very_long_line_counts(likelihood: Likelihood, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BLOCK_CHARACTERS", 60)
    monkeypatch.setattr(scoring, "LONGEST_LINE", 60)
    scores = Scorer(likelihood).lines(["ọmọ " * 15, "ọmọ " * 1500])
    assert scores.letters[0] == scores.letters[1]


@pytest.mark.parametrize(("language", "script"), [("yor", "Latn"), ("amh", "Ethi"), ("nqo", "Nkoo"), ("ara", "Arab"), ("khm", "Khmr")])
def test_the_script_of_most_letters(likelihood: Likelihood, language: str, script: str) -> None:
    lines = [sentence(1, language), f"{sentence(2, language, 12)} radio", "radio", "12"]
    assert [SCRIPT_CODES[number] for number in Scorer(likelihood).lines(lines).script] == [script, script, "Latn", "Zzzz"]
    assert WORDS[language]


def test_a_lone_surrogate_and_no_text(likelihood: Likelihood) -> None:
    scorer = Scorer(likelihood)
    assert scorer.lines([]).costs.shape == (0, 2)
    assert scorer.lines(["ọmọ \ud800 wa"]).letters[0] == scorer.lines(["ọmọ wa"]).letters[0]
