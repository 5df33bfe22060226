"""The model card: README.md with the metadata that Hugging Face reads, from a label."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence

from mbegu.core.units import format_bytes, format_count, format_number_of, format_seconds
from mbegu.evaluate.intervals import FEWEST_DOCUMENTS
from mbegu.evaluate.memory_words import REPEATS, memory_note
from mbegu.release.label import NOT_MEASURED, Amount, Label
from mbegu.release.label_words import both_text, by_heart, carbon_text, energy_text, repeats, size_text, text_text, time_text, twice_text

# Licences that Hugging Face knows by name; any other is written as "other" with its name.
HUB_LICENCES = frozenset(
    """
    apache-2.0 mit cc0-1.0 cc-by-4.0 cc-by-sa-4.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-nc-nd-4.0 cc-by-3.0 cc-by-sa-3.0
    gpl-3.0 agpl-3.0 lgpl-3.0 mpl-2.0 bsd-2-clause bsd-3-clause odc-by odbl unlicense unknown
    """.split()  # noqa: SIM905 a list of 21 lines is harder to read
)
SHOWN_ROWS = 20
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~])")
_BLOCK_START = re.compile(r"^(\d*)([-+=.)])(?=\s|$|=)")


def card_markdown(label: Label) -> str:
    """Return the model card as Markdown with YAML front matter. Texts of users are escaped."""
    parts = [
        _front_matter(label),
        f"# {plain(label.name)}\n",
        f"A language model of {plain(label.language_name)} (`{label.language_tag}`), grown from scratch with Mbegu.\n",
        *([_MACHINE_WRITTEN] if label.machine_written else []),
        f"**{label.headline}** {plain(label.verdict_words)}".rstrip() + "\n",
        f"## What it is for\n\n{plain(label.purpose) or 'Not said.'}\n\n**Not for:** {plain(label.not_for) or 'not said.'}\n",
        _how_good(label),
        _by_heart(label),
        _made_of(label),
        _cost(label),
        _files(label),
        f"## {NOT_MEASURED.capitalize()}\n\n" + "".join(f"- {each}\n" for each in label.not_measured),
        _how_made(label),
    ]
    return "\n".join(parts)


def plain(text: str) -> str:
    """Return a text of a user as Markdown that shows it as it is, on one line, with no markup of its own."""
    one_line = " ".join(text.split())
    escaped = _MARKDOWN.sub(r"\\\1", html.escape(one_line, quote=False))
    return _BLOCK_START.sub(r"\1\\\2", escaped)


_MACHINE_WRITTEN = (
    "> **MACHINE-WRITTEN TEXT.** This model learnt from demonstration text that a machine wrote and no speaker has reviewed.\n"
    "> It shows how Mbegu works. It is not a model for use.\n"
)


def _front_matter(label: Label) -> str:
    known = label.licence.lower() if label.licence.lower() in HUB_LICENCES else "other"
    lines = ["---", "language:", f"- {_yaml(label.language_tag.partition('_')[0])}", f"license: {_yaml(known)}"]
    lines += [f"license_name: {_yaml(label.licence)}"] if known == "other" else []
    lines += ["library_name: transformers", "pipeline_tag: text-generation", "tags:"]
    lines += [f"- {tag}" for tag in ("mbegu", "from-scratch", "low-resource", "offline", "gguf", "qwen3")]
    # The texts are not on the Hub; which they are stands in the card.
    lines += ["datasets: []", *_carbon_metadata(label), *_model_index(label), "---", ""]
    return "\n".join(lines)


def _carbon_metadata(label: Label) -> list[str]:
    carbon = label.cost.carbon
    if carbon is None:
        return []
    source = f"{carbon.energy_method}; range {carbon.low_grams:.3g} to {carbon.high_grams:.3g} g; grid: {carbon.grid.source}"
    return [
        "co2_eq_emissions:",
        f"  emissions: {carbon.grams:.6f}",
        f"  source: {_yaml(source)}",
        "  training_type: pre-training",
        f"  geographical_location: {_yaml(carbon.grid.name)}",
        f"  hardware_used: {_yaml('; '.join(label.cost.machines))}",
    ]


def _model_index(label: Label) -> list[str]:
    if label.model is None:
        return []
    return [
        "model-index:",
        f"- name: {_yaml(label.name)}",
        "  results:",
        "  - task:",
        "      type: text-generation",
        "    dataset:",
        "      type: held-out-documents",
        "      name: documents of the same text, held out",
        "    metrics:",
        "    - type: bits_per_byte",
        "      name: bits per byte (less is better)",
        f"      value: {label.model.bits_per_byte:.6f}",
    ]


def _yaml(text: str) -> str:
    """Return a string in double quotes; YAML reads JSON strings as they are."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "|".join("---" if i == 0 else "---:" for i in range(len(columns))) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _how_good(label: Label) -> str:
    if label.model is None:
        return f"## How good it is\n\n{NOT_MEASURED.capitalize()}.\n"
    n = f"{format_count(label.model.documents)} held-out documents" if label.model.documents else "held-out documents"
    rows = [(score.name, score.text()) for score in (label.model, *label.baselines)]
    text = f"## How good it is\n\nBits per byte on {n}, with 95 % interval. Less is better.\n\n" + _table(("", "bits per byte"), rows)
    text += f"\nTwice the text: {twice_text(label)}.\n"
    if label.groups:
        worst = [(plain(score.name), score.text(), _count(score.documents)) for score in label.groups[:SHOWN_ROWS]]
        text += f"\nSources with {FEWEST_DOCUMENTS} documents or more, worst first:\n\n" + _table(("source", "bits per byte", "documents"), worst)
    return text


