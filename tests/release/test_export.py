"""The export step: what it writes, that it measures the same documents in every form, and that it refuses broken promises."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests import tiny_model

from mbegu.core.artifacts import Artifact
from mbegu.core.documents import Document, write_documents
from mbegu.core.errors import DamageError, MissingDependencyError
from mbegu.core.report import Say
from mbegu.core.settings import read_settings
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.model.llama_cpp import LlamaCpp
from mbegu.release import quantise, steps
from mbegu.release.settings import ExportSettings
from mbegu.release.steps import choose_sample, export, safe_name

TEXTS = [f"{text} {number}" for number in range(3) for text in tiny_model.SCRIPTS.values()]


def _unit_norms(folder: Path) -> None:
    """Set the norms that Mbegu's decoder does not learn to one, as its own training does."""
    weights = load_file(folder / "model.safetensors")
    inner = {name: np.ones_like(weight) for name, weight in weights.items() if weight.ndim == 1 and name != "model.norm.weight"}
    save_file({**weights, **inner}, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    root = tmp_path_factory.mktemp("project") / "Ọ̀rọ̀ wa"
    corpus, train = root / "grown" / "corpus", root / "grown" / "train"
    write_documents(corpus / "heldout.parquet", [Document(str(i), text, "yor", f"{i}.txt") for i, text in enumerate(TEXTS)])
    _unit_norms(tiny_model.make_model_folder(train / "model"))
    artifacts = {
        "corpus": Artifact(corpus, {"files": {"heldout.parquet": {}}, "facts": {}}),
        "train": Artifact(train, {"files": {}, "facts": {}}),
    }
    return Inputs(ProjectSettings(language="yor_Latn", licence="CC-BY-4.0"), Project(root), artifacts)


def _export(inputs: Inputs, out: Path, **settings: object) -> tuple[dict[str, object], str]:
    said = io.StringIO()
    made, problems = read_settings(ExportSettings, settings, "export")
    assert made is not None, problems
    return export(made, inputs, out, Say(said)), said.getvalue()


def test_every_form_is_written_and_measured(inputs: Inputs, tmp_path: Path) -> None:
    scores, said = _export(inputs, tmp_path, score_bytes=2000)
    names = ["Ọ̀rọ̀-wa-F16.gguf", "Ọ̀rọ̀-wa-Q8_0.gguf", "Ọ̀rọ̀-wa-Q4_K_M.gguf"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "hf", "scores.json"])
    assert sorted(path.name for path in (tmp_path / "hf").iterdir()) == sorted(p.name for p in (inputs["train"].folder / "model").iterdir())
    assert json.loads((tmp_path / "scores.json").read_text(encoding="utf-8")) == scores
    for name, loss, entry in zip(names, (0.002, 0.005, 0.03), scores["files"], strict=True):
        assert entry["file"] == name
        assert entry["bytes"] == (tmp_path / name).stat().st_size
        assert entry["ratio"] == pytest.approx(1, abs=loss)
        assert entry["bits_per_byte"] == pytest.approx(scores["torch_bits_per_byte"] * entry["ratio"], rel=1e-5)
        assert entry["tokens"] == scores["files"][0]["tokens"]
    assert 2000 <= scores["bytes"] < 4000
    assert scores["of_documents"] == scores["same_tokens"]["documents"] == len(TEXTS)
    assert scores["same_tokens"]["scripts"] >= 12
    assert "weights in torch" in said


def test_exporting_again_gives_the_same_bytes(inputs: Inputs, tmp_path: Path) -> None:
    for name in ("a", "b"):
        _export(inputs, tmp_path / name, score_bytes=1000, formats=["Q8_0"])
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_other_tokens_in_llama_cpp_are_refused(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = LlamaCpp.encode
    monkeypatch.setattr(LlamaCpp, "encode", lambda engine, text: right(engine, text)[:-1] if text == TEXTS[40] else right(engine, text))
    with pytest.raises(DamageError, match=r"llama\.cpp cuts this text into other tokens than the tokenizer does") as caught:
        _export(inputs, tmp_path, score_bytes=1000, formats=["F16"])
    assert "40.txt" in str(caught.value)


def test_a_form_that_lost_much_is_said_aloud(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(steps.EXPECTED_LOSS, "Q8_0", 1e-9)
    _, said = _export(inputs, tmp_path, score_bytes=1000, formats=["Q8_0"])
    assert "! Q8_0 differs from the weights by" in said


def test_without_llama_cpp_the_rest_is_written_and_says_why(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise MissingDependencyError("llama.cpp cannot be called on this computer")

    monkeypatch.setattr(steps, "open_gguf", refuse)
    monkeypatch.setattr(quantise, "load_library", refuse)
    scores, said = _export(inputs, tmp_path, score_bytes=1000)
    assert [entry["format"] for entry in scores["files"]] == ["F16", "Q8_0"]
    assert scores["left_out"] == [{"format": "Q4_K_M", "why": "llama.cpp cannot be called on this computer"}]
    assert scores["files"][0]["not_measured"] == "llama.cpp cannot be called on this computer"
    assert scores["same_tokens"] == {}
    assert "not measured" in said


def test_the_sample_is_whole_documents_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "heldout.parquet"
    write_documents(path, [Document(str(i), text, "yor", "x") for i, text in enumerate(TEXTS)])
    sample = choose_sample(path, 1000)
    places = [TEXTS.index(text) for text in sample.texts]
    assert places == sorted(places)
    assert 1000 <= sample.bytes < 2000
    assert choose_sample(path, 10**9).texts == TEXTS
    assert sample.of_bytes == sum(len(text.encode()) for text in TEXTS)


def test_only_long_documents_give_the_beginning_of_the_shortest(tmp_path: Path) -> None:
    path = tmp_path / "heldout.parquet"
    write_documents(path, [Document("1", "ọ" * 900, "yor", "x"), Document("2", "ሰ" * 500, "amh", "x")])
    assert choose_sample(path, 1000).texts == ["ሰ" * 333]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("yoruba", "yoruba"),
        ("a/b\\c:d", "a-b-c-d"),
        ("..", "model"),
        ("🙂", "model"),
        ("نموذج لغوي", "نموذج-لغوي"),
        ("ߒߞߏ", "ߒߞߏ"),
        ("x" * 100, "x" * 60),
    ],
)
def test_names_that_every_file_system_takes(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_unknown_formats_are_refused() -> None:
    _, problems = read_settings(ExportSettings, {"formats": ["Q3_X"]}, "export")
    assert "'Q3_X' is not one of F16, Q8_0, Q4_K_M" in problems[0]
