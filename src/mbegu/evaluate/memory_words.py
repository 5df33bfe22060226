"""What the model knows by heart, in words for people who are no engineers; from the ``memory`` table of results.json."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mbegu.core.units import format_count

REPEATS = "This model can repeat what it learnt from, word for word. Give it away only if everybody may read those texts."
BY_CHANCE_BITS = math.log2(math.e)  # the mean exposure of lines that never stood in the text


def memory_rows(memory: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and values for the label: texts continued word for word, beside unseen ones, and lines planted to be measured."""
    if memory["training"] is None:
        rows = [("repeats its text", f"not measured: {memory['reason']}")]
    else:
        tokens = memory["continued_tokens"]
        rows = [("repeats its text", _share(memory["training"], tokens)), ("the same, unseen", _share(memory["heldout"], tokens))]
    canaries = memory["canaries"]
    most = math.log2(canaries["candidates"])
    rows += [(f"line seen {_often(group['times'])}", _exposure(group, most)) for group in canaries["groups"]]
    return rows if canaries["groups"] else [*rows, ("line seen once", f"not measured: {canaries['reason']}")]


def memory_words(memory: Mapping[str, Any]) -> str:
    """Return the rows of ``memory_rows`` on one line."""
    return "; ".join(f"{name}: {value}" for name, value in memory_rows(memory))


def memory_note(memory: Mapping[str, Any]) -> str:
    """Return what the figures mean, in a few sentences."""
    return (
        f"A text counts when the model, given its first {memory['prompt_tokens']} tokens, writes the next {memory['continued_tokens']} as they "
        "stand; unseen texts are those held out. The lines are random tokens, planted in the text so often to be measured: the more bits of "
        "exposure, the better the model tells a line from those that were never there, which would have "
        f"{BY_CHANCE_BITS:.1f} on average. A line counts as written to the end when its "
        "first half is enough for that."
    )


def _share(side: Mapping[str, Any], tokens: int) -> str:
    left_out = f"; {format_count(side['left_out'])} left out, they begin like others" if side["left_out"] else ""
    if not side["documents"]:
        return f"not measured: none is long enough{left_out}"
    low, high = side["interval"]
    return (
        f"{format_count(side['continued'])} of {format_count(side['documents'])} texts continued word for word over {tokens} tokens "
        f"({100 * side['share']:.1f}\u00a0%; {100 * low:.1f} to {100 * high:.1f}\u00a0%), {side['mean_tokens']:.1f} tokens on average{left_out}"
    )


def _exposure(group: Mapping[str, Any], most: float) -> str:
    found = "recognised" if group["recognised"] else "no clear sign that it is recognised"
    mean = f", mean of {group['lines']} lines" if group["lines"] > 1 else ", one line"
    return f"exposure {group['exposure']:.1f} of {most:g} bits{mean}: {found}; {group['completed']} of {group['lines']} written to the end"


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"
