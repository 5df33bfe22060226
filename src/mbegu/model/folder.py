"""A model folder in Hugging Face format: config.json, model.safetensors, and the tokenizer's files.

``transformers`` opens it as ``Qwen3ForCausalLM``. The tokenizer's SHA-256 is stored with the weights, and a model whose
tokenizer was exchanged is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from mbegu.core import durable
from mbegu.core.errors import DamageError, InputError, ResourceError, explain_os_error, is_out_of_memory
from mbegu.model.decoder import Decoder, DecoderConfig, unit_scale
from mbegu.model.tensor_file import HEAD_SIZE_BYTES, numbers_of, pieces_of, size_bytes
from mbegu.tokenizer.bpe import tokenizer_config

CONFIG, WEIGHTS, GENERATION = "config.json", "model.safetensors", "generation_config.json"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
TOKENIZER_HASH, NUMBERS_HASH = "tokenizer_sha256", "numbers_sha256"  # in the head of the weights: a copied folder can be checked by itself
EMBEDDING, OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
ROW_SCALE_TOLERANCE = 1e-3  # of a row of the embedding that should be of unit scale; rounding is 1e-7
COPY_ANEW = "run `mbegu grow` again, or copy the model anew"


def unit_norms(config: DecoderConfig) -> dict[str, Tensor]:
    """Return the norm weights that the file format has and the decoder does not learn: all ones."""
    sizes = {
        "input_layernorm": config.hidden_size,
        "post_attention_layernorm": config.hidden_size,
        "self_attn.q_norm": config.head_size,
        "self_attn.k_norm": config.head_size,
    }
    return {f"model.layers.{layer}.{name}.weight": torch.ones(size) for layer in range(config.layers) for name, size in sizes.items()}


def file_tensors(config: DecoderConfig, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what the file holds by the names of ``transformers``: the decoder's parameters in float32, and what it does not learn."""
    tensors = {_file_name(name): weight.detach().to("cpu", torch.float32).contiguous() for name, weight in weights.items()}
    if not config.tied_output:
        tensors[EMBEDDING] = unit_scale(tensors[EMBEDDING], config.norm_epsilon)  # as the decoder looks its rows up
    return {**tensors, **unit_norms(config)}


def weight_shapes(config: DecoderConfig) -> dict[str, tuple[int, ...]]:
    """Return the shape of each learnt weight by its name in the file, without making any."""
    D, queries, keys = config.hidden_size, config.heads * config.head_size, config.kv_heads * config.head_size
    in_layer = {
        "self_attn.q_proj": (queries, D),
        "self_attn.k_proj": (keys, D),
        "self_attn.v_proj": (keys, D),
        "self_attn.o_proj": (D, queries),
        "mlp.gate_proj": (config.inner_size, D),
        "mlp.up_proj": (config.inner_size, D),
        "mlp.down_proj": (D, config.inner_size),
    }
    shapes = {f"model.layers.{layer}.{name}.weight": shape for layer in range(config.layers) for name, shape in in_layer.items()}
    outside: dict[str, tuple[int, ...]] = {EMBEDDING: (config.vocabulary_size, D), "model.norm.weight": (D,)}
    return {**outside, **shapes} if config.tied_output else {**outside, OUTPUT: (config.vocabulary_size, D), **shapes}


def _file_name(parameter: str) -> str:
    if parameter.startswith("lm_head."):
        return parameter
    return "model.norm.weight" if parameter == "norm" else f"model.{parameter}"


def _numbers_begin(file: bytes) -> int:
    """Return where the numbers begin in a safetensors file: its first bytes tell how long the head is."""
    return HEAD_SIZE_BYTES + int.from_bytes(file[:HEAD_SIZE_BYTES], "little")


def save_model(folder: Path, config: DecoderConfig, weights: Mapping[str, Tensor], tokenizer_folder: Path) -> None:
    """Write a complete model folder durably.

    Args:
        folder: where to; made where missing.
        config: the shape.
        weights: the decoder's parameters by name; written as float32.
        tokenizer_folder: holds tokenizer.json, which is copied beside the weights.
    """
    durable.copy_file(tokenizer_folder / TOKENIZER_FILES[0], folder / TOKENIZER_FILES[0])
    durable.write_json(folder / TOKENIZER_FILES[1], tokenizer_config(config.context))
    tensors = file_tensors(config, weights)
    numbers_hash = hashlib.sha256()
    for numbers in numbers_of(tensors):
        numbers_hash.update(numbers)
    metadata = {
        "format": "pt",
        TOKENIZER_HASH: durable.sha256_file(folder / TOKENIZER_FILES[0]),
        NUMBERS_HASH: numbers_hash.hexdigest(),
    }
    with durable.replace_file(folder / WEIGHTS, size_bytes(tensors, metadata)) as file:
        for piece in pieces_of(tensors, metadata):
            file.write(piece)
    durable.write_json(folder / GENERATION, {"bos_token_id": 0, "eos_token_id": 0, "do_sample": True, "temperature": 0.8})
    durable.write_json(folder / CONFIG, config.as_hugging_face())


