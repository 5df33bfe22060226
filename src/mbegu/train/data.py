"""Batches as a pure function of seed and step: whole documents, shuffled anew each pass, packed one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mbegu.tokenizer.bpe import END_OF_TEXT_ID
from mbegu.train.planfile import TrainingPlan

Tokens = npt.NDArray[np.unsignedinteger]
Offsets = npt.NDArray[np.int64]


class Batches(Protocol):
    """What a training reads: sequences of ``context`` tokens, of which a pass over the text has ``tokens_per_pass``."""

    context: int
    tokens_per_pass: int

    def batch(self, step: int, sequences: int) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of one step, each [sequences, context] int64."""


class PackedDocuments:
    """The endless stream of training text, addressed by position.

    A pass is all documents in an order drawn from (seed, pass), each ending in the end-of-text token; passes follow each
    other. Sequence number s is the tokens s * context to (s + 1) * context of that stream, and its targets the same moved on by
    one: nothing is cropped and nothing is padded, and any step can be made without the ones before it.

    Args:
        tokens: all documents one after another.
        offsets: [documents + 1]; document i is ``tokens[offsets[i]:offsets[i + 1]]``.
        chosen: indices of the documents to use.
        context: tokens a sequence.
        seed: of the shuffling.
    """

    def __init__(self, tokens: Tokens, offsets: Offsets, chosen: npt.NDArray[np.int64], context: int, seed: int) -> None:
        self.tokens, self.offsets, self.chosen = tokens, offsets, chosen
        self.context, self.seed = context, seed
        self.tokens_per_pass = int((offsets[chosen + 1] - offsets[chosen]).sum())
        self._pass = -1
        self._stream: Tokens = tokens[:0]

    def batch(self, step: int, sequences: int) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of one step, each [sequences, context] int64.

        Args:
            step: from 0.
            sequences: how many sequences each step takes.
        """
        length = sequences * self.context
        window = self._slice(step * length, length + 1)
        inputs = window[:-1].view(sequences, self.context)
        return inputs, window[1:].view(sequences, self.context)

    def _slice(self, start: int, length: int) -> Tensor:
        """Return ``length`` tokens of the stream, whose position 0 is an end-of-text token before the first document."""
        parts = []
        position = start - 1
        if position < 0:
            parts.append(np.zeros(1, dtype=self.tokens.dtype))
            position, length = 0, length - 1
        while length:
            which, within = divmod(position, self.tokens_per_pass)
            part = self._stream_of(which)[within : within + length]
            parts.append(part)
            position, length = position + len(part), length - len(part)
        return torch.from_numpy(np.concatenate(parts).astype(np.int64))

    def _stream_of(self, which: int) -> Tokens:
        if which != self._pass:
            order = np.random.default_rng([self.seed, which]).permutation(self.chosen)
            self._stream = np.concatenate([self.tokens[self.offsets[i] : self.offsets[i + 1]] for i in order])
            self._pass = which
        return self._stream


class WithRelated:
    """Batches of text of a related language among those of the model's own, ever fewer of them, as ``TrainingPlan.related_before`` says.

    Args:
        related: the text of the related language.
        own: the text of the model's own language.
        plan: how many of a model's steps read the former.
    """

    def __init__(self, related: Batches, own: Batches, plan: TrainingPlan) -> None:
        self.related, self.own, self.plan = related, own, plan
        self.context, self.tokens_per_pass = own.context, own.tokens_per_pass

    def batch(self, step: int, sequences: int) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of one step over all models, each [sequences, context] int64."""
        model, step = divmod(step, self.plan.steps)
        related_steps = self.plan.related_steps
        before = self.plan.related_before(step)
        if self.plan.related_before(step + 1) > before:
            return self.related.batch(model * related_steps + before, sequences)
        return self.own.batch(model * (self.plan.steps - related_steps) + step - before, sequences)


def plant(
    tokens: Tokens, offsets: Offsets, chosen: npt.NDArray[np.int64], lines: npt.NDArray[np.int64], times: Sequence[int]
) -> tuple[Tokens, Offsets, npt.NDArray[np.int64]]:
    """Add lines to the text as documents of their own, each chosen as often as it is to stand in a pass.

    Args:
        tokens: all documents one after another.
        offsets: [documents + 1].
        chosen: indices of the documents to use.
        lines: [lines, tokens a line] ids, without end-of-text token.
        times: how often each line stands in a pass.

    Returns:
        Tokens, offsets and chosen documents with the lines behind them.
    """
    ended = np.pad(lines, ((0, 0), (0, 1)), constant_values=END_OF_TEXT_ID)
    ends = offsets[-1] + ended.shape[1] * np.arange(1, len(lines) + 1)
    added = len(offsets) - 1 + np.repeat(np.arange(len(lines)), times)
    return np.concatenate([tokens, ended.ravel().astype(tokens.dtype)]), np.concatenate([offsets, ends]), np.concatenate([chosen, added])


def choose_validation(offsets: Offsets, share: float, most_tokens: int, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Set some training documents aside to watch the training with; the held-out documents stay untouched.

    A document longer than ``most_tokens``, or than a quarter of the text, is never set aside: too much would be lost to it.

    Args:
        offsets: [documents + 1].
        share: of the tokens to set aside, at most a half.
        most_tokens: no more than this; the last document may go beyond either.
        seed: of the choice.

    Returns:
        Indices of the documents to train on and of those to watch with, both sorted; the latter is empty when no document is short enough.
    """
    lengths = np.diff(offsets)
    wanted = min(share * float(lengths.sum()), most_tokens)
    order = np.random.default_rng([seed, 7]).permutation(len(lengths))
    order = order[lengths[order] <= min(most_tokens, lengths.sum() / 4)]
    before = np.cumsum(lengths[order]) - lengths[order]
    watched = order[before < wanted]
    return np.setdiff1d(np.arange(len(lengths)), watched), np.sort(watched)
