"""Documents as token shards: one long array of tokens and where each document begins, memory-mapped when read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from mbegu.core import durable
from mbegu.core.errors import DamageError, explain_os_error
from mbegu.tokenizer.bpe import END_OF_TEXT_ID, pieces_of

IdArray = npt.NDArray[np.uint32]
Tokens = npt.NDArray[np.unsignedinteger[Any]]
BATCH_PIECES = 256
BATCH_CHARACTERS = 1 << 20
LARGEST_UINT16_VOCABULARY = 65_535


@dataclass(frozen=True)
class TokenShard:
    """Documents as tokens.

    ``tokens``: uint16 or uint32 [tokens], all documents one after another, each followed by the end-of-text token.
    ``offsets``: int64 [documents + 1]; document i is ``tokens[offsets[i]:offsets[i + 1]]``.
    """

    tokens: Tokens
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """The number of documents."""
        return len(self.offsets) - 1

    def document(self, index: int) -> Tokens:
        """Return the tokens of one document with its end-of-text token."""
        return self.tokens[self.offsets[index] : self.offsets[index + 1]]


def encode_documents(tokenizer: Tokenizer, texts: Iterable[str]) -> Iterator[IdArray]:
    """Yield the ids of each text in order, uint32 [tokens], without end-of-text token; many texts are encoded at once, on all threads.

    Args:
        tokenizer: opened by ``open_tokenizer`` or just trained.
        texts: read as they are needed.
    """
    pieces: list[str] = []
    counts: list[int] = []
    held = 0
    for text in texts:
        own = list(pieces_of(text))
        pieces.extend(own)
        counts.append(len(own))
        held += len(text)
        if len(pieces) >= BATCH_PIECES or held >= BATCH_CHARACTERS:
            yield from _encode_batch(tokenizer, pieces, counts)
            pieces, counts, held = [], [], 0
    yield from _encode_batch(tokenizer, pieces, counts)


def _encode_batch(tokenizer: Tokenizer, pieces: Sequence[str], counts: Sequence[int]) -> Iterator[IdArray]:
    """Encode pieces together; ``counts`` says how many of them make each document."""
    encodings = iter(tokenizer.encode_batch_fast(list(pieces), add_special_tokens=False))
    for count in counts:
        parts = [np.array(next(encodings).ids, dtype=np.uint32) for _ in range(count)]
        yield np.concatenate([*parts, np.zeros(0, dtype=np.uint32)])


def write_shard(folder: Path, name: str, documents: Iterable[IdArray], vocabulary_size: int) -> TokenShard:
    """Write documents durably as ``<name>.tokens.npy`` and ``<name>.offsets.npy``.

    Args:
        folder: where to write.
        name: ``train``, ``heldout`` or ``related``.
        documents: ids of each document without end-of-text token, which is added here.
        vocabulary_size: decides between uint16 and uint32.

    Returns:
        What was written, in memory (2 or 4 bytes a token).
    """
    dtype: type[np.unsignedinteger[Any]] = np.uint16 if vocabulary_size <= LARGEST_UINT16_VOCABULARY else np.uint32
    arrays: list[Tokens] = []
    lengths = [0]
    for ids in documents:
        arrays.append(np.append(ids, END_OF_TEXT_ID).astype(dtype))
        lengths.append(len(ids) + 1)
    tokens = np.concatenate(arrays) if arrays else np.zeros(0, dtype=dtype)
    offsets = np.cumsum(np.array(lengths, dtype=np.int64))
    for part, array in (("tokens", tokens), ("offsets", offsets)):
        with durable.replace_file(folder / f"{name}.{part}.npy") as file:
            np.save(file, array, allow_pickle=False)
    return TokenShard(tokens, offsets)


def open_shard(folder: Path, name: str) -> TokenShard:
    """Open a token shard without reading it into memory.

    Raises:
        InputError: a file is missing.
        DamageError: a file is damaged, or the two do not belong together.
    """
    tokens = _open_array(folder / f"{name}.tokens.npy", (np.dtype(np.uint16), np.dtype(np.uint32)), mapped=True)
    offsets = _open_array(folder / f"{name}.offsets.npy", (np.dtype(np.int64),), mapped=False)
    fits = len(offsets) > 0 and offsets[0] == 0 and offsets[-1] == len(tokens) and bool((np.diff(offsets) > 0).all())
    if not fits:
        raise DamageError(f"the tokens and the offsets of '{name}' do not belong together", folder, "make them anew with `mbegu grow`")
    return TokenShard(tokens, offsets)


def _open_array(path: Path, dtypes: Sequence[np.dtype[Any]], *, mapped: bool) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, EOFError) as error:
        raise DamageError(f"not an array: {error}", path, "make it anew with `mbegu grow`") from error
    if array.ndim != 1 or array.dtype not in dtypes:
        raise DamageError(f"not an array of tokens or offsets: {array.dtype} {array.shape}", path, "make it anew with `mbegu grow`")
    return array
