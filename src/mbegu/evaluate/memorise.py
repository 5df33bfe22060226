"""How much of its text a model knows by heart: beginnings continued word for word, and the exposure of planted canaries.

A document counts as continued when the model, given its first 50 tokens and always taking the likeliest token, writes the next 50 as they
stand (Carlini et al. 2023, "Quantifying Memorization Across Neural Language Models", definition 3.1). That is so just when the likeliest
token is the right one at each of the 50 places given the right ones before it: one look at each document tells, nothing need be written.

Set phrases can be continued without having been learnt from this text, so the same is measured on held-out documents. A beginning that also
begins other documents (a masthead, a form) has several right continuations; such documents are left out on both sides and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mbegu.evaluate.intervals import Interval, bootstrap_ratio, clopper_pearson
from mbegu.evaluate.results import bounds, rounded
from mbegu.model.canaries import CANDIDATES, LINE_TOKENS, candidate_lines, chance_of, exposures, planted_lines
from mbegu.tokenizer.bpe import END_OF_TEXT_ID
from mbegu.tokenizer.encode import TokenShard

if TYPE_CHECKING:
    from mbegu.model.torch_engine import TorchEngine

PROMPT_TOKENS, CONTINUED_TOKENS = 50, 50
SAMPLE_SEED = 20_260_102
UNLIKELY = 0.01  # lines of no meaning ranked so high by chance alone: rarer than this they are called recognised

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Beginnings:
    """The first tokens of some documents: ``rows`` [documents, 1 + 100] behind an end-of-text token; ``left_out`` begin like others."""

    rows: Ids
    left_out: int


@dataclass(frozen=True)
class Continued:
    """How far the model continued each document as it stands, in tokens of ``CONTINUED_TOKENS``."""

    tokens: Sequence[int]
    left_out: int

    @property
    def whole(self) -> int:
        """How many documents were continued to the end."""
        return sum(each == CONTINUED_TOKENS for each in self.tokens)

    @property
    def share(self) -> float:
        """Those continued to the end, of all."""
        return self.whole / max(len(self.tokens), 1)

    @property
    def interval(self) -> Interval:
        """Of ``share``."""
        return clopper_pearson(self.whole, len(self.tokens))

    def as_json(self, resamples: int) -> dict[str, Any]:
        """Return plain values; ``mean_tokens`` is the mean length of what was continued right."""
        count = len(self.tokens)
        return {
            "documents": count,
            "continued": self.whole,
            "share": rounded(self.share) if count else None,
            "interval": bounds(self.interval),
            "mean_tokens": rounded(sum(self.tokens) / count) if count else None,
            "mean_tokens_interval": bounds(bootstrap_ratio(self.tokens, [1] * count, resamples)),
            "left_out": self.left_out,
        }


def beginnings_of(shard: TokenShard) -> Counter[bytes]:
    """Return how many documents begin with each run of ``PROMPT_TOKENS`` tokens."""
    long_enough = np.flatnonzero(np.diff(shard.offsets) > PROMPT_TOKENS).tolist()
    return Counter(_beginning(shard, index) for index in long_enough)


def _beginning(shard: TokenShard, index: int) -> bytes:
    start = shard.offsets[index]
    return shard.tokens[start : start + PROMPT_TOKENS].astype(np.uint32).tobytes()


def choose_beginnings(shard: TokenShard, chosen: Iterable[int], known: Mapping[bytes, int], times: int, most: int) -> Beginnings:
    """Draw documents that are long enough and whose beginning is their own.

    Args:
        shard: the documents.
        chosen: indices of those to draw from.
        known: how many training documents begin with each run of tokens.
        times: how many of these a document may meet: 1 for a training document, itself; 0 for one that is held out.
        most: how many to draw; always the same ones.
    """
    lengths = np.diff(shard.offsets)
    enough = [index for index in chosen if lengths[index] > PROMPT_TOKENS + CONTINUED_TOKENS]
    own = [index for index in enough if known.get(_beginning(shard, index), 0) <= times]
    drawn = np.random.default_rng(SAMPLE_SEED).permutation(np.array(own, dtype=np.int64))[:most]
    starts = shard.offsets[drawn][:, None] + np.arange(PROMPT_TOKENS + CONTINUED_TOKENS)
    rows = np.pad(shard.tokens[starts].astype(np.int64), ((0, 0), (1, 0)), constant_values=END_OF_TEXT_ID)
    return Beginnings(rows, len(enough) - len(own))


def measure_continued(engine: TorchEngine, beginnings: Beginnings) -> Continued:
    """Return how far the model continues each document as it stands. The engine's context must hold 100 tokens."""
    import torch

    if not len(beginnings.rows):
        return Continued([], beginnings.left_out)
    right = engine.guesses_right(torch.from_numpy(beginnings.rows), 1 + PROMPT_TOKENS)
    return Continued(right.long().cumprod(1).sum(1).tolist(), beginnings.left_out)


