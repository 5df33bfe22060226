from __future__ import annotations

from collections.abc import Iterator, Sequence

from mbegu.serve.documents.phrasing import phrase_with


class WritesOn:
    """An engine that was not tuned for conversation."""

    can_chat = False

    def chat(self, turns: Sequence[tuple[str, str]], n_tokens: int, temperature: float = 0.0, seed: int = 0) -> Iterator[str]:
        raise AssertionError("never asked")


class Echo(WritesOn):
    """An engine that says what it was told."""

    can_chat = True

    def chat(self, turns: Sequence[tuple[str, str]], n_tokens: int, temperature: float = 0.0, seed: int = 0) -> Iterator[str]:
        yield from turns[-1][1]


def test_a_model_that_cannot_converse_is_never_asked() -> None:
    assert phrase_with(None) is None
    assert phrase_with(WritesOn()) is None


def test_the_model_is_shown_the_question_and_the_passages() -> None:
    phrase = phrase_with(Echo())
    assert phrase is not None
    said = phrase("Omi?", ["Ẹ sè omi.", "ውሃ"])
    assert "Omi?" in said
    assert "Ẹ sè omi.\n\nውሃ" in said
