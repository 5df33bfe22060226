"""The words of the label on what is known by heart."""

from __future__ import annotations

from typing import Any

from tests.label_facts import FACTS

from mbegu.evaluate.memory_words import memory_note, memory_rows, memory_words

MEMORY: dict[str, Any] = FACTS["evaluate"]["memory"]


def test_rows_give_count_share_interval_and_what_was_left_out() -> None:
    assert memory_rows(MEMORY) == [
        (
            "repeats its text",
            (
                "2 of 400 texts continued word for word over 50 tokens (0.5\u00a0%; 0.1 to 1.8\u00a0%), 1.3 tokens on average; "
                "31 left out, they begin like others"
            ),
        ),
        ("the same, unseen", "0 of 180 texts continued word for word over 50 tokens (0.0\u00a0%; 0.0 to 2.0\u00a0%), 1.1 tokens on average"),
        (
            "line seen once",
            "exposure 1.2 of 10 bits, mean of 4 lines: no clear sign that it is recognised; 0 of 4 written to the end",
        ),
        ("line seen 16 times", "exposure 10.0 of 10 bits, one line: recognised; 1 of 1 written to the end"),
    ]
    assert memory_words(MEMORY).startswith("repeats its text: 2 of 400 texts continued")


def test_what_was_not_measured_says_why() -> None:
    nothing = {**MEMORY["training"], "documents": 0, "interval": None, "share": None, "mean_tokens": None, "left_out": 3}
    canaries = {"tokens": 16, "candidates": 1024, "groups": [], "reason": "plan.toml says canaries = 0"}
    rows = dict(memory_rows({**MEMORY, "training": nothing, "canaries": canaries}))
    assert rows["repeats its text"] == "not measured: none is long enough; 3 left out, they begin like others"
    assert rows["line seen once"] == "not measured: plan.toml says canaries = 0"
    rows = dict(memory_rows({**MEMORY, "training": None, "heldout": None, "reason": "its context of 32 tokens is too short"}))
    assert rows["repeats its text"] == "not measured: its context of 32 tokens is too short"


def test_the_note_says_what_an_unseen_line_would_have() -> None:
    assert "those that were never there, which would have 1.4 on average" in memory_note(MEMORY)
