"""How sure one can be that the first passage found answers the question, and from where on it is shown.

The probability is a logistic function of what the first passage holds of the question and of how far it is ahead of the next. Its
coefficients were fitted on the tuning half of bench/answers.py, where each question was also asked with its passage taken away. The
threshold depends on the documents and on how people ask, so it is calibrated on the user's own questions and stored with the index.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mbegu.evaluate.intervals import wilson
from mbegu.serve.documents.search import Hit

GOAL = 0.95  # share of shown answers that should be right
REFUSED_GOAL = 0.9  # share of unanswerable questions that should be refused
Z_90_ONE_SIDED = 1.2815515655446004  # of the normal distribution: 90 % lie below so many standard deviations
FEWEST = 20  # with fewer questions of a kind the threshold would be chance


@dataclass(frozen=True)
class Coefficients:
    """Of the logistic function; ``threshold`` is the probability that is asked for where nothing was calibrated."""

    constant: float
    held: float
    meaning: float
    ahead: float
    threshold: float


WITH_MEANING = Coefficients(-4.55, 0.819, 0.682, 1.067, 0.6)
WITHOUT_MEANING = Coefficients(-2.974, 3.434, 0.0, 1.648, 0.6)


def features(hits: Sequence[Hit]) -> tuple[float, float, float]:
    """Return what the probability is made of: the share of the question that the first passage holds (mean of the three ways), its
    meaning in standard deviations, and how far its score is ahead of the next passage's. All 0 without a hit."""
    if not hits:
        return 0.0, 0.0, 0.0
    held = sum(hits[0].shares.values()) / len(hits[0].shares)
    ahead = hits[0].score - hits[1].score if len(hits) > 1 else 0.0
    return held, hits[0].meaning, ahead


def probability(hits: Sequence[Hit], has_meaning: bool) -> float:
    """Return the probability (0 to 1) that the first hit answers the question. A passage that shares nothing with it has none."""
    if not hits or hits[0].score <= 0:
        return 0.0
    by = WITH_MEANING if has_meaning else WITHOUT_MEANING
    held, meaning, ahead = features(hits)
    return 1 / (1 + math.exp(-(by.constant + by.held * held + by.meaning * meaning + by.ahead * ahead)))


def default_threshold(has_meaning: bool) -> float:
    """Return the probability asked for where nothing was calibrated."""
    return (WITH_MEANING if has_meaning else WITHOUT_MEANING).threshold


def threshold_for(
    outcomes: Sequence[tuple[float, bool]], unanswerable: Sequence[float], goal: float = GOAL, refused_goal: float = REFUSED_GOAL, usual: float = 0.0
) -> float:
    """Return the lowest threshold with which both goals are met on these questions; above every probability when none does.

    A list can always make the answers more careful. Less careful than usual it makes them only when it is long enough: then it is not the
    shares seen that must reach the goals but what lies below them nine times in ten. With 25 questions, all answered rightly, that is .94.

    Args:
        outcomes: of each answerable question its probability, and whether the first passage is a right one.
        unanswerable: the probability of each unanswerable question.
        goal: share of answers shown to answerable questions that are right.
        refused_goal: share of unanswerable questions that are refused.
        usual: the threshold where nothing was calibrated.
    """
    for candidate in sorted({usual, 0.0, *(value for value, _ in outcomes), *(math.nextafter(value, 2) for value in unanswerable)}):
        shown = [right for value, right in outcomes if value >= candidate]
        refused = sum(value < candidate for value in unanswerable)
        share = lower_end if candidate < usual else _share
        if shown and share(sum(shown), len(shown)) >= goal and (not unanswerable or share(refused, len(unanswerable)) >= refused_goal):
            return candidate
    return max(usual, math.nextafter(max([value for value, _ in outcomes] + list(unanswerable), default=1.0), 2))


def lower_end(count: int, n: int) -> float:
    """Return the lower end of the one-sided 90 % interval of a share, ``n`` over 0."""
    low = wilson(count, n, Z_90_ONE_SIDED).low
    assert low is not None
    return low


def _share(count: int, n: int) -> float:
    return count / n
