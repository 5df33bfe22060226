"""From costs to a language and how sure it is: is it one of the taught ones at all, and which?

The few constants here were fitted once, by logistic regression and least surprise, on sentences, stories and tweets of 22 languages and on the
declaration of human rights in 159 others, each set with the same weight (bench/identify.py tells how well they hold). They describe how evidence
adds up along a line, not any language.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.identify.packed import Rows
from mbegu.corpus.identify.scoring import Scores
from mbegu.corpus.identify.spelling import Integers

# Letters of a word depend on each other, so n letters are less evidence than n independent ones: differences of cost count SURENESS / n**DEPENDENCE.
SURENESS, DEPENDENCE = 2.0, 0.6
# Log-odds that a line is in its likeliest language rather than in one that was not taught, by what its letters cost above that language's own
# lines, in nats a letter; short lines vary more, so they may cost more.
KNOWN_AT_ZERO, KNOWN_PER_NAT, KNOWN_WHEN_SHORT = 4.1, 7.0, 21.0
# The fit had as many lines of unknown languages as of known ones. In a corpus known ones are more frequent: odds of e to 1 are assumed.
PRIOR_KNOWN = 1.0
LEAST_LETTERS = 4.0  # of a line, to say anything: with the end of each word as one

NOT_TAUGHT = -1


@dataclass(frozen=True)
class Decisions:
    """Of each line: ``language`` [lines], a number or ``NOT_TAUGHT``, and ``probability`` [lines] that this is right.

    Also ``nearest`` [lines], the likeliest taught language in any case, and ``known`` [lines], the probability that it is a taught one at all.
    """

    language: Integers
    probability: npt.NDArray[np.float64]
    nearest: Integers
    known: npt.NDArray[np.float64]


def decide(scores: Scores, typical: Rows, writes: npt.NDArray[np.bool_]) -> Decisions:
    """Decide on the language of each line.

    Args:
        scores: of the lines.
        typical [languages]: what a letter costs in lines of a language that did not teach it, in nats.
        writes [languages, scripts]: whether a language is written in a script.
    """
    costs = scores.costs
    if not writes.any():
        nothing = np.full(len(costs), NOT_TAUGHT)
        return Decisions(nothing, np.ones(len(costs)), nothing, np.zeros(len(costs)))
    can = writes[:, scores.script].T
    if not can.all():
        costs = np.where(can, costs, np.float32(np.inf))
    letters = np.maximum(scores.letters, 1)
    best = costs.argmin(axis=1)
    least = costs[np.arange(len(best)), best]
    excess = np.where(can.any(axis=1), least / letters - typical[best], np.inf)
    log_odds = PRIOR_KNOWN + KNOWN_AT_ZERO - KNOWN_PER_NAT * excess + KNOWN_WHEN_SHORT / np.sqrt(letters)
    known = 1 / (1 + np.exp(np.minimum(-log_odds, 50)))
    scale = np.float32(-SURENESS) * letters ** np.float32(-DEPENDENCE)
    with np.errstate(invalid="ignore"):  # where no language is written in the script
        among = 1 / np.exp((costs - least[:, None]) * scale[:, None]).sum(axis=1)
    is_known = (known >= 0.5) & (scores.letters >= LEAST_LETTERS)
    return Decisions(np.where(is_known, best, NOT_TAUGHT), np.where(is_known, known * among, 1 - known), best, known)
