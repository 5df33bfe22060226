"""Batches as a pure function of seed and step: whole documents, shuffled anew each pass, packed one after another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mbegu.tokenizer.bpe import END_OF_TEXT_ID
from mbegu.train.parts import InParts, Tokens
from mbegu.train.planfile import TrainingPlan

Offsets = npt.NDArray[np.int64]
PARTS_STREAM = 5  # tells the numbers that choose what is written in parts from those that shuffle


class Batches(Protocol):
    """What a training reads: sequences of ``context`` tokens."""

    context: int

    def batch(self, step: int, sequences: int) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of one step, each [sequences, context] int64."""

    def passes(self, steps: range, sequences: int) -> float:
        """Return how often the model's own text is read in these steps."""


class PackedDocuments:
    """The endless stream of training text, addressed by position.

    A pass is all documents in an order drawn from (seed, pass), each ending in the end-of-text token; passes follow each
    other. Sequence number s is the tokens s * context to (s + 1) * context of that stream, and its targets the same moved on by
    one: nothing is cropped and nothing is padded, and any step can be made without the ones before it. Passes that are written in
    parts are longer by as many tokens as are written as two, so where each begins is known too; then each model begins with a pass
    of its own, and the last pass of the model before it ends there.

    Args:
        tokens: all documents one after another.
        offsets: [documents + 1]; document i is ``tokens[offsets[i]:offsets[i + 1]]``.
        chosen: indices of the documents to use.
        context: tokens a sequence.
        seed: of the shuffling.
        in_parts: which passes are written in parts; none by default.
    """

    def __init__(
        self, tokens: Tokens, offsets: Offsets, chosen: npt.NDArray[np.int64], context: int, seed: int, in_parts: InParts | None = None
    ) -> None:
        self.tokens, self.offsets, self.chosen = tokens, offsets, chosen
        self.context, self.seed, self.in_parts = context, seed, in_parts
        self.tokens_per_pass = int((offsets[chosen + 1] - offsets[chosen]).sum())
        if not self.tokens_per_pass:
            raise ValueError("there are no tokens to learn from")
        self._more_in_parts = in_parts.count(self._documents(chosen)) if in_parts else 0
        self._begins = [0]  # where each pass begins in the stream, and the one after the last of them
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

    def passes(self, steps: range, sequences: int) -> float:
        """Return how often the text is read in these steps."""
        length = sequences * self.context
        return self._passes_before(steps.stop * length) - self._passes_before(steps.start * length)

    def _passes_before(self, position: int) -> float:
        ends = [*self._begins[1 : self._pass_at(position) + 1], position]
        return sum((end - begin) / self._length(begin) for begin, end in zip(self._begins, ends, strict=False))

    def _slice(self, start: int, length: int) -> Tensor:
        """Return ``length`` tokens of the stream, whose position 0 is an end-of-text token before the first document."""
        parts = []
        position = start - 1
        if position < 0:
            parts.append(np.zeros(1, dtype=self.tokens.dtype))
            position, length = 0, length - 1
        while length:
            which = self._pass_at(position)
            begin, end = self._begins[which : which + 2]
            part = self._stream_of(which)[position - begin : end - begin][:length]
            parts.append(part)
            position, length = position + len(part), length - len(part)
        return torch.from_numpy(np.concatenate(parts).astype(np.int64))

    def _pass_at(self, position: int) -> int:
        """Return the number of the pass that holds a position."""
        while self._begins[-1] <= position:
            begin = self._begins[-1]
            end = begin + self._length(begin)
            self._begins.append(min(end, self.in_parts.next_model(begin)) if self.in_parts else end)
        return bisect_right(self._begins, position) - 1

    def _length(self, begin: int) -> int:
        """Return how many tokens a whole pass that begins there has."""
        return self.tokens_per_pass + (self._more_in_parts if self.in_parts and self.in_parts.holds(begin) else 0)

    def _stream_of(self, which: int) -> Tokens:
        if which != self._pass:
            order = np.random.default_rng([self.seed, which]).permutation(self.chosen)
            self._stream = self._documents(order)
            if self.in_parts and self.in_parts.holds(self._begins[which]):
                self._stream = self.in_parts.write(self._stream, np.random.default_rng([self.seed, which, PARTS_STREAM]))
            self._pass = which
        return self._stream

    def _documents(self, order: npt.NDArray[np.int64]) -> Tokens:
        return np.concatenate([self.tokens[self.offsets[i] : self.offsets[i + 1]] for i in order])


class WithRelated:
    """Batches of text of a related language among those of the model's own, ever fewer of them, as ``TrainingPlan.related_before`` says.

    Args:
        related: the text of the related language.
        own: the text of the model's own language.
        plan: how many of a model's steps read the former.
    """

    def __init__(self, related: Batches, own: Batches, plan: TrainingPlan) -> None:
        self.related, self.own, self.plan = related, own, plan
        self.context = own.context

    def batch(self, step: int, sequences: int) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of one step over all models, each [sequences, context] int64."""
        before = self._related_before(step)
        if self._related_before(step + 1) > before:
            return self.related.batch(before, sequences)
        return self.own.batch(step - before, sequences)

    def passes(self, steps: range, sequences: int) -> float:
        """Return how often the own text is read in these steps."""
        own = range(steps.start - self._related_before(steps.start), steps.stop - self._related_before(steps.stop))
        return self.own.passes(own, sequences)

    def _related_before(self, step: int) -> int:
        """Return how many of the first ``step`` steps over all models read the related language."""
        model, step = divmod(step, self.plan.steps)
        return model * self.plan.related_steps + self.plan.related_before(step)


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
