"""Fewer bits a weight: which type each tensor gets in Q8_0 and Q4_K_M, and the packing itself.

The choice of types is llama.cpp's own (``src/llama-quant.cpp``, for models without experts and without importance matrix),
and the packing is done by its library, from float32 weights.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mbegu.core.errors import MbeguError, MissingDependencyError
from mbegu.model.gguf_file import TENSOR_TYPES
from mbegu.model.llama_library import load_library

Weights = npt.NDArray[np.float32]
FORMATS = ("F32", "F16", "Q8_0", "Q4_K_M")
_NUMBER_OF = {name: number for number, (name, _, _) in TENSOR_TYPES.items()}
_BLOCK = {name: (elements, size) for name, elements, size in TENSOR_TYPES.values()}
_FALLBACK = {"Q4_K": "Q5_0", "Q6_K": "Q8_0", "Q5_0": "F16", "Q8_0": "F16"}  # for rows that are no multiple of the block
_MORE_BITS_IN = re.compile(r"blk\.(\d+)\.(attn_v|ffn_down)\.weight")


@dataclass(frozen=True)
class TensorType:
    """The type a tensor is stored in; ``wanted`` is the one the format asks for, another where the rows do not fit its blocks."""

    name: str
    stored: str
    wanted: str


def has_more_bits(layer: int, layers: int) -> bool:
    """Whether a layer's values and outputs are kept in Q6_K: the first and last eighth, and every third between (llama.cpp's rule)."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def type_of(name: str, shape: Sequence[int], file_format: str, layers: int, is_tied: bool) -> TensorType:
    """Choose the type of one tensor.

    Args:
        name: its name in the GGUF file.
        shape: rows, then columns, as numpy counts; vectors stay float32.
        file_format: one of ``FORMATS``.
        layers: how many the model has.
        is_tied: whether the token embedding is also the output.
    """
    wanted = _wanted_type(name, file_format, layers, is_tied) if len(shape) > 1 else "F32"
    stored = wanted
    while shape[-1] % _BLOCK[stored][0]:
        is_output = name == "output.weight" or (is_tied and name == "token_embd.weight")
        stored = "Q8_0" if is_output and stored == "Q6_K" else _FALLBACK[stored]
    return TensorType(name, stored, wanted)


def _wanted_type(name: str, file_format: str, layers: int, is_tied: bool) -> str:
    if file_format != "Q4_K_M":
        return file_format
    if name == "output.weight" or (is_tied and name == "token_embd.weight"):
        return "Q6_K"
    match = _MORE_BITS_IN.fullmatch(name)
    return "Q6_K" if match and has_more_bits(int(match[1]), layers) else "Q4_K"


def row_bytes(columns: int, stored: str) -> int:
    """Return the bytes of one row of ``columns`` weights."""
    elements, size = _BLOCK[stored]
    return columns // elements * size


def pack(weights: Weights, stored: str) -> npt.NDArray[Any]:
    """Pack weights into a type.

    Args:
        weights: float32 [rows, columns] or [columns].
        stored: F32, F16, or a quantised type whose blocks the columns fit.

    Returns:
        The same shape in float32 or float16; uint8 [rows, bytes of a row] for a quantised type.

    Raises:
        MissingDependencyError: llama.cpp's library cannot be called here and the type needs it.
    """
    if stored == "F32":
        return weights
    if stored == "F16":
        return weights.astype(np.float16)
    try:
        library = load_library()
    except MissingDependencyError:
        if stored != "Q8_0":
            raise
        import gguf

        return np.asarray(gguf.quants.quantize(weights, gguf.GGMLQuantizationType.Q8_0))
    rows, columns = weights.shape
    source = np.ascontiguousarray(weights, dtype=np.float32)
    packed = np.empty((rows, row_bytes(columns, stored)), dtype=np.uint8)
    written = library.c.ggml_quantize_chunk(_NUMBER_OF[stored], source.ctypes.data, packed.ctypes.data, 0, rows, columns, None)
    if written != packed.nbytes:
        raise RuntimeError(f"llama.cpp packed {written} bytes of {stored} where {packed.nbytes} were expected")
    return packed


def why_not(file_format: str) -> str:
    """Return why this computer cannot write a format, empty when it can."""
    if file_format != "Q4_K_M":
        return ""
    try:
        load_library()
    except MbeguError as error:
        return error.what
    return ""
