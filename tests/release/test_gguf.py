"""A model folder becomes a GGUF file that llama.cpp runs with the same figures; what does not fit is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import gguf as gguf_package
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests import tiny_model

from mbegu.core.errors import DamageError, InputError, ResourceError
from mbegu.model.gguf_file import read_gguf_head
from mbegu.model.llama_cpp import LlamaCpp
from mbegu.model.score import bits_per_byte
from mbegu.release import gguf
from mbegu.release.gguf import About, read_model_folder, write_gguf

ABOUT = About("Irúgbìn", "CC-BY-4.0", ("yor",), "Ẹgbẹ́ wa")
TEXTS = list(tiny_model.SCRIPTS.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.make_model_folder(tmp_path_factory.mktemp("release") / "model")


@pytest.fixture
def changed(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "changed"))


def _bits(path: Path) -> float:
    with LlamaCpp(path, threads=1) as engine:
        return bits_per_byte(engine.score(TEXTS))


def test_fewer_bits_cost_little(folder: Path, tmp_path: Path) -> None:
    model = read_model_folder(folder)
    found = {}
    for file_format in ("F32", "F16", "Q8_0", "Q4_K_M"):
        path = tmp_path / f"{file_format}.gguf"
        assert write_gguf(model, path, file_format, ABOUT) == []
        found[file_format] = (_bits(path), path.stat().st_size)
    exact = found["F32"][0]
    assert found["F16"][0] == pytest.approx(exact, rel=0.002)
    assert found["Q8_0"][0] == pytest.approx(exact, rel=0.005)
    assert found["Q4_K_M"][0] == pytest.approx(exact, rel=0.03)
    assert found["F32"][1] > found["F16"][1] > found["Q8_0"][1] > found["Q4_K_M"][1]


def test_the_same_folder_gives_the_same_bytes_and_leaves_nothing_else(folder: Path, tmp_path: Path) -> None:
    for name in ("a.gguf", "b.gguf"):
        write_gguf(read_model_folder(folder), tmp_path / name, "Q4_K_M", ABOUT)
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "b.gguf").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gguf", "b.gguf"]


def test_the_file_says_what_it_is(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    write_gguf(read_model_folder(folder), path, "Q4_K_M", ABOUT)
    said = {name: field.contents() for name, field in gguf_package.GGUFReader(path).fields.items()}
    assert said["general.name"] == "Irúgbìn"
    assert said["general.license"] == "CC-BY-4.0"
    assert said["general.languages"] == ["yor"]
    assert said["general.author"] == "Ẹgbẹ́ wa"
    assert said["general.file_type"] == 15
    assert said["qwen3.attention.key_length"] == 64
    assert said["tokenizer.ggml.pre"] == "qwen35"
    assert said["tokenizer.ggml.bos_token_id"] == said["tokenizer.ggml.eos_token_id"] == 0
    assert said["tokenizer.ggml.token_type"][:4] == [3, 3, 3, 1]
    names = [tensor.name for tensor in read_gguf_head(path).tensors]
    assert names[0] == "token_embd.weight"
    assert "output.weight" not in names


def test_rows_that_are_no_multiple_of_256_are_named(tmp_path: Path) -> None:
    folder = tiny_model.make_model_folder(tmp_path / "model", hidden=96, inner=256)
    path = tmp_path / "x.gguf"
    changed = write_gguf(read_model_folder(folder), path, "Q4_K_M", ABOUT)
    stored = {each.name: each.stored for each in changed}
    assert stored["token_embd.weight"] == "Q8_0"
    assert stored["blk.0.attn_q.weight"] == "Q5_0"
    assert "blk.0.ffn_down.weight" not in stored
    assert 0 < _bits(path) < 20


def test_an_output_of_its_own_is_written(changed: Path, tmp_path: Path) -> None:
    weights = load_file(changed / "model.safetensors")
    save_file({**weights, "lm_head.weight": weights["model.embed_tokens.weight"][::-1].copy()}, changed / "model.safetensors")
    _set(changed / "config.json", tie_word_embeddings=False)
    write_gguf(read_model_folder(changed), tmp_path / "x.gguf", "F16", ABOUT)
    assert read_gguf_head(tmp_path / "x.gguf").tensors[-1].name == "output_norm.weight"
    assert "output.weight" in {tensor.name for tensor in read_gguf_head(tmp_path / "x.gguf").tensors}
    assert _bits(tmp_path / "x.gguf") > 0


def test_bfloat16_weights_are_read(changed: Path, folder: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file as load_torch
    from safetensors.torch import save_file as save_torch

    save_torch({name: weight.to(torch.bfloat16) for name, weight in load_torch(folder / "model.safetensors").items()}, changed / "model.safetensors")
    exact = dict(read_model_folder(folder).weights())
    for name, weights in read_model_folder(changed).weights():
        assert weights.dtype == np.float32
        assert np.allclose(weights, exact[name], rtol=2**-8, atol=0)


def test_other_models_are_refused(changed: Path) -> None:
    _set(changed / "config.json", model_type="llama")
    with pytest.raises(InputError, match="a 'llama' model cannot be written as GGUF here"):
        read_model_folder(changed)


def test_other_tokenizers_are_refused(changed: Path) -> None:
    _set(changed / "tokenizer.json", pre_tokenizer={"type": "ByteLevel", "use_regex": True})
    with pytest.raises(InputError, match=r"not one that llama\.cpp reads the same way"):
        read_model_folder(changed)


def test_files_that_do_not_belong_together_are_refused(changed: Path, tmp_path: Path) -> None:
    _set(changed / "config.json", vocab_size=300)
    with pytest.raises(DamageError, match="do not belong together"):
        read_model_folder(changed)
    weights = load_file(changed / "model.safetensors")
    weights["model.embed_tokens.weight"] = weights["model.embed_tokens.weight"][:300].copy()
    save_file(weights, changed / "model.safetensors")
    with pytest.raises(DamageError, match=r"the tokenizer has more tokens \(\d+\) than the model \(300\)"):
        write_gguf(read_model_folder(changed), tmp_path / "x.gguf", "F16", ABOUT)
    assert not (tmp_path / "x.gguf").exists()


def test_damaged_and_missing_files_are_named(changed: Path) -> None:
    (changed / "model.safetensors").write_bytes((changed / "model.safetensors").read_bytes()[:5000])
    with pytest.raises(DamageError, match=r"the weights cannot be read.*model\.safetensors"):
        read_model_folder(changed)
    (changed / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"no such file.*model\.safetensors"):
        read_model_folder(changed)
    (changed / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(DamageError, match=r"the file cannot be read.*config\.json"):
        read_model_folder(changed)


def test_weights_that_are_no_numbers_are_refused(changed: Path, tmp_path: Path) -> None:
    weights = load_file(changed / "model.safetensors")
    weights["model.norm.weight"][3] = np.nan
    save_file(weights, changed / "model.safetensors")
    with pytest.raises(DamageError, match=r"'model\.norm\.weight' holds values that are not numbers"):
        write_gguf(read_model_folder(changed), tmp_path / "x.gguf", "F16", ABOUT)
    assert list(tmp_path.glob("*.gguf*")) == []


def test_a_full_disk_leaves_the_old_file(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    path = tmp_path / "x.gguf"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gguf.gguf.GGUFWriter, "write_tensor_data", full)
    with pytest.raises(ResourceError, match="the disk is full"):
        write_gguf(read_model_folder(folder), path, "F16", ABOUT)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_format_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'Q3_X' is not a format.*F16"):
        write_gguf(read_model_folder(folder), tmp_path / "x.gguf", "Q3_X", ABOUT)


def _set(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")
