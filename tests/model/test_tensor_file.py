"""Our safetensors files: the library reads them, they are those that the library writes, and nothing else is read as one."""

from __future__ import annotations

import io
import json
import random

import pytest
import torch
from safetensors.torch import load, save

from mbegu.model.tensor_file import TYPE_NAMES, pieces_of, read_tensors, size_bytes

MIXED = {
    "b": torch.arange(12, dtype=torch.float32).view(3, 4),
    "a half": torch.tensor([1.5, -2.0, 3.25]).to(torch.bfloat16),
    "scalar": torch.tensor(3.0),
    "ߒߞߏ": torch.empty(0, 3),
    "turned": torch.arange(6, dtype=torch.float32).view(2, 3).t(),
    **{f"type {name}": torch.ones(3, dtype=dtype) for dtype, name in TYPE_NAMES.items()},
}


def file_of(tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None) -> bytes:
    return b"".join(pieces_of(tensors, metadata))


def read(data: bytes) -> dict[str, torch.Tensor]:
    return read_tensors(io.BytesIO(data), len(data))


def assert_same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_the_library_and_we_read_what_was_written() -> None:
    for metadata in (None, {"z": "1", "a": "Ẹ"}):
        data = file_of(MIXED, metadata)
        assert_same(load(data), MIXED)
        assert_same(read(data), MIXED)
        assert size_bytes(MIXED, metadata) == len(data)


def test_files_of_one_type_are_those_that_the_library_writes() -> None:
    tensors = {name: torch.randn(3, 5) for name in ("model.b", "model.a", "best.c")}
    assert file_of(tensors) == save(tensors)
    assert_same(read(save(tensors)), tensors)


def test_the_order_of_the_tensors_does_not_matter() -> None:
    assert file_of(dict(reversed(MIXED.items())), {"b": "1", "a": "2"}) == file_of(MIXED, {"a": "2", "b": "1"})


@pytest.mark.parametrize("seed", range(4))
def test_no_damaged_head_does_more_than_a_value_error(seed: int) -> None:
    data = file_of(MIXED)
    end = 8 + int.from_bytes(data[:8], "little")
    chance = random.Random(seed)
    for _ in range(200):
        changed = bytearray(data)
        changed[chance.randrange(end)] = chance.randrange(256)
        try:
            read(bytes(changed))
        except (ValueError, RuntimeError):
            continue


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}, "do not follow"),
        ({"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}, "do not fill"),
        ({"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}, "-1 is no extent"),
        ({"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}, "True is no extent"),
        ({"dtype": "F33", "shape": [1], "data_offsets": [0, 4]}, "cannot be read"),
        ([], "cannot be read"),
    ],
)
def test_a_head_that_does_not_fit_is_refused_before_memory_is_taken(entry: object, message: str) -> None:
    head = json.dumps({"a": entry}).encode()
    with pytest.raises(ValueError, match=message):
        read(len(head).to_bytes(8, "little") + head + b"1234")


@pytest.mark.parametrize("data", [b"", b"1234", b"\xff" * 8, (5).to_bytes(8, "little") + b"[1,2]", (2).to_bytes(8, "little") + b"{]"])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        read(data)


@pytest.mark.parametrize("cut", [1, 40])
def test_a_file_of_another_length_is_refused(cut: int) -> None:
    data = file_of(MIXED)
    with pytest.raises(ValueError):
        read(data[:-cut])
    with pytest.raises(ValueError, match="too short"):
        read_tensors(io.BytesIO(data[:-cut]), len(data))
    with pytest.raises(ValueError, match="too long"):
        read_tensors(io.BytesIO(data + bytes(cut)), len(data))
