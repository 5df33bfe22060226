"""Canaries: lines of random tokens planted in the training text, to measure how well a line is remembered that stood there so often.

Carlini et al. 2019, "The Secret Sharer", plant a line drawn by chance among many that could have been drawn, and ask how the model ranks
it among those: its exposure is log2(candidates) - log2(rank). A line that means nothing can only be known from the training text, and holds
nothing private. Each is a small document of its own; no document of the text is touched.

Lines and candidates are a pure function of the vocabulary and a seed: training plants them, measuring draws them again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mbegu.tokenizer.bpe import SPECIAL_TOKENS

Ids = npt.NDArray[np.int64]

LEARNT = "learnt.json"  # in the output of the training: what was planted, and which documents were not learnt from
LINE_TOKENS = 16
CANDIDATES = 1_024  # the line itself among them: an exposure of 10 bits at most
TIMES = (1, 1, 1, 1, 16, 4, 16, 4)  # how often each line stands in the text: once is what matters, 16 times shows that the test can see
MOST_TOKEN_SHARE = 0.001
MOST_DOCUMENT_SHARE = 0.01  # a model that begins a text from nothing begins one in so many as a canary does
PLANTED_STREAM, CANDIDATE_STREAM = 11, 12


def times_planted(lines: int, documents: int, tokens: int) -> tuple[int, ...]:
    """Return how often each planted line stands in the text: those of ``TIMES`` that fit, in rising order.

    Args:
        lines: how many different lines are wanted.
        documents: in the training text; all lines with their repeats may be 1 % of that number.
        tokens: in the training text; all lines with their repeats may be 0.1 % of that number.

    Returns:
        One number a line; empty where the text is too short for even one.
    """
    room = int(min(MOST_DOCUMENT_SHARE * documents, MOST_TOKEN_SHARE * tokens / (LINE_TOKENS + 1)))
    taken: list[int] = []
    for line in range(lines):
        times = TIMES[line % len(TIMES)]
        if times <= room:
            taken.append(times)
            room -= times
    return tuple(sorted(taken))


def planted_lines(lines: int, vocabulary_size: int, seed: int) -> Ids:
    """Return the lines that are planted, [lines, LINE_TOKENS] token ids, none of them special."""
    return _draw(lines, vocabulary_size, [seed, 0, PLANTED_STREAM])


def candidate_lines(vocabulary_size: int, seed: int) -> Ids:
    """Return the lines that might have been planted and were not, [CANDIDATES - 1, LINE_TOKENS] token ids."""
    return _draw(CANDIDATES - 1, vocabulary_size, [seed, 0, CANDIDATE_STREAM])


def _draw(lines: int, vocabulary_size: int, seeds: Sequence[int]) -> Ids:
    return np.random.default_rng(seeds).integers(len(SPECIAL_TOKENS), vocabulary_size, (lines, LINE_TOKENS))


def exposures(planted_bits: Sequence[float], candidate_bits: Sequence[float]) -> list[float]:
    """Return the exposure of each planted line in bits: log2(candidates) - log2(rank); chance alone gives 1.44 on average.

    Args:
        planted_bits: -log2 of the probability that the model gives each planted line.
        candidate_bits: the same of each line that was not planted.

    Source: Carlini et al. 2019, "The Secret Sharer", definition 4.
    """
    ordered = np.sort(np.asarray(candidate_bits))
    ranks = 1 + np.searchsorted(ordered, np.asarray(planted_bits), side="right")
    return [math.log2(len(ordered) + 1) - math.log2(rank) for rank in ranks.tolist()]


def chance_of(exposed: Sequence[float]) -> float:
    """Return how likely lines that never stood in the text would together come to these exposures or higher.

    The rank of such a line is uniform, so 2 ** -exposure is its probability, and several are put together by Fisher's method.

    Source: Fisher, Statistical Methods for Research Workers, 1932, section 21.1; the chi-squared tail of even degrees in closed form.
    """
    nats = math.log(2) * math.fsum(exposed)
    return min(1.0, math.exp(-nats) * math.fsum(nats**k / math.factorial(k) for k in range(len(exposed))))
