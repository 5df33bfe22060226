"""Writes a model folder as a GGUF file that llama.cpp, and what is built on it, opens as ``qwen3``.

Neither torch nor transformers is needed. The same folder gives the same bytes. Each file carries its own SHA-256, so that a
byte changed on the way is found when it is opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors import SafetensorError, safe_open

from mbegu.core import durable
from mbegu.core.errors import DamageError, InputError, explain_os_error
from mbegu.model.gguf_file import HASH_CHARACTERS, HASH_KEY, NO_HASH, file_hash
from mbegu.release.quantise import FORMATS, TensorType, Weights, pack, row_bytes, type_of
from mbegu.tokenizer.bpe import LLAMA_CPP_PRE_TOKENIZER, WORD_PATTERN

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
CHAT_TEMPLATE = "chat_template.jinja"  # where transformers keeps it; a model that writes on has none
ARCHITECTURE = "qwen3"
FILE_TYPES = {"F32": 0, "F16": 1, "Q8_0": 7, "Q4_K_M": 15}  # llama_ftype of llama.h
QUANTISATION_VERSION = 2
COPY_BLOCK_BYTES = 1 << 20

_IN_LAYER = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip


@dataclass(frozen=True)
class About:
    """What the file says of the model: its name, an SPDX licence, ISO 639-3 codes, and who made it; empty is left out."""

    name: str
    licence: str = ""
    languages: tuple[str, ...] = ()
    author: str = ""


@dataclass(frozen=True)
class ModelFolder:
    """A Hugging Face folder of a Qwen3 model, read as far as needed; ``names`` maps each tensor's GGUF name to its own."""

    folder: Path
    config: Mapping[str, Any]
    tokenizer: Mapping[str, Any]
    names: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]

    @property
    def is_tied(self) -> bool:
        """Whether the token embedding is also the output."""
        return "output.weight" not in self.names

    def weights(self) -> Iterator[tuple[str, Weights]]:
        """Yield each tensor's GGUF name and its weights, one at a time. Raises ``DamageError`` for weights that are no numbers."""
        path = self.folder / WEIGHTS
        with safe_open(path, framework="numpy") as file:
            for name, source in self.names.items():
                weights = _as_float32(file, path, source)
                if not np.isfinite(weights).all():
                    raise DamageError(f"'{source}' holds values that are not numbers", path, "train the model again")
                yield name, weights


def read_model_folder(folder: Path) -> ModelFolder:
    """Read config, tokenizer and the list of weights, and check that they belong together.

    Raises:
        InputError: a file is missing, or it is another kind of model or tokenizer.
        DamageError: a file cannot be read, or they do not fit each other.
    """
    config = _read_json(folder / CONFIG)
    tokenizer = _read_json(folder / TOKENIZER)
    if config.get("model_type") != ARCHITECTURE:
        raise InputError(f"a '{config.get('model_type')}' model cannot be written as GGUF here", folder, "give a model folder made by Mbegu")
    if WORD_PATTERN not in _patterns(tokenizer.get("pre_tokenizer")):
        raise InputError("the tokenizer is not one that llama.cpp reads the same way", folder / TOKENIZER, "give a model folder made by Mbegu")
    path = folder / WEIGHTS
    try:
        with safe_open(path, framework="numpy") as file:
            shapes = {source: tuple(file.get_slice(source).get_shape()) for source in sorted(file.keys())}
    except FileNotFoundError:  # the library gives it no number
        raise InputError("no such file or folder", path, "give a model folder made by Mbegu") from None
    except OSError as error:
        raise explain_os_error(error, path) from error
    except SafetensorError as error:
        raise DamageError(f"the weights cannot be read: {error}", path) from error
    tied = bool(config.get("tie_word_embeddings"))
    names = {_gguf_name(source, folder): source for source in shapes if not (tied and source == "lm_head.weight")}
    ordered = dict(sorted(names.items(), key=lambda each: _place(each[0])))
    model = ModelFolder(folder, config, tokenizer, ordered, {name: shapes[source] for name, source in ordered.items()})
    if model.shapes.get("token_embd.weight") != (config["vocab_size"], config["hidden_size"]):
        raise DamageError("config.json and model.safetensors do not belong together: the token embedding has another shape", folder)
    return model


def write_gguf(model: ModelFolder, path: Path, file_format: str, about: About) -> list[TensorType]:
    """Write a GGUF file durably.

    Args:
        model: from ``read_model_folder``.
        path: the file to write.
        file_format: one of ``FORMATS``.
        about: what the file says of the model.

    Returns:
        The tensors stored in another type than the format asks for, because their rows do not fit its blocks.

    Raises:
        InputError: the format is not known.
        MissingDependencyError: the format needs llama.cpp's library and it cannot be called on this computer.
        ResourceError: the disk is full or refuses.
    """
    if file_format not in FORMATS:
        raise InputError(f"'{file_format}' is not a format that can be written", fix=f"choose among {', '.join(FORMATS)}")
    layers = model.config["num_hidden_layers"]
    types = [type_of(name, shape, file_format, layers, model.is_tied) for name, shape in model.shapes.items()]
    draft = path.with_name(path.name + ".draft" + durable.PARTIAL_SUFFIX)
    try:
        durable.make_folder(path.parent)
        _write_draft(model, draft, types, file_format, about)
        _write_with_hash(draft, path)
    except OSError as error:
        raise explain_os_error(error, path) from error
    finally:
        draft.unlink(missing_ok=True)
    return [each for each in types if each.stored != each.wanted]