def _by_heart(label: Label) -> str:
    warning = f"> **{REPEATS}**\n\n" if repeats(label) else ""
    rows = _table(("", ""), [(name, plain(value)) for name, value in by_heart(label)])
    return f"## What it knows by heart\n\n{warning}{rows}" + (f"\n{memory_note(label.memory)}\n" if label.memory else "")


def _made_of(label: Label) -> str:
    text = label.text
    lines = [f"## What it was made of\n\n{text_text(text)}.\n"]
    if text.overlap_share is not None:
        lines.append(f"{100 * text.overlap_share:.1f} % of the held-out text also stands in the training text.\n")
    if text.scripts:
        lines.append("Scripts: " + ", ".join(f"{name} {100 * share:.1f} %" for name, share in text.scripts[:6]) + ".\n")
    lines.append("Who gave it: " + (", ".join(plain(giver.name) for giver in text.givers) or "not recorded") + ".\n")
    lines += [_amounts("licence", text.licences, len(text.licences)), _amounts("source", text.sources, text.source_count)]
    if text.dropped:
        lines.append("Left out: " + ", ".join(f"{plain(reason)} {format_count(count)}" for reason, count in text.dropped) + ".\n")
    lines += [_rows(text.related), _rows(text.cleaning), "### What may be done with the text\n" if text.terms else "", _rows(text.terms)]
    return "\n".join(line for line in lines if line)


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    return "".join(f"- {plain(name)}{'' if name.endswith('?') else ':'} {plain(value)}\n" for name, value in rows)


def _amounts(head: str, amounts: Sequence[Amount], count: int) -> str:
    if not amounts:
        return f"{head.capitalize()}: not recorded.\n"
    rows = [(plain(each.name), _count(each.documents), _size(each.bytes)) for each in amounts[:SHOWN_ROWS]]
    more = f"\nand {format_count(count - len(rows))} more, in sources.json.\n" if count > len(rows) else ""
    return _table((head, "documents", "size"), rows) + more


def _cost(label: Label) -> str:
    cost = label.cost
    lines = [
        "## What it cost\n",
        f"- Energy of the work alone, above the idle computer: {energy_text(cost.work)}",
        f"- Energy in all, with the idle computer: {energy_text(cost.total)}",
        *([f"  - counted: {cost.energy.what_is_counted}"] if cost.energy else []),
        f"- Energy of the training for a million tokens: {both_text(cost.per_million_tokens)}",
        f"- Carbon: {carbon_text(cost)}",
        *([f"  - factor: {cost.carbon.grid.source}"] if cost.carbon else []),
        f"- Price of the electricity: {plain(cost.cost.text()) if cost.cost else cost.cost_reason}",
        f"- Time: {time_text(cost)}{cost.cut_words}",
        f"- Computer: {'; '.join(plain(each) for each in cost.machines) or NOT_MEASURED}",
        f"- Most memory: {_size(cost.peak_memory_bytes)}",
    ]
    if cost.runs_led_nowhere:
        lines.append(f"- With {format_number_of(cost.runs_led_nowhere, 'run')} that led nowhere: {cost.project_words}")
    stages = [
        (
            stage.step,
            str(stage.runs),
            format_seconds(stage.seconds),
            energy_text(stage.energy and stage.energy.work()),
            energy_text(stage.energy and stage.energy.total()),
        )
        for stage in cost.stages
    ]
    table = "\n" + _table(("stage", "runs", "time", "energy, work alone", "energy, in all"), stages) if stages else ""
    return "\n".join(lines) + "\n" + table


def _files(label: Label) -> str:
    head = f"## Size and files\n\n{size_text(label)}.\n"
    if not label.forms:
        return head
    rows = [
        (
            f"`{form.file}`" if form.file else form.form,
            _size(form.bytes),
            f"{form.bits_per_byte:.3f}" if form.bits_per_byte is not None else NOT_MEASURED,
        )
        for form in label.forms
    ]
    sums = "".join(f"{form.sha256}  {form.file}\n" for form in label.forms if form.sha256)
    best = next((form.file for form in label.forms if form.form == "Q8_0"), label.forms[0].file)
    return (
        f"{head}\n{_table(('file', 'size', 'bits per byte, sample'), rows)}\n"
        f'```sh\nmbegu complete "{best}" "..."\nllama-cli -m "{best}" -p "..."\n```\n'
        + (f"\nSHA-256:\n\n```text\n{sums}```\n" if sums else "")
        + "\nText goes in as NFC Unicode. `hf/`, where it is there, opens with `transformers` as `Qwen3ForCausalLM`, without code of its own.\n"
    )


def _how_made(label: Label) -> str:
    rows = [(name, plain(value)) for name, value in label.settings]
    hashes = "".join(f"{name:<10}{sha256}\n" for name, sha256 in label.hashes)
    maker = f"Made by {plain(label.author)}" if label.author else "Who made it: not said"
    return (
        f"## How it was made\n\n{maker}{f', {label.made}' if label.made else ''}. Licence of the model: {plain(label.licence)}.\n\n"
        + (_table(("", ""), rows) if rows else "")
        + (f"\nHashes of each step's output:\n\n```text\n{hashes}```\n" if hashes else "")
    )


def _count(count: int | None) -> str:
    return format_count(count) if count is not None else NOT_MEASURED


def _size(count: float | None) -> str:
    return format_bytes(count) if count is not None else NOT_MEASURED
