"""Training: the size it chooses, and the same bytes on any number of threads."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.tokenizer.texts import TEXTS

from mbegu.tokenizer.bpe import encode
from mbegu.tokenizer.train import choose_vocabulary_size, train_tokenizer

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib
from mbegu.tokenizer.train import train_tokenizer
from tests.tokenizer.texts import TEXTS
print(hashlib.sha256(train_tokenizer(TEXTS, 900).to_str(pretty=True).encode()).hexdigest())
"""


@pytest.mark.parametrize(
    ("text_bytes", "expected"),
    [(0, 512), (1_000, 512), (200_000, 1_280), (1_000_000, 3_072), (7_500_000, 8_192), (30_000_000, 16_384), (10**12, 16_384)],
)
def test_the_size_follows_the_amount_of_text(text_bytes: int, expected: int) -> None:
    assert choose_vocabulary_size(text_bytes) == expected
    assert f"{expected:,}" in choose_vocabulary_size.__doc__ or text_bytes < 200_000


def test_the_size_is_a_multiple_of_256_and_never_falls() -> None:
    sizes = [choose_vocabulary_size(count) for count in range(0, 40_000_000, 333_333)]
    assert all(size % 256 == 0 for size in sizes)
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("threads", ["1", "2", "4"])
def test_the_same_text_gives_the_same_bytes_on_any_number_of_threads(threads: str) -> None:
    environment = {**os.environ, "RAYON_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "true", "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": threads}
    told = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, cwd=ROOT, capture_output=True, check=True, encoding="utf-8")
    here = hashlib.sha256(train_tokenizer(TEXTS, 900).to_str(pretty=True).encode()).hexdigest()
    assert told.stdout.strip() == here


def test_frequent_words_become_one_token() -> None:
    tokenizer = train_tokenizer(TEXTS, 900)
    for word in (" ọ̀rẹ́", " ትምህርት", " الأطفال", " makaranta"):
        assert len(encode(tokenizer, word)) == 1, word


def test_little_text_gives_fewer_tokens_than_asked() -> None:
    assert train_tokenizer(["ẹ̀kọ́"], 5_000).get_vocab_size() < 300
    assert train_tokenizer([], 5_000).get_vocab_size() == 259


def test_rare_pairs_are_not_joined() -> None:
    often = train_tokenizer(TEXTS, 5_000, min_frequency=50).get_vocab_size()
    assert 259 < often < train_tokenizer(TEXTS, 5_000, min_frequency=2).get_vocab_size()
