"""The head of a GGUF file, read without any library, and whether the file is whole and unchanged.

llama.cpp ends the whole process on some damaged files, so every file is looked at here first. The format is that of
``docs/gguf.md`` of the ggml project, versions 2 and 3. Files that Mbegu writes also carry their own SHA-256.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core.errors import DamageError, InputError, explain_os_error
from mbegu.model.gguf_values import wrong_value

MAGIC = b"GGUF"
VERSIONS = (2, 3)
HASH_KEY = "mbegu.file_sha256"  # SHA-256 of the file with the 64 characters of this value taken as zeros
HASH_CHARACTERS = 64
NO_HASH = "0" * HASH_CHARACTERS
AGAIN = "copy or download the file again"

# GGUF's value types by number, as struct formats; 8 is a string and 9 an array.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
# ggml's tensor types by number: name, elements in a block, bytes of a block. Types not listed are not checked for size.
TENSOR_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210), 20: ("IQ4_NL", 32, 18), 23: ("IQ4_XS", 256, 136), 30: ("BF16", 1, 2),
}  # fmt: skip
_LARGEST_ARRAY = 1 << 28
_LARGEST_NAME_BYTES = 1 << 16


@dataclass(frozen=True)
class Tensor:
    """One tensor of the file: its shape as ggml counts it (row length first), the number of its type, and where its data begin."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int


@dataclass(frozen=True)
class GgufHead:
    """What stands before the weights. ``metadata`` leaves out arrays: it gives their length, and ``arrays`` the type of their parts and it."""

    metadata: dict[str, Any]
    arrays: dict[str, tuple[int, int]]
    tensors: list[Tensor]
    hash_offset: int

    @property
    def architecture(self) -> str:
        """The model's architecture in llama.cpp's words."""
        return str(self.metadata["general.architecture"])

    def number(self, key: str) -> int:
        """Return a whole number of the architecture such as ``context_length``, 0 where it is not given."""
        return int(self.metadata.get(f"{self.architecture}.{key}", 0))


