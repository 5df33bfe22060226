"""The label in words and as JSON: the short form for the terminal, and the sentences that the model card and the page share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mbegu.core.report import plain
from mbegu.core.units import format_bytes, format_count, format_seconds
from mbegu.evaluate.memory_words import REPEATS, memory_rows
from mbegu.evaluate.more_text import more_text_words
from mbegu.ledger.energy.value import Energy
from mbegu.release.label import NOT_MEASURED, Cost, Label, Text


def label_json(label: Label) -> dict[str, Any]:
    """Return the whole label as plain JSON values; energies keep method and range."""
    values: dict[str, Any] = asdict(label)
    values["cost"]["energy_text"] = energy_text(label.cost.energy)
    values["cost"]["work_text"] = energy_text(label.cost.work)
    values["cost"]["total_text"] = energy_text(label.cost.total)
    values["cost"]["per_million_tokens_text"] = both_text(label.cost.per_million_tokens)
    values["cost"]["carbon_text"] = carbon_text(label.cost)
    return _plain(values)  # type: ignore[no-any-return]


def label_text(label: Label) -> str:
    """Return the label in a few lines for a terminal. Texts of users stay on their line and command nothing."""
    told = [
        ("language", f"{label.language_name} ({label.language_tag})"),
        ("size", size_text(label)),
        ("made of", text_text(label.text)),
        *((name.lower(), value) for name, value in (*label.text.related, *label.text.cleaning)),
        *((name, value) for name, value in label.text.terms if name.endswith("?") or name in ("Conflict", "Consent")),
        ("how good", label.model.text() + " bits per byte (less is better)" if label.model else NOT_MEASURED),
        *((score.name, score.text()) for score in label.baselines),
        *([(f"worst: {label.groups[0].name}", label.groups[0].text())] if label.groups else []),
        ("twice the text", twice_text(label)),
        *by_heart(label),
        ("energy, work alone", energy_text(label.cost.work)),
        ("energy, in all", energy_text(label.cost.total)),
        *((f"  {stage.step}", both_text(stage.energy)) for stage in label.cost.stages),
        ("  a million tokens", both_text(label.cost.per_million_tokens)),
        ("carbon", carbon_text(label.cost)),
        *([("price", label.cost.cost.text())] if label.cost.cost else []),
        ("time", time_text(label.cost)),
        (NOT_MEASURED, ", ".join(label.not_measured)),
    ]
    rows = [(plain(name), plain(value)) for name, value in told]
    wide = max(len(name) for name, _ in rows)
    head = [label.name, label.headline]
    if label.machine_written:
        head.insert(1, "MADE OF MACHINE-WRITTEN DEMONSTRATION TEXT that no speaker has reviewed: not a model for use.")
    if repeats(label):
        head.append(REPEATS)
    return "\n".join([*map(plain, head), "", *(f"  {name.ljust(wide)}  {value}" for name, value in rows)])


def by_heart(label: Label) -> list[tuple[str, str]]:
    """Return names and values of what the model knows by heart."""
    return memory_rows(label.memory) if label.memory else [("what it knows by heart", NOT_MEASURED)]


def twice_text(label: Label) -> str:
    """Return in words what twice the text would bring."""
    return more_text_words(label.more_text) if label.more_text else NOT_MEASURED


def repeats(label: Label) -> bool:
    """Whether the label must warn that the model repeats its text."""
    return bool(label.memory and label.memory["repeats"])


def size_text(label: Label) -> str:
    """Return parameters, vocabulary and context in words."""
    parts = [f"{format_count(label.parameters)} parameters" if label.parameters else f"parameters {NOT_MEASURED}"]
    parts += [f"{format_count(label.vocabulary_size)} tokens in the vocabulary"] if label.vocabulary_size else []
    parts += [f"{format_count(label.context)} tokens of context"] if label.context else []
    return ", ".join(parts)


def text_text(text: Text) -> str:
    """Return documents and bytes in words."""
    if text.documents is None or text.bytes is None:
        return NOT_MEASURED
    held = f", of which {format_count(text.heldout_documents)} held out to measure with" if text.heldout_documents is not None else ""
    return f"{format_count(text.documents)} documents, {format_bytes(text.bytes)}{held}"


def energy_text(energy: Energy | None) -> str:
    """Return an energy with range and method, or that it was not measured."""
    return energy.text() if energy else NOT_MEASURED


def both_text(energy: Energy | None) -> str:
    """Return the energy of the work alone and that with the idle computer, each with range and method."""
    if energy is None:
        return NOT_MEASURED
    return f"work alone {energy_text(energy.work())}, in all {energy_text(energy.total())}"


def carbon_text(cost: Cost) -> str:
    """Return the carbon with its range, or why there is none."""
    return cost.carbon.text() if cost.carbon else cost.carbon_reason


def time_text(cost: Cost) -> str:
    """Return time and runs in words."""
    if cost.seconds is None:
        return NOT_MEASURED
    others = ", ".join(f"{count} {status}" for status, count in cost.by_status.items() if status != "done")
    return f"{format_seconds(cost.seconds)} in {cost.runs} runs" + (f" ({others})" if others else "")


def _plain(value: Any) -> Any:
    """Return tuples as lists, so that the value is the same before and after JSON."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
