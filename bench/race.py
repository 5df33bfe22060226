"""What every contender of `against_peers.py` shares: text, tokens, a clock that stands still while results are measured, and the measuring."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from language_text import LanguageText, size_bytes
from mbegu.model.score import bits_per_byte, score_documents
from mbegu.tokenizer import bpe
from mbegu.tokenizer.bpe import END_OF_TEXT_ID
from mbegu.tokenizer.encode import encode_documents
from mbegu.tokenizer.train import train_tokenizer

CONTEXT_TOKENS = 256
SEQUENCES = 16
TOKENS_PER_STEP = CONTEXT_TOKENS * SEQUENCES
WARM_STEPS = 2
TIMED_STEPS = 8
LN_2 = 0.6931471805599453
Logits = Callable[[torch.Tensor], torch.Tensor]


def processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended, over all threads."""
    return sum(os.times()[:4])


class Clock:
    """Counts processor time from ``start`` on, without what is spent inside ``paused``."""

    def __init__(self) -> None:
        self._began_s = processor_seconds()

    def start(self) -> None:
        """Count from here."""
        self._began_s = processor_seconds()

    def spent_s(self) -> float:
        """Return the seconds counted so far."""
        return processor_seconds() - self._began_s

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Count nothing of what happens inside."""
        began_s = processor_seconds()
        yield
        self._began_s += processor_seconds() - began_s


class StepTimer:
    """Finds how long a step takes from when steps end: call ``after_step`` behind each of ``STEPS`` steps."""

    STEPS = WARM_STEPS + TIMED_STEPS

    def __init__(self) -> None:
        self._ends_s: list[float] = []

    def after_step(self) -> None:
        """Note that a step has ended."""
        self._ends_s.append(processor_seconds())

    def step_s(self) -> float:
        """Return the mean processor time of the steps after the warm-up."""
        return (self._ends_s[-1] - self._ends_s[WARM_STEPS - 1]) / TIMED_STEPS


@dataclass(frozen=True)
class TokenisedText:
    """The text of a language, its tokenizer, and the training documents as tokens, each followed by the end-of-text token."""

    text: LanguageText
    tokenizer: Tokenizer
    tokens: np.ndarray
    offsets: np.ndarray

    @staticmethod
    def make(text: LanguageText, vocabulary_size: int) -> TokenisedText:
        """Train a tokenizer on the training documents and encode them."""
        tokenizer = train_tokenizer(iter(text.train), vocabulary_size)
        documents = [np.append(ids, END_OF_TEXT_ID) for ids in encode_documents(tokenizer, text.train)]
        offsets = np.cumsum([0, *map(len, documents)]).astype(np.int64)
        return TokenisedText(text, tokenizer, np.concatenate(documents), offsets)

    @property
    def bytes_per_token(self) -> float:
        """Return the bytes of the training text for each of its tokens."""
        return size_bytes(self.text.train) / len(self.tokens)


class WindowEngine:
    """Scores documents with any model, through ``mbegu.model.score``.

    Args:
        logits: token ids [1, T] to logits [1, T, V], float32.
        tokenizer: of the model.
    """

    start_token = END_OF_TEXT_ID
    end_token = END_OF_TEXT_ID
    context = CONTEXT_TOKENS

    def __init__(self, logits: Logits, tokenizer: Tokenizer) -> None:
        self.logits, self.tokenizer = logits, tokenizer

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text."""
        return bpe.encode(self.tokenizer, text)

    @torch.no_grad()
    def log2_probabilities(self, tokens: Sequence[int], first_target: int) -> list[float]:
        """Return log2 p of each of ``tokens[first_target:]`` given all tokens before it."""
        ids = torch.tensor(tokens, dtype=torch.int64)
        logits = self.logits(ids[None, :-1])[0, first_target - 1 :]
        losses = F.cross_entropy(logits.float(), ids[first_target:], reduction="none")
        return [-nats / LN_2 for nats in losses.tolist()]


@dataclass
class Race:
    """One contender's run: what it gets, and where its results go.

    Args:
        contender: its name.
        data: text and tokens.
        budget_s: processor seconds that the training may take.
        marks_s: processor seconds at which to measure on the way; the end is always measured.
        heldout: documents to measure on.
        facts: what else each record says.
        out: JSON lines are appended here; ``None`` only prints them.
    """

    contender: str
    data: TokenisedText
    budget_s: float
    marks_s: tuple[float, ...]
    heldout: Sequence[str]
    facts: dict[str, Any] = field(default_factory=dict)
    out: Path | None = None
    clock: Clock = field(default_factory=Clock)

    def steps(self, step_s: float) -> int:
        """Return how many steps fill the budget."""
        return max(1, round(self.budget_s / step_s))

    def after_step(self, step: int, steps: int, judge: Callable[[], Logits], **facts: Any) -> None:
        """Measure when a mark is passed or the last step is done; the clock stands still meanwhile.

        Args:
            step: steps done.
            steps: of the whole run.
            judge: makes the function for ``WindowEngine`` from the weights as they are; called only when it is needed.
            facts: more for the record.
        """
        spent_s = self.clock.spent_s()
        passed = [mark for mark in self.marks_s if mark <= spent_s]
        if step < steps and not passed:
            return
        self.marks_s = self.marks_s[len(passed) :]
        with self.clock.paused():
            scores = score_documents(WindowEngine(judge(), self.data.tokenizer), self.heldout)
            tokens = step * TOKENS_PER_STEP
            record: dict[str, Any] = {
                "step": step,
                "steps": steps,
                "cpu_s": round(spent_s, 1),
                "tokens": tokens,
                "passes": round(tokens / len(self.data.tokens), 3),
            }
            record |= {"tokens_per_cpu_s": round(tokens / spent_s), "bits_per_byte": round(bits_per_byte(scores), 4), "is_end": step == steps}
            if step == steps:
                record["document_bits"] = [round(score.bits, 1) for score in scores]
            self.write({**record, **facts})

    def write(self, record: dict[str, Any]) -> None:
        """Print a record, without its long parts, and append it to the file."""
        whole = {"contender": self.contender, "language": self.data.text.language, **self.facts, **record}
        print(json.dumps({name: value for name, value in whole.items() if name != "document_bits"}), flush=True)
        if self.out is not None:
            with self.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(whole) + "\n")