def measure_canaries(engine: TorchEngine, planted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the exposure of the lines planted in the training text, by how often they stood there, and how many it writes to their end.

    Exposure says that a model tells a line from those that never stood in its text; ``completed`` counts the lines that it writes out
    when it is given their first half, which is much more.

    Args:
        engine: the trained model.
        planted: ``canaries`` of the training's learnt.json: how many were ``asked`` for, the ``times`` of each, and the ``seed``.

    Returns:
        ``groups``, the rarest lines first; empty with a ``reason`` where none were planted.
    """
    import torch

    times, seed = planted["times"], planted["seed"]
    table: dict[str, Any] = {"tokens": LINE_TOKENS, "candidates": CANDIDATES, "groups": []}
    if not times:
        return {**table, "reason": "the text is too short to plant lines in it" if planted["asked"] else "plan.toml says canaries = 0"}
    size = engine.model.config.vocabulary_size
    lines = np.concatenate([planted_lines(len(times), size, seed), candidate_lines(size, seed)])
    rows = torch.from_numpy(np.pad(lines, ((0, 0), (1, 0)), constant_values=END_OF_TEXT_ID))
    bits = engine.bits_of_rows(rows)
    completed = engine.guesses_right(rows[: len(times)], 1 + LINE_TOKENS // 2).all(1).tolist()
    exposed = exposures(bits[: len(times)], bits[len(times) :])
    for count in sorted(set(times)):
        own = [value for value, each in zip(exposed, times, strict=True) if each == count]
        table["groups"].append(
            {
                "times": count,
                "lines": len(own),
                "exposure": rounded(sum(own) / len(own)),
                "chance": rounded(chance_of(own)),
                "recognised": chance_of(own) < UNLIKELY,
                "completed": sum(done for done, each in zip(completed, times, strict=True) if each == count),
            }
        )
    return table


def measure_memory(
    engine: TorchEngine, train: TokenShard, heldout: TokenShard, learnt: Mapping[str, Any], most: int, resamples: int
) -> dict[str, Any]:
    """Measure what the model knows by heart.

    Args:
        engine: the trained model.
        train: the training documents.
        heldout: the documents held out.
        learnt: the training's learnt.json: which documents were ``set_aside``, and the ``canaries``.
        most: documents to try of each.
        resamples: how many times to draw for an interval.

    Returns:
        The ``memory`` table of results.json. ``repeats`` says whether a warning is due: training documents are continued more often than
        unseen ones (the whole interval lies above their share), or a line that stood in the text once is written to its end.
    """
    table: dict[str, Any] = {
        "prompt_tokens": PROMPT_TOKENS,
        "continued_tokens": CONTINUED_TOKENS,
        "canaries": measure_canaries(engine, learnt["canaries"]),
    }
    repeats = any(group["completed"] and group["times"] == 1 for group in table["canaries"]["groups"])
    if engine.context < PROMPT_TOKENS + CONTINUED_TOKENS:
        return {**table, "training": None, "heldout": None, "reason": f"its context of {engine.context} tokens is too short", "repeats": repeats}
    known = beginnings_of(train)
    seen = sorted(set(range(len(train))) - set(learnt["set_aside"]))
    training = measure_continued(engine, choose_beginnings(train, seen, known, 1, most))
    unseen = measure_continued(engine, choose_beginnings(heldout, range(len(heldout)), known, 0, most))
    low = training.interval.low
    table |= {"training": training.as_json(resamples), "heldout": unseen.as_json(resamples)}
    return {**table, "repeats": repeats or (low is not None and low > unseen.share)}
