"""Runs a model folder with torch: scores documents and writes on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from mbegu.core.errors import DamageError
from mbegu.core.report import Say
from mbegu.model.decoder import Decoder
from mbegu.model.folder import load_model
from mbegu.model.score import DocumentScore, require_finite, score_documents
from mbegu.tokenizer import bpe
from mbegu.tokenizer.bpe import END_OF_TEXT_ID

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENS_AT_ONCE = 256  # whose logits exist together
COLDEST = 1e-6  # below this the likeliest token is all there is, and dividing by it would overflow
SEEDS = 2**64


class TorchEngine:
    """A decoder with its tokenizer.

    Args:
        model: the decoder; runs where its weights are, in its dtype.
        tokenizer: the one it was trained with.
        where: the folder it was read from, for messages.
    """

    name = "torch"
    start_token = END_OF_TEXT_ID
    end_token = END_OF_TEXT_ID

    def __init__(self, model: Decoder, tokenizer: Tokenizer, where: str | Path = "") -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.where = where
        self.context = model.config.context

    @staticmethod
    def open(folder: Path, threads: int | None = None, dtype: torch.dtype = torch.float32) -> TorchEngine:
        """Open a model folder. Raises as ``load_model`` does, and ``DamageError`` where the tokenizer is of another model."""
        if threads:
            torch.set_num_threads(threads)
        model, tokenizer = load_model(folder, dtype), bpe.open_tokenizer(folder)
        if max(tokenizer.get_vocab().values(), default=0) >= model.config.vocabulary_size:
            raise DamageError("the tokenizer has tokens that the model has not", folder, "copy the whole model folder anew")
        return TorchEngine(model, tokenizer, folder)

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text after NFC; special tokens written in it stay text."""
        return bpe.encode(self.tokenizer, text)

    @torch.no_grad()
    def log2_probabilities(self, tokens: Sequence[int], first_target: int) -> list[float]:
        """Return log2 p of each token after those before it.

        Args:
            tokens: a window of at most ``context`` ids.
            first_target: index in ``tokens`` of the first one to score, at least 1.

        Returns:
            One value for each of ``tokens[first_target:]``.

        Raises:
            DamageError: a value is no number.
        """
        ids = torch.tensor(tokens, dtype=torch.int64, device=self.model.cos.device)
        hidden = self.model.hidden(ids[None, :-1])[0, first_target - 1 :]
        weight = self.model.output.to(hidden.dtype)
        targets = ids[first_target:]
        pieces = zip(torch.split(hidden, TOKENS_AT_ONCE), torch.split(targets, TOKENS_AT_ONCE), strict=True)
        losses = [F.cross_entropy(F.linear(some, weight).float(), target, reduction="none") for some, target in pieces]
        found = [-value / math.log(2) for value in torch.cat(losses).tolist()]
        require_finite(found, self.where)
        return found

    @torch.no_grad()
    def bits_of_rows(self, rows: Tensor) -> list[float]:
        """Return -log2 p of each row without its first token, which is only read.

        Args:
            rows: [rows, tokens] int64 ids, at most ``context`` + 1 tokens.
        """
        bits: list[float] = []
        for logits, targets in self._row_logits(rows, 1):
            nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)
            bits += (nats.double().sum(1) / math.log(2)).tolist()
        return bits

    @torch.no_grad()
    def guesses_right(self, rows: Tensor, first_target: int) -> Tensor:
        """Return whether each token is the one that the model finds likeliest after those before it.

        Args:
            rows: [rows, tokens] int64 ids, at most ``context`` + 1 tokens.
            first_target: index of the first token to guess, at least 1.

        Returns:
            bool [rows, tokens - first_target]. A row that is all true is what the model would write by itself, token by token.
        """
        return torch.cat([logits.argmax(-1) == targets for logits, targets in self._row_logits(rows, first_target)]).cpu()

    def _row_logits(self, rows: Tensor, first_target: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield logits [some rows, targets, V] in float32 and targets [some rows, targets]."""
        weight = self.model.output.to(self.model.dtype)
        for some in torch.split(rows.to(weight.device), max(1, TOKENS_AT_ONCE * 4 // rows.shape[1])):
            hidden = self.model.hidden(some[:, :-1])[:, first_target - 1 :]
            yield F.linear(hidden, weight).float(), some[:, first_target:]

    def score(self, documents: Sequence[str], say: Say | None = None) -> list[DocumentScore]:
        """Return bits, bytes and tokens of each document; see ``mbegu.model.score``."""
        return score_documents(self, documents, say)

    @torch.no_grad()
    def complete(self, prompt: str, n_tokens: int = 64, temperature: float = 0.8, seed: int = 0) -> Iterator[str]:
        """Write on after ``prompt``, a piece of text at a time, until ``n_tokens`` or the end of the text.

        Args:
            prompt: what comes before.
            n_tokens: how many tokens at most.
            temperature: 0 takes the likeliest token; 1 draws from the model's own distribution.
            seed: of the drawing; the same seed writes the same text.

        Raises:
            DamageError: the model gives values that are no numbers.
        """
        generator = torch.Generator().manual_seed(seed % SEEDS)
        tokens = [END_OF_TEXT_ID, *self.encode(prompt)]
        start, said = len(tokens), ""
        for _ in range(n_tokens):
            logits = self.model.logits(torch.tensor([tokens[-self.context :]], device=self.model.cos.device))[0, -1].cpu()
            require_finite([float(logits.sum())], self.where)
            token = _draw(logits, temperature, generator)
            if token == END_OF_TEXT_ID:
                break
            tokens.append(token)
            text = bpe.decode(self.tokenizer, tokens[start:])
            if not text.endswith("\ufffd"):
                yield text[len(said) :]
                said = text


def _draw(logits: Tensor, temperature: float, generator: torch.Generator) -> int:
    if temperature < COLDEST:
        return int(logits.argmax())
    return int(torch.multinomial((logits / temperature).softmax(0), 1, generator=generator))