def load_model(folder: Path, dtype: torch.dtype = torch.float32) -> Decoder:
    """Read a model folder.

    Args:
        folder: as ``save_model`` wrote it.
        dtype: of the computation; the weights stay float32.

    Returns:
        The decoder on the processor.

    Raises:
        InputError: the folder is not a model that Mbegu grew.
        DamageError: a file is damaged, or the tokenizer is not the one that the model was trained with.
        ResourceError: there is not enough memory.
    """
    config = DecoderConfig.from_hugging_face(_read_json(folder / CONFIG), folder / CONFIG)
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            metadata = file.metadata() or {}
            names = set(file.keys())
            _require_weights_of(config, {name: tuple(file.get_slice(name).get_shape()) for name in names}, folder)
            _require_same_tokenizer(folder, metadata)
            _require_same_numbers(folder / WEIGHTS, metadata)
            model = Decoder(config, dtype)
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    parameter.copy_(file.get_tensor(_file_name(name)))
                    _require_numbers(parameter, _file_name(name), folder)
                    names.discard(_file_name(name))
            _require_unit_norms({name: file.get_tensor(name) for name in names}, unit_norms(config), folder)
            if not config.tied_output:
                _require_unit_rows(model.embed_tokens.weight, folder)
    except (SafetensorError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise ResourceError("there is not enough memory for the model", folder / WEIGHTS, "close other programs, then do it again") from error
        raise DamageError(f"the weights cannot be read: {error}", folder / WEIGHTS, COPY_ANEW) from error
    except FileNotFoundError:
        raise InputError("no weights here", folder / WEIGHTS, "name a model folder, a project folder or a .gguf file") from None
    except OSError as error:
        raise explain_os_error(error, folder / WEIGHTS) from error
    return model


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no model here: config.json is missing", path.parent, "name a model folder, a project folder or a .gguf file") from None
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, RecursionError) as error:
        raise DamageError(f"not JSON: {error}", path, "copy the model anew") from error
    if not isinstance(value, dict):
        raise DamageError("not a table", path, "copy the model anew")
    return value


def _require_weights_of(config: DecoderConfig, shapes: Mapping[str, tuple[int, ...]], folder: Path) -> None:
    """Refuse weights that are not those of the configuration, before memory is taken for what it declares."""
    if config.layers > len(shapes):
        raise _other_weights(f"num_hidden_layers is {config.layers}, and the file holds {len(shapes)} tensors", folder)
    for name, expected in weight_shapes(config).items():
        if name not in shapes:
            raise _other_weights(f"'{name}' is missing", folder)
        if shapes[name] != expected:
            raise _other_weights(f"'{name}' has the shape {list(shapes[name])}, not {list(expected)}", folder)


def _other_weights(what: str, folder: Path) -> DamageError:
    return DamageError(f"the weights cannot be read: they are not those that config.json describes: {what}", folder / WEIGHTS, COPY_ANEW)


def _require_numbers(weight: Tensor, name: str, folder: Path) -> None:
    if not bool(weight.sum().isfinite()):  # 0.2 ms a million weights; to look at each takes 6 ms
        raise DamageError(f"'{name}' holds values that are no numbers, or far too large ones", folder / WEIGHTS, COPY_ANEW)


def _require_same_tokenizer(folder: Path, metadata: Mapping[str, str]) -> None:
    expected = metadata.get(TOKENIZER_HASH)
    if expected and expected != durable.sha256_file(folder / TOKENIZER_FILES[0]):
        raise DamageError(
            "the tokenizer is not the one that this model was trained with", folder / TOKENIZER_FILES[0], "copy the whole model folder anew"
        )


def _require_same_numbers(path: Path, metadata: Mapping[str, str]) -> None:
    expected = metadata.get(NUMBERS_HASH)
    file = path.read_bytes()
    if expected and expected != durable.sha256_bytes(file[_numbers_begin(file) :]):
        raise DamageError("the weights are damaged: their SHA-256 is not the one recorded", path, COPY_ANEW)


def _require_unit_norms(found: Mapping[str, Tensor], expected: Mapping[str, Tensor], folder: Path) -> None:
    if found.keys() != expected.keys() or any(not torch.equal(found[name], expected[name]) for name in expected):
        raise _foreign_model(folder)


def _require_unit_rows(embedding: Tensor, folder: Path) -> None:
    scales = embedding.detach().square().mean(dim=1).sqrt()
    if not bool(((scales - 1).abs() <= ROW_SCALE_TOLERANCE).all()):
        raise _foreign_model(folder)


def _foreign_model(folder: Path) -> InputError:
    return InputError("this model has parts that Mbegu's own engine does not run", folder, "use its GGUF file")
