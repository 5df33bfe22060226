"""The one writer of safetensors files: piece by piece, without a copy of all tensors in memory, the same tensors giving the same bytes.

The library's own writer makes the whole file in memory and writes metadata in an order that changes from call to call. The format
(https://huggingface.co/docs/safetensors): eight bytes with the length of the head, the head as JSON with type, shape and place of
each tensor, then their numbers, little-endian.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

HEAD_SIZE_BYTES = 8
MOST_HEAD_BYTES = 100_000_000  # the format's own limit
TYPE_NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
TYPES = {name: dtype for dtype, name in TYPE_NAMES.items()}


class Reader(Protocol):
    """What a file is read from."""

    def read(self, count: int, /) -> bytes:
        """Return the next bytes."""

    def readinto(self, target: memoryview, /) -> int | None:
        """Fill ``target`` with the next bytes and return how many there were."""


def in_file_order(tensors: Mapping[str, Tensor]) -> list[tuple[str, Tensor]]:
    """Return the tensors as they follow each other in a file: large types first, so that each is aligned; then by name."""
    return sorted(tensors.items(), key=lambda each: (-each[1].element_size(), each[0]))


def head_of(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return what stands before the numbers: the length of the head and the head, filled up to a multiple of eight bytes."""
    head: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    at = 0
    for name, tensor in in_file_order(tensors):
        head[name] = {"dtype": TYPE_NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % HEAD_SIZE_BYTES)
    return len(text).to_bytes(HEAD_SIZE_BYTES, "little") + text


def numbers_of(tensors: Mapping[str, Tensor]) -> Iterator[memoryview]:
    """Yield the numbers of one tensor after another, as they stand in the file; only one of another device is copied at a time."""
    for _, tensor in in_file_order(tensors):
        yield _bytes_of(tensor.detach().cpu().contiguous())


def pieces_of(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> Iterator[bytes | memoryview]:
    """Yield the whole file, piece by piece."""
    yield head_of(tensors, metadata)
    yield from numbers_of(tensors)


def size_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> int:
    """Return the length of the file."""
    return len(head_of(tensors, metadata)) + sum(tensor.nbytes for tensor in tensors.values())


def read_tensors(file: Reader, length_bytes: int) -> dict[str, Tensor]:
    """Read a file that ``pieces_of`` made, to its end.

    Args:
        file: at its beginning.
        length_bytes: of the file; no more memory is taken than this.

    Returns:
        The tensors by name, on the processor.

    Raises:
        ValueError: it is not such a file.
    """
    head = _read_head(file, length_bytes)
    tensors = {}
    for name, entry in head.items():
        tensors[name] = torch.empty(entry["shape"], dtype=TYPES[entry["dtype"]])
        target = _bytes_of(tensors[name])
        if file.readinto(target) != len(target):
            raise ValueError("the file is too short")
    if file.read(1):
        raise ValueError("the file is too long")
    return tensors


def _bytes_of(tensor: Tensor) -> memoryview:
    """Return the memory of a contiguous tensor as bytes."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data


def _read_head(file: Reader, length_bytes: int) -> dict[str, Any]:
    """Return type and shape of each tensor in file order, after checking that they fill the file exactly."""
    count = int.from_bytes(file.read(HEAD_SIZE_BYTES), "little")
    if count > min(MOST_HEAD_BYTES, length_bytes - HEAD_SIZE_BYTES):
        raise ValueError("the head is longer than the file")
    at = 0
    try:
        head: dict[str, Any] = json.loads(file.read(count))
        head.pop("__metadata__", None)
        for entry in head.values():
            size = TYPES[entry["dtype"]].itemsize
            for extent in entry["shape"]:
                size *= _extent(extent)
            if entry["data_offsets"] != [at, at + size]:
                raise ValueError("the tensors do not follow each other")
            at += size
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"the head cannot be read: {error}") from error
    if at != length_bytes - HEAD_SIZE_BYTES - count:
        raise ValueError("the tensors do not fill the file")
    return head


def _extent(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no extent of a tensor")
    return value
