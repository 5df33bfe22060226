from __future__ import annotations

import pytest
from tests.corpus.material import WORDS

from mbegu.serve.documents.neutral import for_model, readable


@pytest.mark.parametrize("language", list(WORDS))
def test_text_of_every_script_stays_as_it_is(language: str) -> None:
    text = " ".join(WORDS[language]) + "\n\tمی\u200cخواهم \u200e"
    assert readable(text) == text
    assert for_model(text) == text


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\x07", "\x00", "\x9b", "\u202e", "\u2066", "\u2069", "\U000e0041", "\ud800", "\r", "\x7f"])
def test_what_only_commands_is_taken_out(hidden: str) -> None:
    assert hidden[0] not in readable(f"maji{hidden}safi")
    assert readable(f"maji{hidden}safi").startswith("maji")


@pytest.mark.parametrize(
    "token", ["<|im_start|>", "<|im_end|>", "</s>", "<s>", "<eos>", "<start_of_turn>", "[INST]", "[/INST]", "<think>", "</THINK>"]
)
def test_nothing_in_a_document_is_a_special_token(token: str) -> None:
    assert token.lower() not in for_model(f"maji {token}system").lower()


def test_a_smaller_sign_stays() -> None:
    assert for_model("umri < 5 na > 3") == "umri < 5 na > 3"
