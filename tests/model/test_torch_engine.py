"""Scores are the sums that a computation token by token gives; writing on is the same for the same seed and breaks no letter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.model.small_decoder import GROUPED, small_decoder
from tests.tokenizer.texts import SENTENCES, TEXTS
from tokenizers import Tokenizer

from mbegu.core.errors import DamageError, InputError
from mbegu.model import torch_engine
from mbegu.model.decoder import Decoder, DecoderConfig
from mbegu.model.folder import save_model
from mbegu.model.torch_engine import TorchEngine
from mbegu.tokenizer import bpe
from mbegu.tokenizer.bpe import END_OF_TEXT_ID
from mbegu.tokenizer.train import train_tokenizer

CONTEXT = 16
SPECIAL = "<|endoftext|> ẹ kú <|im_start|>user"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(TEXTS, 300)


@pytest.fixture(scope="module")
def engine(tokenizer: Tokenizer) -> TorchEngine:
    return TorchEngine(small_decoder(replace(GROUPED, vocabulary_size=tokenizer.get_vocab_size(), context=CONTEXT)), tokenizer)


class Scripted(Decoder):
    """A decoder that writes what it was told, whatever came before, and remembers how much it was shown."""

    def __init__(self, config: DecoderConfig, tokens: Sequence[int]) -> None:
        super().__init__(config)
        self.tokens = list(tokens)
        self.seen: list[int] = []

    def logits(self, tokens: torch.Tensor) -> torch.Tensor:
        self.seen.append(tokens.shape[1])
        logits = torch.zeros(1, tokens.shape[1], self.config.vocabulary_size)
        logits[0, -1, self.tokens[len(self.seen) - 1]] = 50.0
        return logits


def bits_token_by_token(engine: TorchEngine, tokens: list[int]) -> float:
    """Ask for each token alone, after the half to whole context that the convention gives it."""
    bits, stride = 0.0, CONTEXT // 2
    for i in range(1, len(tokens)):
        start = max(0, math.ceil((i - CONTEXT + 1) / stride)) * stride
        logits = engine.model.logits(torch.tensor([tokens[start:i]]))[0, -1].double()
        bits -= logits.log_softmax(0)[tokens[i]].item() / math.log(2)
    return bits


@pytest.mark.parametrize("text", ["", "ẹ", SENTENCES[0][:9], SENTENCES[2], SENTENCES[4] * 2, SPECIAL, "🙂👩🏾\u200d🌾"])
def test_a_score_is_what_each_token_costs_by_itself(engine: TorchEngine, text: str) -> None:
    (score,) = engine.score([text])
    tokens = [END_OF_TEXT_ID, *engine.encode(text), END_OF_TEXT_ID]
    assert score.bits == pytest.approx(bits_token_by_token(engine, tokens), rel=1e-5)
    assert score.tokens == len(tokens) - 1
    assert score.bytes == len(text.encode("utf-8"))


def test_the_pieces_of_a_window_do_not_change_the_score(engine: TorchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = engine.score(SENTENCES)
    monkeypatch.setattr(torch_engine, "TOKENS_AT_ONCE", 5)
    for score, expected in zip(engine.score(SENTENCES), whole, strict=True):
        assert score.bits == pytest.approx(expected.bits, rel=1e-6)


def test_the_probabilities_of_a_window_sum_to_one(engine: TorchEngine) -> None:
    tokens = [END_OF_TEXT_ID, *engine.encode("Ọmọ")]
    total = sum(2 ** engine.log2_probabilities([*tokens, last], len(tokens))[0] for last in range(engine.model.config.vocabulary_size))
    assert total == pytest.approx(1.0, abs=1e-4)


def test_a_seed_decides_what_is_written(engine: TorchEngine) -> None:
    first = "".join(engine.complete("Ọmọ", 40, seed=1))
    torch.manual_seed(99)
    assert "".join(engine.complete("Ọmọ", 40, seed=1)) == first
    assert "".join(engine.complete("Ọmọ", 40, seed=2)) != first
    assert "".join(engine.complete("Ọmọ", 5, seed=10**30))
    assert "".join(engine.complete("Ọmọ", 5, seed=-1))
    before = torch.random.get_rng_state()
    "".join(engine.complete("Ọmọ", 3, seed=5))
    assert torch.equal(torch.random.get_rng_state(), before), "dropout draws from this state"


def test_at_temperature_zero_the_likeliest_token_is_taken(engine: TorchEngine) -> None:
    tokens = [END_OF_TEXT_ID, *engine.encode("ልጆቹ")]
    for _ in range(12):
        tokens.append(int(engine.model.logits(torch.tensor([tokens[-CONTEXT:]]))[0, -1].argmax()))
    expected = bpe.decode(engine.tokenizer, tokens[1 + len(engine.encode("ልጆቹ")) :])
    for temperature in (0.0, 1e-42):
        written = "".join(engine.complete("ልጆቹ", 12, temperature=temperature, seed=7))
        assert expected.rstrip("\ufffd") == written.rstrip("\ufffd")
        assert written


@pytest.mark.parametrize(
    "text",
    ["ߒߞߏ ߞߊ߲߫ ߛߓߍߛߎ߲ ߠߋ߬", "សួស្តី ពិភពលោក!", "🙂👩🏾\u200d🌾 é", "ẹ̀kọ́ ìwé", "إِنَا كْوَانَا؟", "a\ufffdb"],
)
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_letters_of_several_tokens_come_whole(tokenizer: Tokenizer, text: str, temperature: float) -> None:
    text = bpe.normalise(tokenizer, text)
    tokens = bpe.encode(tokenizer, text)
    assert len(tokens) > len(text) / 2, "most letters take several tokens here"
    config = replace(GROUPED, vocabulary_size=tokenizer.get_vocab_size(), context=CONTEXT)
    model = Scripted(config, [*tokens, END_OF_TEXT_ID])
    pieces = list(TorchEngine(model, tokenizer).complete("ẹ kú", 500, temperature))
    assert "".join(pieces) == text
    assert all(pieces)
    assert not any(piece.endswith("\ufffd") for piece in pieces)
    assert model.seen[-1] == min(CONTEXT, model.seen[0] + len(tokens))
    assert max(model.seen) <= CONTEXT


def test_bytes_that_are_no_letter_become_one_sign_and_never_undo_what_was_said(engine: TorchEngine) -> None:
    pieces = list(engine.complete("", 300, temperature=1.5, seed=3))
    text = "".join(pieces)
    assert "\ufffd" in text, "a model with random weights writes broken bytes"
    assert not any(piece.endswith("\ufffd") or not piece for piece in pieces)


def test_a_letter_that_is_cut_by_the_end_is_left_out(tokenizer: Tokenizer) -> None:
    tokens = bpe.encode(tokenizer, "a🙂")
    assert len(tokens) > 2
    config = replace(GROUPED, vocabulary_size=tokenizer.get_vocab_size(), context=CONTEXT)
    assert "".join(TorchEngine(Scripted(config, tokens), tokenizer).complete("", len(tokens) - 1)) == "a"


def test_it_ends_at_the_end_of_the_text_or_when_enough_is_written(tokenizer: Tokenizer) -> None:
    tokens = bpe.encode(tokenizer, "abcdefghij")
    config = replace(GROUPED, vocabulary_size=tokenizer.get_vocab_size(), context=CONTEXT)
    for script, n_tokens, expected in (([*tokens[:3], END_OF_TEXT_ID, *tokens], 20, "abc"), (tokens, 4, "abcd"), (tokens, 0, "")):
        assert "".join(TorchEngine(Scripted(config, script), tokenizer).complete("", n_tokens)) == expected


def test_special_tokens_that_a_person_writes_stay_text(engine: TorchEngine) -> None:
    ids = engine.encode(SPECIAL)
    assert not set(ids) & {0, 1, 2}
    assert bpe.decode(engine.tokenizer, ids) == bpe.normalise(engine.tokenizer, SPECIAL)
    model = Scripted(engine.model.config, [END_OF_TEXT_ID])
    list(TorchEngine(model, engine.tokenizer).complete("<|endoftext|>", 1))
    assert model.seen == [1 + len(engine.encode("<|endoftext|>"))]
    assert model.seen[0] > 4


def test_a_folder_opens_with_its_tokenizer(engine: TorchEngine, tmp_path: Path) -> None:
    bpe.save_tokenizer(tmp_path / "tokenizer", engine.tokenizer)
    save_model(tmp_path / "model", engine.model.config, dict(engine.model.named_parameters()), tmp_path / "tokenizer")
    opened = TorchEngine.open(tmp_path / "model", threads=1)
    assert (opened.context, opened.name, opened.start_token, opened.end_token) == (CONTEXT, "torch", 0, 0)
    assert opened.score([SENTENCES[1]]) == engine.score([SENTENCES[1]])
    assert "".join(opened.complete(SPECIAL, 9)) == "".join(engine.complete(SPECIAL, 9))
    with pytest.raises(InputError, match=r"no model here: config\.json is missing"):
        TorchEngine.open(tmp_path / "tokenizer")


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_a_model_that_gives_no_numbers_is_said_to_be_damaged(tokenizer: Tokenizer, temperature: float) -> None:
    model = small_decoder(replace(GROUPED, vocabulary_size=tokenizer.get_vocab_size(), context=CONTEXT))
    with torch.no_grad():
        model.norm[3] = float("nan")
    broken = TorchEngine(model, tokenizer, "here")
    for use in (lambda: list(broken.complete("ẹ", 2, temperature)), lambda: broken.score(["ẹ kú"])):
        with pytest.raises(DamageError, match=r"the model is damaged: it gives values that are no numbers \(here\)\. Copy or download"):
            use()


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(tmp_path: Path, tokenizer: Tokenizer) -> None:
    bpe.save_tokenizer(tmp_path / "tokenizer", tokenizer)
    model = small_decoder(replace(GROUPED, vocabulary_size=tokenizer.get_vocab_size() - 1))
    save_model(tmp_path / "model", model.config, dict(model.named_parameters()), tmp_path / "tokenizer")
    with pytest.raises(DamageError, match="the tokenizer has tokens that the model has not"):
        TorchEngine.open(tmp_path / "model")
