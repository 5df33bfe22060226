"""Training of the tokenizer: how many tokens a text can feed, and the merges themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tokenizers import Tokenizer, pre_tokenizers, trainers

from mbegu.tokenizer.bpe import SPECIAL_TOKENS, empty_tokenizer, pieces_of
from mbegu.tokenizer.settings import SMALLEST_VOCABULARY

TOKENS_PER_ROOT_BYTE = 3.0
CHOSEN_LARGEST_VOCABULARY = 16_384
STEP_TOKENS = 256
BYTE_SYMBOLS = 256


def choose_vocabulary_size(text_bytes: int) -> int:
    """Choose the number of tokens from the amount of training text.

    The number of different words in a text grows about with the square root of its length (Heaps' law), and a token that the
    model meets only a few times cannot be learnt; so does this: 3 tokens for each square root of a byte. 200 kB give 1,280,
    1 MB 3,072, 7.5 MB 8,192, 30 MB and more 16,384. The factor is set so that 7.5 MB get 8,192, the size with which a 12 M
    model on Yoruba was measured; it has not been searched for.

    Args:
        text_bytes: UTF-8 bytes of the training documents.

    Returns:
        A multiple of 256 between 512 and 16,384.
    """
    steps = round(TOKENS_PER_ROOT_BYTE * math.sqrt(text_bytes) / STEP_TOKENS)
    return min(max(steps * STEP_TOKENS, SMALLEST_VOCABULARY), CHOSEN_LARGEST_VOCABULARY)


def train_tokenizer(texts: Iterable[str], vocabulary_size: int, min_frequency: int = 2) -> Tokenizer:
    """Train a tokenizer; the same texts in the same order give the same tokenizer on any number of threads.

    Args:
        texts: the training documents, read once.
        vocabulary_size: number of tokens, with 256 bytes and the special tokens; fewer when the text holds no more pairs.
        min_frequency: how often a pair must occur to become one token.
    """
    tokenizer = empty_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=max(vocabulary_size, BYTE_SYMBOLS + len(SPECIAL_TOKENS)),
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    pieces = (piece for text in texts for piece in pieces_of(text))
    tokenizer.train_from_iterator(pieces, trainer)
    return tokenizer