class _Reader:
    """Reads values one after another; never beyond the end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def scalar(self, code: str) -> Any:
        value = struct.unpack_from("<" + code, self.data, self.at)[0]
        self.at += struct.calcsize("<" + code)
        return value

    def skip(self, count: int) -> None:
        if count > len(self.data) - self.at:
            raise struct.error("beyond the end")
        self.at += count

    def string(self) -> str:
        size = self.scalar("Q")
        begin = self.at
        self.skip(size)
        return self.data[begin : self.at].decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        """Read one value that is no array."""
        return self.string() if kind == _STRING else self.scalar(_SCALARS[kind])

    def array(self) -> tuple[int, int]:
        """Pass over an array and return the type of its parts and its length."""
        inner, length = self.scalar("I"), self.scalar("Q")
        if length > _LARGEST_ARRAY:
            raise ValueError("an impossible length")
        if inner == _STRING:
            for _ in range(length):
                self.skip(self.scalar("Q"))
        else:
            self.skip(length * struct.calcsize("<" + _SCALARS[inner]))
        return inner, length


def read_gguf_head(path: Path) -> GgufHead:
    """Read the head of a GGUF file and check that the file is whole and, where it carries its hash, unchanged.

    Args:
        path: the file.

    Returns:
        Its metadata and tensors.

    Raises:
        InputError: there is no such file, or it is no GGUF file.
        DamageError: the file is cut short, a byte of it was changed, or llama.cpp would end the process on what it declares.
    """
    try:
        if path.is_dir():
            raise InputError("a folder was given where a .gguf file is needed", path, "give the path of the file")
        with open(path, "rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise InputError("this is not a GGUF file: it does not begin with the letters GGUF", path, "give a model in GGUF format")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _read_checked(data, path)
    except OSError as error:
        raise explain_os_error(error, path) from error


def _read_checked(data: mmap.mmap, path: Path) -> GgufHead:
    try:
        head, data_start = _read_head(data, path)
    except struct.error:
        raise DamageError("the GGUF file is cut short: it ends inside its head", path, AGAIN) from None
    except KeyError as error:
        raise DamageError(f"the head of the GGUF file is damaged: no value has the type {error}", path, AGAIN) from None
    except (ValueError, OverflowError, MemoryError) as error:
        raise DamageError(f"the head of the GGUF file is damaged: {error}", path, AGAIN) from None
    for tensor in head.tensors:
        end = data_start + tensor.offset + _size_bytes(tensor)
        if end > len(data):
            raise DamageError(f"the GGUF file is cut short: {len(data)} bytes are there, '{tensor.name}' ends at {end}", path, AGAIN)
    if head.hash_offset and _hash_of(data, head.hash_offset) != head.metadata[HASH_KEY]:
        raise DamageError("the GGUF file is damaged: its SHA-256 is not the one written in it", path, AGAIN)
    if wrong := wrong_value(head.metadata, head.arrays):
        raise DamageError(f"the GGUF file is damaged, or no model: {wrong}", path, AGAIN)
    return head


def _read_head(data: mmap.mmap, path: Path) -> tuple[GgufHead, int]:
    """Return the head and where the weights begin."""
    reader = _Reader(data)
    reader.skip(len(MAGIC))
    version = reader.scalar("I")
    if version not in VERSIONS:
        raise InputError(f"GGUF version {version} cannot be read", path, "convert the model to GGUF version 3")
    tensor_count, value_count = reader.scalar("Q"), reader.scalar("Q")
    metadata: dict[str, Any] = {}
    arrays: dict[str, tuple[int, int]] = {}
    hash_offset = 0
    for _ in range(value_count):
        key = reader.string()
        kind = reader.scalar("I")
        if kind == _ARRAY:
            arrays[key] = reader.array()
            metadata[key] = arrays[key][1]
        else:
            metadata[key] = reader.value(kind)
        if key == HASH_KEY and kind == _STRING and len(metadata[key]) == HASH_CHARACTERS:
            hash_offset = reader.at - HASH_CHARACTERS
    tensors = [_read_tensor(reader) for _ in range(tensor_count)]
    if not str(metadata.get("general.architecture", "")):
        raise ValueError("general.architecture is missing")
    alignment = int(metadata.get("general.alignment", 32))
    if alignment < 1:
        raise ValueError("an alignment of 0")
    return GgufHead(metadata, arrays, tensors, hash_offset), -(-reader.at // alignment) * alignment


def _read_tensor(reader: _Reader) -> Tensor:
    name = reader.string()
    dimensions = reader.scalar("I")
    if not 1 <= dimensions <= 4 or len(name) > _LARGEST_NAME_BYTES:
        raise ValueError(f"tensor '{name[:40]}' has {dimensions} dimensions")
    shape = tuple(reader.scalar("Q") for _ in range(dimensions))
    return Tensor(name, shape, reader.scalar("I"), reader.scalar("Q"))


def _size_bytes(tensor: Tensor) -> int:
    _, block_elements, block_bytes = TENSOR_TYPES.get(tensor.type, ("", 1, 0))
    elements = 1
    for length in tensor.shape:
        elements *= length
    return elements // block_elements * block_bytes


def _hash_of(data: mmap.mmap, hash_offset: int) -> str:
    digest = hashlib.sha256()
    with memoryview(data) as view:
        digest.update(view[:hash_offset])
        digest.update(NO_HASH.encode("ascii"))
        digest.update(view[hash_offset + HASH_CHARACTERS :])
    return digest.hexdigest()


def file_hash(path: Path) -> tuple[str, int]:
    """Return the SHA-256 to be written into a GGUF file that holds ``NO_HASH``, and at which byte it belongs.

    Raises:
        DamageError: the file has no place for it.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head, _ = _read_head(data, path)
        if not head.hash_offset:
            raise DamageError(f"the file has no '{HASH_KEY}'", path)
        return _hash_of(data, head.hash_offset), head.hash_offset
