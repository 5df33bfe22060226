"""Where a line changes its language: the likeliest way through its words, where each change has a price (Viterbi)."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.identify.deciding import NOT_TAUGHT, decide
from mbegu.corpus.identify.packed import Rows, unpack
from mbegu.corpus.identify.scoring import Scorer, Scores

CHANGE_COST = 10.0  # nats: a stretch in another language needs about two or three clear words
UNKNOWN_EXCESS = 1.2  # nats a letter above a language's own lines from which on words are of an unknown one: about where half of the short ones are
FOREIGN_EXCESS = 1.5  # nats a letter more for a word of another script: one of up to 13 letters inside of a stretch of unknown language stays in it
FORBIDDEN = np.float32(1e6)
_PIECES = re.compile("[^\\s\x00-\x26\x28-\x40\x5b-\x60\x7b-\x7f]+")  # as the scorer cuts bytes


@dataclass(frozen=True)
class Stretch:
    """A part of a text, from ``start`` to before ``end``: number of its language or ``NOT_TAUGHT``, probability, number of its script."""

    start: int
    end: int
    language: int
    probability: float
    script: int


def stretches(text: str, scorer: Scorer, typical: Rows, writes: npt.NDArray[np.bool_]) -> list[Stretch]:
    """Return the stretches of a line, in order.

    Args:
        text: a line.
        scorer: knows what its words cost.
        typical [languages]: what a letter costs in lines of a language that did not teach it.
        writes [languages, scripts]: whether a language is written in a script.
    """
    pieces = list(_PIECES.finditer(text))
    if not pieces:
        return []
    packed, script = scorer.rows_of("\n".join(piece[0] for piece in pieces), len(pieces))
    values = unpack(packed, len(typical) + 1)
    costs, letters = values[:, :-1], values[:, -1:]
    states = np.where(writes[:, script].T | (letters == 0), costs, FORBIDDEN)
    scripts = np.unique(script[script > 0]) if script.any() else np.zeros(1, dtype=np.uint8)
    path = _cheapest_path(np.concatenate([states, _unknown_costs(script, letters, scripts, typical, writes)], axis=1))
    bounds = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    found = []
    for first, end in itertools.pairwise(bounds):
        is_known = path[first] < len(typical)
        written = int(script[first:end][np.argmax(letters[first:end])] if is_known else scripts[path[first] - len(typical)])
        sums = Scores(costs[first:end].sum(axis=0, keepdims=True), letters[first:end].sum(axis=0), np.array([written]))
        decided = decide(sums, typical, writes)
        language = int(decided.language[0]) if is_known else NOT_TAUGHT
        found.append(Stretch(pieces[first].start(), pieces[end - 1].end(), language, float(decided.probability[0]), written))
    return found


def _unknown_costs(
    script: npt.NDArray[np.uint8], letters: Rows, scripts: npt.NDArray[np.uint8], typical: Rows, writes: npt.NDArray[np.bool_]
) -> Rows:
    """Return what each word costs [words, scripts] in an unknown language of each script.

    A letter says more in a script of many letters, so costs are measured by the taught languages of the same script, where there are any.
    """
    mean = typical.mean() if len(typical) else np.float32(0)
    level = np.array([typical[writes[:, each]].mean() if writes[:, each].any() else mean for each in scripts], dtype=np.float32)
    foreign = (script[:, None] != scripts) & (script[:, None] > 0)
    costs: Rows = letters * (level + np.float32(UNKNOWN_EXCESS) + foreign * np.float32(FOREIGN_EXCESS))
    return costs


def _cheapest_path(costs: Rows) -> npt.NDArray[np.int64]:
    """Return the state [words] of each word, given what each costs in each state [words, states]."""
    total = costs[0].astype(np.float64)
    before = np.zeros(costs.shape, dtype=np.int64)
    own = np.arange(costs.shape[1])
    for word in range(1, len(costs)):
        cheapest = int(total.argmin())
        change = total > total[cheapest] + CHANGE_COST
        before[word] = np.where(change, cheapest, own)
        total = np.minimum(total, total[cheapest] + CHANGE_COST) + costs[word]
    path = np.zeros(len(costs), dtype=np.int64)
    path[-1] = int(total.argmin())
    for word in range(len(costs) - 1, 0, -1):
        path[word - 1] = before[word, path[word]]
    return path
