from __future__ import annotations

import pytest

from mbegu.corpus.private.context import ContextWords

WORDS = ContextWords(["simu", "nọ́mbà"])


@pytest.mark.parametrize(
    ("text", "is_near"),
    [
        ("simu 5", True),
        ("Nomba rẹ̀ ni 5", True),
        ("NỌ́MBÀ: 5", True),
        ("simu 44 na 5", False),
        ("simu\n5", False),
        ("simu " + "x" * 40 + " 5", False),
        ("5", False),
    ],
)
def test_a_word_before(text: str, is_near: bool) -> None:
    assert WORDS.before(text, text.rindex("5")) is is_near


@pytest.mark.parametrize(("text", "is_near"), [("5 (simu)", True), ("5\nsimu", False), ("5 na 6 simu", False), ("5 kwa wale wote wa simu", False)])
def test_a_word_after(text: str, is_near: bool) -> None:
    assert WORDS.after(text, 1) is is_near
