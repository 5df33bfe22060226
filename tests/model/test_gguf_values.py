"""Values on which llama.cpp ends the process are known; those of sound models of any kind pass."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mbegu.model.gguf_values import FLOAT32, INT32, STRING, UINT32, wrong_value

TOKENS = {"tokenizer.ggml.tokens": (STRING, 3)}
UINT8 = 0


def said(metadata: dict[str, Any], arrays: dict[str, tuple[int, int]] | None = None) -> str:
    lists = {**TOKENS, **(arrays or {})}
    lengths = {key: length for key, (_, length) in lists.items()}
    return wrong_value({"general.architecture": "gpt", **lengths, **metadata}, {key: lists[key] for key in lists if key not in metadata})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("block_count", 1),
        ("block_count", 512),
        ("context_length", 2),
        ("context_length", 2**31 - 1),
        ("rope.freq_base", 1e6),
        ("head_count", 0),
        ("attention.layer_norm_epsilon", 0.0),
        ("attention.clamp_kqv", -1.0),
        ("rope.scaling.type", "yarn"),
        ("vocab_size", 2**32 - 1),
        ("expert_used_count", 4),
    ],
)
def test_sound_values_pass(name: str, value: Any) -> None:
    assert said({f"gpt.{name}": value}) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("block_count", value) for value in (0, 513, -1, 1.0, "1", True)]
    + [("context_length", value) for value in (0, 1, 2**31, "9")]
    + [("attention.layer_norm_epsilon", value) for value in (math.nan, -1e-9, math.inf, 1, "0")]
    + [("rope.freq_base", value) for value in (0.0, -1.0, math.nan, math.inf, 10_000)]
    + [("rope.freq_base_swa", 0.0), ("attention.clamp_kqv", math.nan), ("rope.scaling.factor", -math.inf)],
)
def test_other_values_are_named(name: str, value: Any) -> None:
    assert said({f"gpt.{name}": value}) == f"'gpt.{name}' is {value!r}"


@pytest.mark.parametrize(("part", "whole"), [("expert_used_count", "expert_count"), ("nextn_predict_layers", "block_count")])
@pytest.mark.parametrize(("value", "is_sound"), [(0, True), (8, True), (9, False), (2**32 - 1, False), (-1, False), ("8", False)])
def test_a_count_is_no_larger_than_the_one_that_holds_it(part: str, whole: str, value: Any, is_sound: bool) -> None:
    wrong = said({f"gpt.{whole}": 8, f"gpt.{part}": value})
    assert wrong == ("" if is_sound else f"'gpt.{part}' is {value!r}")


def test_a_list_of_one_count_a_block_is_left_to_llama_cpp() -> None:
    assert said({"gpt.block_count": 2}, {"gpt.nextn_predict_layers": (UINT32, 9)}) == ""


def test_values_of_another_architecture_are_not_looked_at() -> None:
    assert said({"other.block_count": 0}) == ""


@pytest.mark.parametrize(
    ("key", "kind", "length", "is_sound"),
    [
        ("tokens", STRING, 7, True),
        ("tokens", INT32, 7, False),
        ("scores", FLOAT32, 3, True),
        ("scores", FLOAT32, 2, False),
        ("scores", UINT8, 3, False),
        ("token_type", INT32, 3, True),
        ("token_type", INT32, 0, False),
        ("merges", STRING, 90, True),
        ("merges", UINT8, 90, False),
    ],
)
def test_lists_of_the_vocabulary_are_of_their_type_and_length(key: str, kind: int, length: int, is_sound: bool) -> None:
    wrong = said({}, {f"tokenizer.ggml.{key}": (kind, length)})
    assert wrong == ("" if is_sound else f"'tokenizer.ggml.{key}' is a list of {length} values of the type {kind}")


def test_a_list_that_is_a_single_value_is_named() -> None:
    assert said({"tokenizer.ggml.tokens": "a"}) == "'tokenizer.ggml.tokens' is 'a'"
