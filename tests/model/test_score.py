"""Windows cover every token once, and the sum over them is the document's cost."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

import pytest

from mbegu.model.score import DocumentScore, bits_per_byte, score_document, score_documents, scoring_windows


class EvenOdds:
    """Gives every byte 1 bit, and the end of the text 3; remembers the windows."""

    context = 8
    start_token = 256
    end_token = 257

    def __init__(self) -> None:
        self.windows: list[tuple[int, int]] = []

    def encode(self, text: str) -> list[int]:
        return list(text.encode("utf-8"))

    def log2_probabilities(self, tokens: Sequence[int], first_target: int) -> list[float]:
        self.windows.append((len(tokens), first_target))
        return [-3.0 if token == self.end_token else -1.0 for token in tokens[first_target:]]


@pytest.mark.parametrize("n_tokens", [2, 7, 8, 9, 12, 13, 100])
@pytest.mark.parametrize("context", [2, 3, 8, 9])
def test_every_token_but_the_first_is_a_target_once(n_tokens: int, context: int) -> None:
    windows = scoring_windows(n_tokens, context)
    targets = [target for _, end, first in windows for target in range(first, end)]
    assert targets == list(range(1, n_tokens))
    assert all(end - start <= context and first > start for start, end, first in windows)


def test_later_targets_have_at_least_half_a_context_before_them() -> None:
    assert scoring_windows(20, 8) == [(0, 8, 1), (4, 12, 8), (8, 16, 12), (12, 20, 16)]


def test_a_sequence_without_targets_has_no_window() -> None:
    assert scoring_windows(1, 8) == []


def test_a_context_of_one_token_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves nothing to predict"):
        scoring_windows(10, 1)


def test_a_document_pays_for_its_end_but_not_with_bytes() -> None:
    engine = EvenOdds()
    text = "ሰላም N'Ko ߒߞߏ"
    size = len(text.encode("utf-8"))
    assert score_document(engine, text) == DocumentScore(bits=size + 3.0, bytes=size, tokens=size + 1)
    assert engine.windows[0] == (8, 1)


def test_text_is_scored_in_its_nfc_form() -> None:
    apart = "ẹ́ à".replace("ẹ", "e\u0323").replace("à", "a\u0300")
    score = score_document(EvenOdds(), apart)
    assert score.bytes == len(unicodedata.normalize("NFC", apart).encode("utf-8")) < len(apart.encode("utf-8"))


def test_bits_per_byte_weighs_documents_by_their_bytes() -> None:
    scores = score_documents(EvenOdds(), ["a", "b" * 9, ""])
    assert bits_per_byte(scores) == pytest.approx((4 + 12 + 3) / 10)
    assert math.isnan(bits_per_byte([]))
