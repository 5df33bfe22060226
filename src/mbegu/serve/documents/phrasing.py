"""What a model is asked when it may put an answer together from passages.

The passages are shown to it as material between marks. Nothing that stands in them can make it do more than write, and of what it writes only
what the passages hold is shown (``support``): an instruction hidden in a document can at most be quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from mbegu.serve.documents.answer import Phrase

MOST_TOKENS = 160
_TASK = "Copy from the text, word for word, only what answers the question. Copy nothing else. Add nothing."


class ChatEngine(Protocol):
    """The part of an engine that is needed here; the engines of ``mbegu.model`` that were tuned for conversation have it."""

    def chat(self, turns: Sequence[tuple[str, str]], n_tokens: int, temperature: float = 0.0, seed: int = 0) -> Iterable[str]:
        """Write the next turn."""
        ...


def phrase_with(engine: ChatEngine | None) -> Phrase | None:
    """Return what puts answers together with an engine; ``None`` where there is none or it was not tuned for conversation."""
    if engine is None or not getattr(engine, "can_chat", False):
        return None

    def phrase(question: str, passages: Sequence[str]) -> str:
        text = "\n\n".join(passages)
        turn = f"{_TASK}\n\n<<<\n{text}\n>>>\n\n{question}"
        return "".join(engine.chat([("user", turn)], MOST_TOKENS, 0.0, 0))

    return phrase
