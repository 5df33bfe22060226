"""How a conversation is laid out for a model: known layouts as plain data. The template inside a model file never runs.

A chat template is a program that comes with a file from a stranger. So it is only looked at: a layout of the list is taken when the
template speaks of all its marks and each is one token of the model. Of the texts around the turns nothing but the marks is ours, and
what people write is put between them as text, never as marks.

Sources: the templates in the model files of the families named, as their makers publish them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Marks and texts around the turns.

    Args:
        name: of the family.
        marks: texts that the model's template must hold; those in angle brackets must be tokens of the model.
        before: by role, what stands before a turn's text; a role that is absent is joined to the first user's turn.
        after: by role, what stands after it.
        answer: what stands before the answer that the model is to write.
    """

    name: str
    marks: tuple[str, ...]
    before: dict[str, str]
    after: dict[str, str]
    answer: str


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "chatml",
        ("<|im_start|>", "<|im_end|>"),
        {role: f"<|im_start|>{role}\n" for role in ("system", "user", "assistant")},
        dict.fromkeys(("system", "user", "assistant"), "<|im_end|>\n"),
        "<|im_start|>assistant\n",
    ),
    Layout(
        "llama-3",
        ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        {role: f"<|start_header_id|>{role}<|end_header_id|>\n\n" for role in ("system", "user", "assistant")},
        dict.fromkeys(("system", "user", "assistant"), "<|eot_id|>"),
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
    Layout(
        "gemma",
        ("<start_of_turn>", "<end_of_turn>"),
        {"user": "<start_of_turn>user\n", "assistant": "<start_of_turn>model\n"},
        dict.fromkeys(("user", "assistant"), "<end_of_turn>\n"),
        "<start_of_turn>model\n",
    ),
    Layout(
        "phi",
        ("<|user|>", "<|assistant|>", "<|end|>"),
        {role: f"<|{role}|>\n" for role in ("system", "user", "assistant")},
        dict.fromkeys(("system", "user", "assistant"), "<|end|>\n"),
        "<|assistant|>\n",
    ),
    Layout(
        "zephyr",
        ("<|user|>", "<|assistant|>", "</s>"),
        {role: f"<|{role}|>\n" for role in ("system", "user", "assistant")},
        dict.fromkeys(("system", "user", "assistant"), "</s>\n"),
        "<|assistant|>\n",
    ),
)


def find_layout(template: str) -> Layout | None:
    """Return the layout that a model's template stands for, ``None`` when it is none of the list.

    Args:
        template: the text in the model file; it is searched, not run.
    """
    return next((layout for layout in LAYOUTS if all(mark in template for mark in layout.marks)), None)


def lay_out(layout: Layout, turns: Sequence[tuple[str, str]]) -> list[tuple[str, bool]]:
    """Return the parts of a conversation in order, each with whether marks in it count (ours) or are text (people's).

    Args:
        layout: the model's.
        turns: pairs of role (``system``, ``user``, ``assistant``) and text.
    """
    parts: list[tuple[str, bool]] = []
    put_first = ""
    for role, text in turns:
        if role not in layout.before:
            put_first += f"{text}\n\n"
            continue
        parts += [(layout.before[role], True), (put_first + text, False), (layout.after[role], True)]
        put_first = ""
    if put_first:
        parts += [(layout.before["user"], True), (put_first.rstrip("\n"), False), (layout.after["user"], True)]
    return [*parts, (layout.answer, True)]