def _write_draft(model: ModelFolder, draft: Path, types: Sequence[TensorType], file_format: str, about: About) -> None:
    writer = gguf.GGUFWriter(None, ARCHITECTURE)
    _add_about(writer, about, file_format)
    _add_shape(writer, model.config)
    _add_tokenizer(writer, model)
    stored = {each.name: each.stored for each in types}
    for name, shape in model.shapes.items():
        _add_tensor(writer, name, shape, stored[name])
    try:
        writer.write_header_to_file(draft)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for name, weights in model.weights():
            writer.write_tensor_data(pack(weights, stored[name]))
    finally:
        writer.close()


def _write_with_hash(draft: Path, path: Path) -> None:
    """Copy the draft into place with its hash written in."""
    value, offset = file_hash(draft)
    with open(draft, "rb") as reader, durable.replace_file(path) as writer:
        writer.write(reader.read(offset))
        writer.write(value.encode("ascii"))
        reader.seek(offset + HASH_CHARACTERS)
        while block := reader.read(COPY_BLOCK_BYTES):
            writer.write(block)


def _add_about(writer: gguf.GGUFWriter, about: About, file_format: str) -> None:
    writer.add_string(HASH_KEY, NO_HASH)
    writer.add_type("model")
    writer.add_name(about.name)
    if about.author:
        writer.add_author(about.author)
    if about.licence:
        writer.add_license(about.licence)
    if about.languages:
        writer.add_languages(list(about.languages))
    writer.add_file_type(FILE_TYPES[file_format])
    writer.add_quantization_version(QUANTISATION_VERSION)


def _add_shape(writer: gguf.GGUFWriter, config: Mapping[str, Any]) -> None:
    rope = config.get("rope_parameters") or {}
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_freq_base(float(rope.get("rope_theta") or config["rope_theta"]))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def _add_tokenizer(writer: gguf.GGUFWriter, model: ModelFolder) -> None:
    tokens, types = _vocabulary(model)
    start, end = model.config["bos_token_id"], model.config["eos_token_id"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(LLAMA_CPP_PRE_TOKENIZER)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([each if isinstance(each, str) else " ".join(each) for each in model.tokenizer["model"]["merges"]])
    writer.add_bos_token_id(start)
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(end)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    template = model.folder / CHAT_TEMPLATE
    if template.is_file():
        writer.add_chat_template(template.read_text(encoding="utf-8"))


def _vocabulary(model: ModelFolder) -> tuple[list[str], list[int]]:
    """Return every token in the order of ids, with its kind; ids that the tokenizer does not use are marked so."""
    size: int = model.config["vocab_size"]
    by_id = {number: token for token, number in model.tokenizer["model"]["vocab"].items()}
    kinds = dict.fromkeys(by_id, gguf.TokenType.NORMAL)
    for added in model.tokenizer["added_tokens"]:
        by_id[added["id"]] = added["content"]
        kinds[added["id"]] = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
    if max(by_id) >= size:
        raise DamageError(f"the tokenizer has more tokens ({max(by_id) + 1}) than the model ({size})", model.folder / TOKENIZER)
    return (
        [by_id.get(number, f"[PAD{number}]") for number in range(size)],
        [int(kinds.get(number, gguf.TokenType.UNUSED)) for number in range(size)],
    )


def _add_tensor(writer: gguf.GGUFWriter, name: str, shape: Sequence[int], stored: str) -> None:
    if stored in ("F32", "F16"):
        kind = np.dtype(np.float32 if stored == "F32" else np.float16)
        writer.add_tensor_info(name, shape, kind, int(np.prod(shape)) * kind.itemsize)
        return
    packed = (shape[0], row_bytes(shape[1], stored))
    writer.add_tensor_info(name, packed, np.dtype(np.uint8), packed[0] * packed[1], gguf.GGMLQuantizationType[stored])


def _as_float32(file: Any, path: Path, source: str) -> Weights:
    """Return one tensor as float32. numpy has no bfloat16: its 16 bits are the upper half of a float32."""
    if file.get_slice(source).get_dtype() != "BF16":
        return np.asarray(file.get_tensor(source), dtype=np.float32)
    with open(path, "rb") as raw:
        head_bytes = int.from_bytes(raw.read(8), "little")
        entry = json.loads(raw.read(head_bytes))[source]
        begin, end = entry["data_offsets"]
        raw.seek(8 + head_bytes + begin)
        upper = np.frombuffer(raw.read(end - begin), dtype="<u2").astype(np.uint32)
    return (upper << 16).view(np.float32).reshape(entry["shape"])


def _gguf_name(source: str, folder: Path) -> str:
    outside = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
    if source in outside:
        return outside[source]
    parts = source.split(".")
    inside = ".".join(parts[3:-1])
    if parts[:2] != ["model", "layers"] or inside not in _IN_LAYER or parts[-1] != "weight":
        raise InputError(f"the model holds a tensor that is not of its kind: '{source}'", folder / WEIGHTS, "give a model folder made by Mbegu")
    return f"blk.{int(parts[2])}.{_IN_LAYER[inside]}.weight"


def _place(name: str) -> tuple[int, int, str]:
    """Order of the tensors in the file: embedding, layers in order, output."""
    parts = name.split(".")
    if parts[0] == "blk":
        return 1, int(parts[1]), parts[2]
    return (0, 0, name) if parts[0] == "token_embd" else (2, 0, name)


def _patterns(pre_tokenizer: Any) -> list[str]:
    """Return the regular expressions that a tokenizer.json splits words by."""
    if not isinstance(pre_tokenizer, dict):
        return []
    parts = pre_tokenizer.get("pretokenizers") or [pre_tokenizer]
    return [part["pattern"]["Regex"] for part in parts if part.get("type") == "Split" and "Regex" in part.get("pattern", {})]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise explain_os_error(error, path) from error
    except ValueError as error:
        raise DamageError(f"the file cannot be read: {error}", path) from error
    if not isinstance(value, dict):
        raise DamageError("the file does not hold what it should", path)
    return value
