"""What a GGUF file must declare for llama.cpp to open it: on these values it ends the whole process instead of giving an error.

llama.cpp itself compares shapes and numbers of tensors with the head, and says what is wrong with them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mbegu.model.score import SMALLEST_CONTEXT

MOST_BLOCKS = 512  # LLAMA_MAX_LAYERS of llama.cpp
LARGEST_COUNT = 2**31 - 1
_NO_MORE_THAN = {"expert_used_count": "expert_count", "nextn_predict_layers": "block_count"}  # a count, and the one that holds it
UINT32, INT32, FLOAT32, STRING = 4, 5, 6, 8  # GGUF's numbers of types
# Lists of the vocabulary, read as these types without a question, and whether each has as many parts as there are tokens.
_LISTS = {
    "tokenizer.ggml.tokens": ((STRING,), True),
    "tokenizer.ggml.scores": ((FLOAT32,), True),
    "tokenizer.ggml.token_type": ((INT32, UINT32), True),
    "tokenizer.ggml.merges": ((STRING,), False),
}


def wrong_value(metadata: Mapping[str, Any], arrays: Mapping[str, tuple[int, int]]) -> str:
    """Return the first value on which llama.cpp would end the process or compute nothing of use, in words; nothing where all are sound.

    Args:
        metadata: values by their keys; arrays have their length.
        arrays: type of the parts and length of each array.
    """
    prefix = f"{metadata['general.architecture']}."
    values = {key.removeprefix(prefix): value for key, value in metadata.items() if key.startswith(prefix) and key not in arrays}
    wrong = [key for key in metadata if key in _LISTS and _is_wrong_list(key, arrays)]
    wrong += [prefix + name for name, value in values.items() if _is_wrong(name, value, values)]
    return f"'{wrong[0]}' is {_shown(wrong[0], metadata[wrong[0]], arrays)}" if wrong else ""


def _is_wrong(name: str, value: Any, values: Mapping[str, Any]) -> bool:
    if name == "block_count":
        return not (_is_count(value) and 1 <= value <= MOST_BLOCKS)
    if name == "context_length":
        return not (_is_count(value) and value >= SMALLEST_CONTEXT)
    if name in _NO_MORE_THAN:
        most = values.get(_NO_MORE_THAN[name], LARGEST_COUNT)
        return not (_is_count(value) and _is_count(most) and value <= most)
    if isinstance(value, float):
        lowest = math.ulp(0.0) if name.startswith("rope.freq_base") else 0.0 if name.endswith("epsilon") else -math.inf
        return not (math.isfinite(value) and value >= lowest)
    return name.startswith(("rope.freq_base", "attention.layer_norm"))  # a float was due


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_COUNT


def _is_wrong_list(key: str, arrays: Mapping[str, tuple[int, int]]) -> bool:
    kinds, is_one_a_token = _LISTS[key]
    kind, length = arrays.get(key, (None, 0))
    tokens = arrays.get("tokenizer.ggml.tokens", (STRING, length))[1]
    return kind not in kinds or (is_one_a_token and length != tokens)


def _shown(key: str, value: Any, arrays: Mapping[str, tuple[int, int]]) -> str:
    if key in arrays:
        return f"a list of {arrays[key][1]} values of the type {arrays[key][0]}"
    return repr(value)[:40]
