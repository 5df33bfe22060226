"""The tokenizer step on a small corpus."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from tests.tokenizer.texts import SENTENCES, TEXTS

from mbegu.core import artifacts
from mbegu.core.documents import Document, write_documents
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.tokenizer.bpe import open_tokenizer
from mbegu.tokenizer.encode import open_shard
from mbegu.tokenizer.settings import TokenizerSettings
from mbegu.tokenizer.steps import grow_tokenizer


def inputs_with(root: Path, train: list[str], heldout: list[str]) -> Inputs:
    for name, texts in (("train", train), ("heldout", heldout)):
        write_documents(root / "corpus" / f"{name}.parquet", [Document(f"d{i}", text, "yor", f"{i}.txt") for i, text in enumerate(texts)])
    corpus = artifacts.seal(root / "corpus", kind="corpus", version=1, key="k", parents={}, facts={})
    return Inputs(ProjectSettings(language="yor"), Project(root), {"corpus": corpus})


def test_it_writes_tokenizer_shards_and_report(tmp_path: Path) -> None:
    said = io.StringIO()
    facts = grow_tokenizer(TokenizerSettings(), inputs_with(tmp_path, TEXTS, list(SENTENCES)), tmp_path / "out", Say(said))
    tokenizer = open_tokenizer(tmp_path / "out")
    assert facts["vocabulary_size"] == tokenizer.get_vocab_size() == 512
    assert facts["tokens"] == {name: len(open_shard(tmp_path / "out", name).tokens) for name in ("train", "heldout")}
    assert facts["bytes_per_token"]["train"] > 2
    assert facts["round_trip"]["documents"] == len(TEXTS) + len(SENTENCES)
    assert facts["round_trip"]["scripts"] >= 12
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["splits"]["heldout"]["documents"] == len(SENTENCES)
    assert "vocabulary: 512 tokens for" in said.getvalue()
    assert "come back unchanged" in said.getvalue()


def test_the_size_in_the_recipe_is_followed(tmp_path: Path) -> None:
    said = io.StringIO()
    settings = TokenizerSettings(vocabulary_size=400)
    assert grow_tokenizer(settings, inputs_with(tmp_path, TEXTS, []), tmp_path / "out", Say(said))["vocabulary_size"] == 400
    assert "vocabulary: 400 tokens, as the recipe says" in said.getvalue()


def test_a_text_with_too_few_pairs_says_so(tmp_path: Path) -> None:
    said = io.StringIO()
    facts = grow_tokenizer(TokenizerSettings(), inputs_with(tmp_path, ["ẹ̀kọ́ ẹ̀kọ́"], []), tmp_path / "out", Say(said))
    assert facts["vocabulary_size"] < 300
    assert "the text holds no more pairs that occur 2 times" in said.getvalue()


def test_the_same_corpus_gives_the_same_bytes(tmp_path: Path) -> None:
    inputs = inputs_with(tmp_path, TEXTS, list(SENTENCES))
    for name in ("a", "b"):
        grow_tokenizer(TokenizerSettings(), inputs, tmp_path / name, Say(io.StringIO()))
    names = artifacts.files_in(tmp_path / "a")
    assert names == artifacts.files_in(tmp_path / "b")
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize("train", [[], [""]])
def test_no_text_is_refused(tmp_path: Path, train: list[str]) -> None:
    with pytest.raises(InputError, match="there is no text to train a tokenizer on"):
        grow_tokenizer(TokenizerSettings(), inputs_with(tmp_path, train, ["ẹ̀kọ́"]), tmp_path / "out", Say(io.StringIO()))
