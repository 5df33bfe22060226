"""A model folder comes back bit for bit, opens in transformers, and is refused when anything in it is not what it was."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.model.small_decoder import GROUPED, SHAPES, random_tokens, small_decoder
from tests.tokenizer.texts import TEXTS

from mbegu.core.errors import DamageError, InputError, MbeguError, ResourceError
from mbegu.model.decoder import Decoder
from mbegu.model.folder import file_tensors, load_model, save_model, unit_norms, weight_shapes
from mbegu.tokenizer.bpe import save_tokenizer
from mbegu.tokenizer.train import train_tokenizer

FILES = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]


@pytest.fixture(scope="module")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(folder, train_tokenizer(TEXTS, GROUPED.vocabulary_size))
    return folder


@pytest.fixture
def model() -> Decoder:
    return small_decoder()


@pytest.fixture
def folder(tmp_path: Path, model: Decoder, tokenizer_folder: Path) -> Path:
    path = tmp_path / "my models" / "ߒߞߏ 🌱"
    save_model(path, model.config, dict(model.named_parameters()), tokenizer_folder)
    return path


def test_it_comes_back_bit_for_bit(folder: Path, model: Decoder) -> None:
    assert sorted(path.name for path in folder.iterdir()) == FILES
    again = load_model(folder)
    assert again.config == model.config
    ours, theirs = dict(model.named_parameters()), dict(again.named_parameters())
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    tokens = random_tokens(model.config, 2, 9)
    assert torch.equal(model.logits(tokens), again.logits(tokens))


def test_a_model_with_an_output_of_its_own_comes_back_and_transformers_opens_it(tmp_path: Path, tokenizer_folder: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = small_decoder(replace(GROUPED, tied_output=False))
    save_model(tmp_path, model.config, dict(model.named_parameters()), tokenizer_folder)
    again = load_model(tmp_path)
    assert again.config == model.config
    tokens = random_tokens(model.config, 2, 9)
    torch.testing.assert_close(again.logits(tokens), model.logits(tokens), atol=1e-4, rtol=1e-4)
    assert again.embed_tokens.weight.square().mean(dim=1).tolist() == pytest.approx([1.0] * GROUPED.vocabulary_size, abs=1e-4)
    with torch.no_grad():
        assert (AutoModelForCausalLM.from_pretrained(tmp_path)(tokens).logits - model.logits(tokens)).abs().max() < 1e-3
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps({**config, "tie_word_embeddings": True}), encoding="utf-8")
    with pytest.raises(InputError, match="parts that Mbegu's own engine does not run"):
        load_model(tmp_path)


def test_an_embedding_that_is_not_of_unit_scale_is_refused(tmp_path: Path, tokenizer_folder: Path) -> None:
    model = small_decoder(replace(GROUPED, tied_output=False))
    save_model(tmp_path, model.config, dict(model.named_parameters()), tokenizer_folder)
    tensors = load_file(tmp_path / "model.safetensors")
    tensors["model.embed_tokens.weight"][7] *= 1.01
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="parts that Mbegu's own engine does not run"):
        load_model(tmp_path)


def test_the_same_model_gives_the_same_bytes(folder: Path, tmp_path: Path, model: Decoder, tokenizer_folder: Path) -> None:
    save_model(tmp_path / "again", model.config, model.state_dict(), tokenizer_folder)
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_the_computation_takes_the_dtype_asked_for_and_the_weights_stay(folder: Path) -> None:
    model = load_model(folder, torch.bfloat16)
    assert model.dtype == torch.bfloat16
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_transformers_opens_it_with_the_same_logits(folder: Path, model: Decoder) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    theirs = AutoModelForCausalLM.from_pretrained(folder)
    assert type(theirs).__name__ == "Qwen3ForCausalLM"
    tokens = random_tokens(model.config, 2, model.config.context)
    with torch.no_grad():
        assert (theirs(tokens).logits - model.logits(tokens)).abs().max() < 1e-3
    text = "Ọmọ náà ń lọ; ልጆቹ ሄዱ ߊ߫"
    assert AutoTokenizer.from_pretrained(folder).decode(AutoTokenizer.from_pretrained(folder)(text)["input_ids"]) == text


def test_an_exchanged_tokenizer_is_refused(folder: Path) -> None:
    save_tokenizer(folder, train_tokenizer(TEXTS[:7], 290))
    with pytest.raises(DamageError, match=r"the tokenizer is not the one that this model was trained with \(.*tokenizer\.json\)\. Copy the whole"):
        load_model(folder)


def test_a_missing_tokenizer_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"no such file or folder \(.*tokenizer\.json\)"):
        load_model(folder)


def test_missing_files_are_named_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"no weights here \(.*model\.safetensors\)\. Name a model folder, a project folder or a \.gguf file"):
        load_model(folder)
    with pytest.raises(InputError, match=r"no model here: config\.json is missing \(.*nothing\)\. Name a model folder"):
        load_model(tmp_path / "nothing")


def test_too_little_memory_is_no_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_little(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.")

    monkeypatch.setattr("mbegu.model.folder.Decoder", too_little)
    with pytest.raises(ResourceError, match=r"there is not enough memory for the model \(.*model\.safetensors\)\. Close other programs"):
        load_model(folder)


@pytest.mark.parametrize("keep", [0, 5, 200, 0.5, -1])
def test_cut_weights_are_found(folder: Path, keep: float) -> None:
    path = folder / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with pytest.raises(DamageError, match=r"(?s)the weights .*model\.safetensors.*\. Run `mbegu grow` again, or copy the model anew"):
        load_model(folder)


def test_no_flipped_bit_in_the_weights_gives_another_model(folder: Path, model: Decoder) -> None:
    path = folder / "model.safetensors"
    data = path.read_bytes()
    head = 8 + int.from_bytes(data[:8], "little")
    chance = random.Random(3)
    places = [*range(10), *chance.sample(range(head), 120), *chance.sample(range(head, len(data)), 80), len(data) - 1]
    expected = dict(model.named_parameters())
    refused = 0
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        try:
            found = dict(load_model(folder).named_parameters())
        except MbeguError as error:
            assert isinstance(error, (DamageError, InputError)), error
            assert place >= head or "\n" not in error.one_line()
            refused += 1
        else:
            assert place < head, f"byte {place} of the numbers"
            assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert refused > 0.9 * len(places), "only the names of the hashes themselves may change unseen"


def test_a_folder_from_before_the_hash_still_opens(folder: Path, model: Decoder) -> None:
    save_file(load_file(folder / "model.safetensors"), folder / "model.safetensors", {"format": "pt"})
    assert torch.equal(load_model(folder).norm, model.norm)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda c: c.update(model_type="llama"), InputError, r"a 'llama' model cannot be run here \(.*config\.json\)\. Use a model grown by"),
        (lambda c: c.update(tie_word_embeddings=False), DamageError, "the weights cannot be read"),
        (lambda c: c.update(tie_word_embeddings="no"), InputError, "tie_word_embeddings is 'no'"),
        (
            lambda c: c.pop("head_dim"),
            InputError,
            r"config\.json does not describe a model: head_dim is None \(.*config\.json\)\. Copy the model anew\.",
        ),
        (lambda c: c.update(num_hidden_layers="2", vocab_size=0), InputError, "vocab_size is 0, num_hidden_layers is '2'"),
        (lambda c: c.update(hidden_size=48.0), InputError, r"hidden_size is 48\.0"),
        (lambda c: c.pop("rms_norm_eps"), InputError, "rms_norm_eps is None"),
        (lambda c: c.update(rope_parameters=[1]), InputError, r"rope_theta is \[1\]"),
        (lambda c: c.update(rms_norm_eps="small"), InputError, "rms_norm_eps is 'small'"),
        (lambda c: c.update(rms_norm_eps=float("nan")), InputError, "rms_norm_eps is nan"),
        (lambda c: c.update(rms_norm_eps=-5), InputError, "rms_norm_eps is -5"),
        (lambda c: c.update(rms_norm_eps=10**400), InputError, "rms_norm_eps is 1000"),
        (lambda c: c.update(rope_parameters=None, rope_theta=0), InputError, "rope_theta is 0"),
        (lambda c: c.update(rope_parameters={"rope_theta": -2}), InputError, "rope_theta is -2"),
        (lambda c: c.update(head_dim=7), InputError, "head_dim is 7, which is odd"),
        (lambda c: c.update(max_position_embeddings=10**9), InputError, "max_position_embeddings is 1000000000, not 2 to 131072"),
        (lambda c: c.update(max_position_embeddings=1), InputError, "max_position_embeddings is 1, not 2"),
        (
            lambda c: c.update(vocab_size=2**63),
            DamageError,
            r"'model.embed_tokens.weight' has the shape \[300, 48\], not \[9223372036854775808, 48\]",
        ),
        (lambda c: c.update(vocab_size=10**12), DamageError, "has the shape"),
        (lambda c: c.update(hidden_size=10**9), DamageError, "has the shape"),
        (lambda c: c.update(intermediate_size=10**12), DamageError, "mlp.gate_proj.weight' has the shape"),
        (lambda c: c.update(num_hidden_layers=10_000_000), DamageError, "num_hidden_layers is 10000000, and the file holds 24 tensors"),
        (lambda c: c.update(num_hidden_layers=3), DamageError, "the weights cannot be read"),
        (lambda c: c.update(num_hidden_layers=1), InputError, "parts that Mbegu's own engine does not run"),
        (lambda c: c.update(vocab_size=301), DamageError, "the weights cannot be read"),
        (lambda c: c.update(num_key_value_heads=3), InputError, "num_key_value_heads, 3, does not divide num_attention_heads, 4"),
        (lambda c: c.update(num_key_value_heads=4), DamageError, "the weights cannot be read"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(folder: Path, change: Callable[[dict[str, object]], None], error: type, message: str) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    change(config)
    path.write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(error, match=message):
        load_model(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [(b"{", "not JSON"), (b"\xff\xfe", "not JSON"), (b"[1]", "not a table"), (b"", "not JSON"), (b"[" * 100_000, "not JSON")],
    ids=["cut", "no UTF-8", "a list", "empty", "nested deeply"],
)
def test_a_configuration_that_is_no_table_is_refused(folder: Path, text: bytes, message: str) -> None:
    (folder / "config.json").write_bytes(text)
    with pytest.raises(DamageError, match=rf"{message}.*config\.json"):
        load_model(folder)


def test_weights_that_do_not_fit_are_found_before_a_model_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("memory was taken for it")

    monkeypatch.setattr("mbegu.model.folder.Decoder", never)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 301}), encoding="utf-8")
    with pytest.raises(DamageError, match="they are not those"):
        load_model(folder)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shapes_of_a_file_are_those_of_the_decoder(shape: str) -> None:
    config = SHAPES[shape]
    tensors = file_tensors(config, dict(small_decoder(config).named_parameters()))
    assert weight_shapes(config) == {name: tuple(tensor.shape) for name, tensor in tensors.items() if name not in unit_norms(config)}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 3e38])
def test_weights_that_are_no_numbers_are_refused_by_name(folder: Path, value: float) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    tensors["model.layers.1.mlp.up_proj.weight"][3, 4:6] = value
    save_file(tensors, path)
    with pytest.raises(DamageError, match=r"'model\.layers\.1\.mlp\.up_proj\.weight' holds values that are no numbers.*model\.safetensors"):
        load_model(folder)


def test_norms_inside_a_block_that_are_not_one_are_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    name = "model.layers.1.self_attn.k_norm.weight"
    assert name in unit_norms(GROUPED)
    tensors[name][3] = 1.5
    save_file(tensors, path)
    with pytest.raises(InputError, match=r"this model has parts that Mbegu's own engine does not run \(.*\)\. Use its GGUF file"):
        load_model(folder)


def test_parts_that_are_not_known_are_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    save_file({**tensors, "model.layers.0.self_attn.q_proj.bias": torch.zeros(64)}, path)
    with pytest.raises(InputError, match="parts that Mbegu's own engine does not run"):
        load_model(folder)
    del tensors["model.layers.0.mlp.up_proj.weight"]
    save_file(tensors, path)
    with pytest.raises(DamageError, match="the weights cannot be read"):
        load_model(folder)
