"""Token shards: what is written is what is read, and damage is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.tokenizer.texts import SENTENCES, TEXTS
from tokenizers import Tokenizer

from mbegu.core.errors import DamageError, InputError
from mbegu.tokenizer import encode as encode_module
from mbegu.tokenizer.bpe import decode, encode
from mbegu.tokenizer.encode import encode_documents, open_shard, write_shard
from mbegu.tokenizer.train import train_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(TEXTS, 600)


def test_documents_come_back_in_order_each_with_its_end(tokenizer: Tokenizer, tmp_path: Path) -> None:
    texts = [*SENTENCES, "", "a"]
    write_shard(tmp_path, "train", encode_documents(tokenizer, texts), 600)
    shard = open_shard(tmp_path, "train")
    assert len(shard) == len(texts)
    assert shard.tokens.dtype == np.uint16
    assert isinstance(shard.tokens, np.memmap)
    for number, text in enumerate(texts):
        ids = shard.document(number).tolist()
        assert ids[-1] == 0
        assert 0 not in ids[:-1]
        assert decode(tokenizer, ids[:-1]) == text


@pytest.mark.parametrize(("pieces", "characters"), [(1, 1), (3, 10**9), (10**9, 100)])
def test_batches_do_not_change_the_ids(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, pieces: int, characters: int) -> None:
    monkeypatch.setattr(encode_module, "BATCH_PIECES", pieces)
    monkeypatch.setattr(encode_module, "BATCH_CHARACTERS", characters)
    monkeypatch.setattr(encode_module, "pieces_of", lambda text: [text[:9], text[9:]] if text[9:10] == " " else [text])
    texts = [*TEXTS, "", "x"]
    assert [ids.tolist() for ids in encode_documents(tokenizer, texts)] == [encode(tokenizer, text) for text in texts]


def test_no_documents_make_an_empty_shard(tmp_path: Path) -> None:
    write_shard(tmp_path, "heldout", [], 600)
    shard = open_shard(tmp_path, "heldout")
    assert len(shard) == 0
    assert len(shard.tokens) == 0


def test_a_large_vocabulary_takes_four_bytes(tmp_path: Path) -> None:
    write_shard(tmp_path, "train", [np.array([70_000], dtype=np.uint32)], 70_001)
    shard = open_shard(tmp_path, "train")
    assert shard.tokens.dtype == np.uint32
    assert shard.tokens.tolist() == [70_000, 0]


def test_the_same_documents_give_the_same_bytes(tokenizer: Tokenizer, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_shard(tmp_path / name, "train", encode_documents(tokenizer, TEXTS), 600)
    for file in ("train.tokens.npy", "train.offsets.npy"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_cut_file_is_found(tokenizer: Tokenizer, tmp_path: Path) -> None:
    write_shard(tmp_path, "train", encode_documents(tokenizer, TEXTS), 600)
    file = tmp_path / "train.tokens.npy"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(DamageError, match=r"not an array: .*train\.tokens\.npy\)\. Make it anew"):
        open_shard(tmp_path, "train")


def test_offsets_of_another_shard_are_found(tokenizer: Tokenizer, tmp_path: Path) -> None:
    write_shard(tmp_path, "train", encode_documents(tokenizer, TEXTS), 600)
    np.save(tmp_path / "train.offsets.npy", np.array([0, 5], dtype=np.int64))
    with pytest.raises(DamageError, match="the tokens and the offsets of 'train' do not belong together"):
        open_shard(tmp_path, "train")


def test_an_array_of_another_kind_is_found(tokenizer: Tokenizer, tmp_path: Path) -> None:
    write_shard(tmp_path, "train", encode_documents(tokenizer, TEXTS), 600)
    np.save(tmp_path / "train.tokens.npy", np.zeros((2, 2), dtype=np.float32))
    with pytest.raises(DamageError, match=r"not an array of tokens or offsets: float32 \(2, 2\)"):
        open_shard(tmp_path, "train")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file or folder \(.*train\.tokens\.npy\)"):
        open_shard(tmp_path, "train")
