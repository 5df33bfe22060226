"""The step with a tiny real model: what it writes and what it says."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch

from mbegu.core import artifacts
from mbegu.core.documents import Document, write_documents
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.evaluate import steps
from mbegu.evaluate.results import Costs
from mbegu.evaluate.settings import EvaluateSettings
from mbegu.evaluate.steps import evaluate, thin
from mbegu.model.decoder import Decoder, DecoderConfig
from mbegu.model.folder import save_model
from mbegu.tokenizer.bpe import save_tokenizer
from mbegu.tokenizer.encode import encode_documents, write_shard
from mbegu.tokenizer.train import train_tokenizer


def document(number: int, text: str) -> Document:
    return Document(f"d{number}", text, "yor", f"{'ìtàn' if number % 2 else 'ìròyìn'}/{number}.txt")


def inputs_with(root: Path, train: list[str], heldout: list[str]) -> Inputs:
    folder = root / "corpus"
    for name, texts in (("train", train), ("heldout", heldout)):
        write_documents(folder / f"{name}.parquet", [document(number, text) for number, text in enumerate(texts)])
    corpus = artifacts.seal(folder, kind="corpus", version=1, key="k", parents={}, facts={})
    trained_on = train_tokenizer(train, 300)
    save_tokenizer(root / "tokenizer", trained_on)
    for name, texts in (("train", train), ("heldout", heldout)):
        write_shard(root / "tokenizer", name, encode_documents(trained_on, texts), 300)
    tokenizer = artifacts.seal(root / "tokenizer", kind="tokenizer", version=1, key="k", parents={}, facts={})
    config = DecoderConfig(vocabulary_size=300, hidden_size=32, layers=1, heads=2, kv_heads=1, head_size=16, inner_size=64, context=32)
    model = Decoder(config)
    model.initialise(1)
    save_model(root / "train" / "model", config, model.state_dict(), root / "tokenizer")
    learnt = {"set_aside": [0], "canaries": {"asked": 8, "times": [1, 1], "seed": 7}}
    (root / "train" / "learnt.json").write_text(json.dumps(learnt), encoding="utf-8")
    trained = artifacts.seal(root / "train", kind="train", version=1, key="k", parents={}, facts={"threads": 1})
    return Inputs(ProjectSettings(language="yor"), Project(root), {"corpus": corpus, "tokenizer": tokenizer, "train": trained})


def test_the_results_of_an_untrained_model(tmp_path: Path) -> None:
    train = [f"Ọmọ náà lọ sí ọjà ní ọjọ́ {i}." for i in range(60)]
    inputs = inputs_with(tmp_path, train, [f"Ọmọ náà lọ sí ilé ní ọjọ́ {i}. ልጆቹ ሄዱ።" for i in range(12)])
    said = io.StringIO()
    results = evaluate(EvaluateSettings(resamples=200), inputs, tmp_path / "out", Say(said))

    assert json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8")) == results
    model = results["model"]
    assert model["engine"] == "torch"
    assert model["documents"] == 12
    assert model["interval"][0] <= model["bits_per_byte"] <= model["interval"][1]
    assert model["bytes"] == sum(len(f"Ọmọ náà lọ sí ilé ní ọjọ́ {i}. ልጆቹ ሄዱ።".encode()) for i in range(12))
    assert results["verdict"]["verdict"] == "worse"
    assert set(results["baselines"]) == {"ngram", "ppmd"}
    assert {group["name"] for group in results["groups"]} == {"ìtàn", "ìròyìn"}
    assert "  ! The model is not better than counting" in said.getvalue(), "no tick for a loss"
    memory = results["memory"]
    assert (memory["training"], memory["reason"]) == (None, "its context of 32 tokens is too short")
    assert [(group["times"], group["lines"]) for group in memory["canaries"]["groups"]] == [(1, 2)]
    assert "by heart: repeats its text: not measured: its context of 32 tokens is too short" in said.getvalue()


@pytest.mark.parametrize(("facts", "asked", "threads"), [({}, 0, 1), ({}, 2, 2), ({"device": "cuda"}, 0, 7)])
def test_it_measures_with_the_threads_of_the_training_which_on_a_card_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: dict[str, str], asked: int, threads: int
) -> None:
    inputs = inputs_with(tmp_path, ["ẹ̀kọ́ dára púpọ̀"] * 20, ["ẹ̀kọ́"])
    inputs["train"].manifest["facts"].update(facts)
    monkeypatch.setattr(steps, "usable_cores", lambda: 7)
    seen: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", seen.append)
    steps._open(EvaluateSettings(threads=asked), inputs)
    assert seen == [threads]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    inputs = inputs_with(tmp_path, ["ẹ̀kọ́ dára púpọ̀"] * 20, [f"ẹ̀kọ́ {i}" for i in range(6)])
    for name in ("first", "second"):
        evaluate(EvaluateSettings(resamples=100), inputs, tmp_path / name, Say(io.StringIO()))
    assert (tmp_path / "first" / "results.json").read_bytes() == (tmp_path / "second" / "results.json").read_bytes()


def held_out(scores: dict[str, float], documents: dict[str, int]) -> tuple[list[str], Costs]:
    """Return sources and costs of documents of 100 bytes, each source with these bits per byte."""
    sources = [name for name, count in documents.items() for _ in range(count)]
    return [f"{name}/x.txt" for name in sources], Costs([100 * scores[name] for name in sources], [100] * len(sources))


@pytest.mark.parametrize(
    ("scores", "documents", "said"),
    [
        ({"news": 2.078, "radio": 2.223}, {"news": 20, "radio": 3}, None),
        ({"news": 2.0, "books": 1.9, "radio": 2.9}, {"news": 20, "books": 20, "radio": 4}, None),
        ({"news": 2.4, "books": 1.9, "radio": 2.9}, {"news": 20, "books": 20, "radio": 3}, "news, 2.400 bits per byte"),
    ],
)
def test_a_worst_source_is_named_only_where_it_is_known_to_be_one(
    tmp_path: Path, scores: dict[str, float], documents: dict[str, int], said: str | None
) -> None:
    sources, costs = held_out(scores, documents)
    heard = io.StringIO()
    steps.write_results(tmp_path, sources, costs, 1, {"ngram": costs, "ppmd": costs}, {}, {}, 100, Say(heard))
    lines = [line.strip() for line in heard.getvalue().splitlines() if "worst" in line]
    assert lines == ([f"worst source, of those with 5 documents or more: {said}"] if said else [])


def test_without_heldout_text_it_says_what_to_do(tmp_path: Path) -> None:
    inputs = inputs_with(tmp_path, ["ẹ̀kọ́"], [])
    with pytest.raises(InputError, match=r"no held-out text to measure with \(.*corpus\)\. Add documents to the text folder"):
        evaluate(EvaluateSettings(), inputs, tmp_path / "out", Say(io.StringIO()))


def test_a_long_text_is_thinned_evenly() -> None:
    texts = [b"%05d" % number for number in range(100)]
    assert thin(texts, 500) == texts
    assert thin(texts, 499) == texts[::2]
    assert sum(map(len, thin(texts, 130))) <= 130
