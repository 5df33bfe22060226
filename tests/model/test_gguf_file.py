"""What is wrong with a GGUF file is found before llama.cpp opens it."""

from __future__ import annotations

import math
import random
import struct
from pathlib import Path

import pytest
from tests import tiny_model
from tests.model.own_hash import with_own_hash

from mbegu.core.errors import DamageError, InputError
from mbegu.model.gguf_file import read_gguf_head
from mbegu.model.gguf_values import STRING
from mbegu.release.gguf import About, read_model_folder, write_gguf


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("gguf")
    path = folder / "tiny.gguf"
    write_gguf(read_model_folder(tiny_model.make_model_folder(folder / "model")), path, "Q8_0", About("Irúgbìn", "CC-BY-4.0", ("yor",)))
    return path.read_bytes()


def _write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "ọmọ 🙂.gguf"
    path.write_bytes(data)
    return path


def test_a_sound_file_says_what_it_is(tmp_path: Path, sound: bytes) -> None:
    head = read_gguf_head(_write(tmp_path, sound))
    assert head.architecture == "qwen3"
    assert head.number("context_length") == tiny_model.CONTEXT
    assert head.metadata["general.name"] == "Irúgbìn"
    assert head.metadata["tokenizer.ggml.pre"] == "qwen35"
    assert {tensor.name for tensor in head.tensors} >= {"token_embd.weight", "blk.1.attn_q_norm.weight", "output_norm.weight"}


def test_every_flipped_bit_is_found(tmp_path: Path, sound: bytes) -> None:
    chance = random.Random(5)
    for place in [*range(64), *(chance.randrange(len(sound)) for _ in range(150))]:
        data = bytearray(sound)
        data[place] ^= 1 << chance.randrange(8)
        with pytest.raises((DamageError, InputError)):
            read_gguf_head(_write(tmp_path, bytes(data)))


@pytest.mark.parametrize("share", [0.0001, 0.001, 0.01, 0.5, 0.9999])
def test_a_file_that_is_cut_short_is_found_without_its_hash_too(tmp_path: Path, sound: bytes, share: float) -> None:
    data = sound.replace(b"mbegu.file_sha256", b"other.file_sha256")
    with pytest.raises(DamageError, match="cut short") as caught:
        read_gguf_head(_write(tmp_path, data[: int(len(data) * share)]))
    assert "download the file again" in str(caught.value).lower()


def test_damage_names_the_file_and_what_to_do(tmp_path: Path, sound: bytes) -> None:
    data = bytearray(sound)
    data[-100] ^= 1
    path = _write(tmp_path, bytes(data))
    with pytest.raises(DamageError) as caught:
        read_gguf_head(path)
    assert str(caught.value) == f"the GGUF file is damaged: its SHA-256 is not the one written in it ({path}). Copy or download the file again."


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "not a GGUF file"), (b"PK\x03\x04 a zip", "not a GGUF file"), (b"GGUF\x09\0\0\0" + b"\0" * 40, "version 9")]
)
def test_other_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_gguf_head(_write(tmp_path, data))


def test_a_folder_and_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder was given"):
        read_gguf_head(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_gguf_head(tmp_path / "none.gguf")


def _with_value(tmp_path: Path, data: bytes, key: str, form: str, value: float) -> Path:
    """Write a file in which one number of the head is another, and whose own hash is right."""
    changed = bytearray(data)
    place = data.index(struct.pack("<Q", len(key)) + key.encode()) + 8 + len(key) + 4
    struct.pack_into("<" + form, changed, place, value)
    return with_own_hash(_write(tmp_path, bytes(changed)))


@pytest.mark.parametrize(
    ("key", "form", "value"),
    [
        ("qwen3.block_count", "I", 0),
        ("qwen3.block_count", "I", 10_000),
        ("qwen3.context_length", "I", 1),
        ("qwen3.context_length", "I", 2**32 - 1),
        ("qwen3.attention.layer_norm_rms_epsilon", "f", math.nan),
        ("qwen3.attention.layer_norm_rms_epsilon", "f", -1.0),
        ("qwen3.rope.freq_base", "f", 0.0),
        ("qwen3.rope.freq_base", "f", math.inf),
    ],
)
def test_a_head_on_which_llama_cpp_would_end_the_process_is_refused_though_its_hash_is_right(
    tmp_path: Path, sound: bytes, key: str, form: str, value: float
) -> None:
    path = _with_value(tmp_path, sound, key, form, value)
    with pytest.raises(DamageError) as caught:
        read_gguf_head(path)
    assert str(caught.value) == f"the GGUF file is damaged, or no model: '{key}' is {value} ({path}). Copy or download the file again."


def test_a_sound_value_is_taken(tmp_path: Path, sound: bytes) -> None:
    path = _with_value(tmp_path, sound, "qwen3.rope.freq_base", "f", 500.0)
    assert read_gguf_head(path).metadata["qwen3.rope.freq_base"] == 500.0
    assert read_gguf_head(path).arrays["tokenizer.ggml.tokens"] == (STRING, read_gguf_head(path).metadata["tokenizer.ggml.tokens"])
