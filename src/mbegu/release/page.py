"""The label as one HTML file that opens offline: no script, nothing from outside, one printed page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources

from mbegu.core.units import format_bytes, format_count, format_number_of
from mbegu.evaluate.intervals import FEWEST_DOCUMENTS
from mbegu.evaluate.memory_words import REPEATS, memory_note
from mbegu.release.label import NOT_MEASURED, Amount, Label, Score
from mbegu.release.label_words import both_text, by_heart, carbon_text, energy_text, repeats, size_text, text_text, time_text, twice_text

# More rows than these do not fit on a phone or a printed page; the model card has all of them.
SHOWN_AMOUNTS = 4
SHOWN_GROUPS = 5
SHOWN_DROPPED = 5
SHOWN_MACHINES = 3
# The chart, in its own units: names and values above bars, so that both fit on a phone.
CHART_WIDTH, ROW_HEIGHT, BAR_HEIGHT = 340, 36, 14


def label_html(label: Label) -> str:
    """Return the label as a whole HTML page. Texts of users are escaped and take their own direction of writing."""
    style = resources.files("mbegu.release").joinpath("label.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    sections = [
        _purpose(label),
        _how_good(label),
        _by_heart(label),
        _made_of(label),
        _cost(label),
        _files(label),
        _unmeasured(label),
        _how_made(label),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(label.name)} · label</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"{_head(label)}\n"
        f'<div class="columns">\n{"".join(sections)}</div>\n{_foot(label)}\n</main>\n</body>\n</html>\n'
    )


def _own(text: str, tag: str = "span", css: str = "") -> str:
    """Return a text of the user, escaped, in its own direction of writing."""
    return f'<{tag} dir="auto"{f" class={css!r}" if css else ""}>{escape(text)}</{tag}>'


def _section(title: str, *parts: str) -> str:
    return f"<section>\n<h2>{title}</h2>\n{''.join(part for part in parts if part)}</section>\n"


def _rows(rows: Iterable[tuple[str, str]], css: str = "long") -> str:
    """Return names and values; the values are HTML."""
    return f'<dl class="{css}">' + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column is words and whose others are numbers; cells are HTML."""
    head = "".join(f"<th{' class=number' if i else ''}>{name}</th>" for i, name in enumerate(columns))
    body = "".join("<tr>" + "".join(f"<td{' class=number' if i else ''}>{cell}</td>" for i, cell in enumerate(row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"


def _head(label: Label) -> str:
    about = [f"A language model of {escape(label.language_name)} ({escape(label.language_tag)}), grown from scratch"]
    about += [f"by {_own(label.author)}"] if label.author else []
    about += [escape(label.made)] if label.made else []
    loud = (
        '<p class="loud">MACHINE-WRITTEN TEXT: this model learnt from demonstration text that a machine wrote and that no speaker has'
        " reviewed. It shows how Mbegu works; it is not a model for use.</p>"
    )
    return (
        f"<header>{_own(label.name, 'h1')}<p class=soft>{', '.join(about)}. Licence: {_own(label.licence)}.</p>"
        f"{loud if label.machine_written else ''}{_own(REPEATS, 'p', 'loud') if repeats(label) else ''}"
        f'<div class="verdict {label.verdict.split()[0]}"><strong>{escape(label.headline)}</strong>'
        f"{_own(label.verdict_words, 'p') if label.verdict_words else ''}</div></header>"
    )


def _purpose(label: Label) -> str:
    said = _own(label.purpose, "p", "clamp") if label.purpose else "<p>Not said.</p>"
    return _section("What it is for", said) + _section(
        "What it is not for", _own(label.not_for, "p", "clamp") if label.not_for else "<p>Not said.</p>"
    )


def _how_good(label: Label) -> str:
    if label.model is None:
        return _section("How good it is", f"<p>{NOT_MEASURED.capitalize()}.</p>")
    n = (
        f"{format_count(label.model.documents)} documents that it has not learnt from"
        if label.model.documents
        else "text that it has not learnt from"
    )
    note = f"<p class=soft>Bits it needs to write down one byte of {n}, with 95 % interval. Shorter is better.</p>"
    twice = f"<p>Twice the text: {escape(twice_text(label))}.</p>"
    groups = ""
    if label.groups:
        rows = [(_own(score.name), f"{score.bits_per_byte:.3f}", _count(score.documents)) for score in label.groups[:SHOWN_GROUPS]]
        more = f"<p class=soft>and {len(label.groups) - SHOWN_GROUPS} groups where it is better</p>" if len(label.groups) > SHOWN_GROUPS else ""
        groups = _table((f"Source of {FEWEST_DOCUMENTS} documents or more, worst first", "bits per byte", "documents"), rows) + more
    return _section("How good it is", note, _chart([label.model, *label.baselines]), twice, groups)


def _chart(scores: Sequence[Score]) -> str:
    """Return bars of bits per byte as SVG: the first is the model, with a ruler at its end to compare with."""
    most = max(max(score.bits_per_byte, score.high or 0.0) for score in scores) or 1.0
    scale = (CHART_WIDTH - 2) / most
    end = scores[0].bits_per_byte * scale
    bars = [_bar(score, row, scale, end) for row, score in enumerate(scores)]
    height = ROW_HEIGHT * len(scores) + 4
    said = escape("; ".join(f"{score.name}: {score.text()}" for score in scores))
    head = f'<svg viewBox="0 0 {CHART_WIDTH} {height}" role="img" aria-label="bits per byte, {said}"><title>{said}</title>'
    return f"{head}{''.join(bars)}</svg>\n"


def _bar(score: Score, row: int, scale: float, ruler: float) -> str:
    top = row * ROW_HEIGHT + 16
    length, middle = score.bits_per_byte * scale, top + BAR_HEIGHT / 2
    shape = f'<rect class="{"model" if row == 0 else "counting"}" x="0" y="{top}" width="{length:.1f}" height="{BAR_HEIGHT}" rx="2"/>'
    whisker = ""
    if score.low is not None and score.high is not None:
        low, high = score.low * scale, score.high * scale
        ends = "".join(f'<line class="range" x1="{x:.1f}" x2="{x:.1f}" y1="{middle - 4}" y2="{middle + 4}"/>' for x in (low, high))
        whisker = f'<line class="range" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>{ends}'
    value = f'<text class="value" x="{CHART_WIDTH}" y="{top - 4}" text-anchor="end">{escape(score.text())}</text>'
    mark = f'<line class="ruler" x1="{ruler:.1f}" x2="{ruler:.1f}" y1="{top - 2}" y2="{top + BAR_HEIGHT + 2}"/>' if row else ""
    return f'<text x="0" y="{top - 4}">{escape(score.name)}</text>{value}{shape}{mark}{whisker}'


def _by_heart(label: Label) -> str:
    note = f"<p class=soft>{escape(memory_note(label.memory))}</p>" if label.memory else ""
    return _section("What it knows by heart", _rows((escape(name), escape(value)) for name, value in by_heart(label)), note)


def _made_of(label: Label) -> str:
    text = label.text
    shown = [("Text", escape(text_text(text)))]
    if text.scripts:
        shown.append(("Scripts", escape(", ".join(f"{name} {100 * share:.1f} %" for name, share in text.scripts[:4]))))
    if text.overlap_share is not None:
        shown.append(("Held-out text also learnt", f"{100 * text.overlap_share:.1f} %"))
    more_givers = len(text.givers) - SHOWN_AMOUNTS
    named = ", ".join(_own(giver.name) for giver in text.givers[:SHOWN_AMOUNTS]) or "not recorded"
    shown.append(("Who gave it", named + (f" and {format_count(more_givers)} more, in sources.json" if more_givers > 0 else "")))
    if text.dropped:
        dropped = ", ".join(f"{escape(reason)} {format_count(count)}" for reason, count in text.dropped[:SHOWN_DROPPED])
        shown.append(("Left out", dropped + (" …" if len(text.dropped) > SHOWN_DROPPED else "")))
    shown += [(escape(name), escape(value)) for name, value in (*text.related, *text.cleaning, *text.terms)]
    return _section(
        "What it was made of",
        _rows(shown),
        _amounts("Licence of the text", text.licences, len(text.licences)),
        _amounts("Source", text.sources, text.source_count),
    )


def _amounts(head: str, amounts: Sequence[Amount], count: int) -> str:
    if not amounts:
        return f"<p>{head}: not recorded.</p>"
    rows = [(_own(each.name), _count(each.documents), _size(each.bytes)) for each in amounts[:SHOWN_AMOUNTS]]
    more = f"<p class=soft>and {format_count(count - len(rows))} more, in sources.json</p>" if count > len(rows) else ""
    return _table((head, "documents", "size"), rows) + more


def _cost(label: Label) -> str:
    cost = label.cost
    counted = f"<br><span class=soft>Counted: {escape(cost.energy.what_is_counted)}</span>" if cost.energy else ""
    shown = [
        ("Energy, work alone", escape(energy_text(cost.work)) + counted),
        ("Energy, in all", escape(energy_text(cost.total))),
        ("Training, a million tokens", escape(both_text(cost.per_million_tokens))),
        ("Carbon", escape(carbon_text(cost))),
        ("Price", _own(cost.cost.text()) if cost.cost else escape(cost.cost_reason)),
        ("Time", escape(time_text(cost) + cost.cut_words)),
        ("Computer", "<br>".join(escape(each) for each in cost.machines[:SHOWN_MACHINES]) or NOT_MEASURED),
        ("Most memory", _size(cost.peak_memory_bytes)),
    ]
    if cost.runs_led_nowhere:
        shown.append((f"With {format_number_of(cost.runs_led_nowhere, 'run')} that led nowhere", escape(cost.project_words)))
    stages = [(escape(stage.step), escape(both_text(stage.energy))) for stage in cost.stages]
    by_stage = f"<details><summary>Energy of each stage</summary>{_rows(stages)}</details>" if stages else ""
    return _section("What it cost to make", _rows(shown), by_stage)


def _files(label: Label) -> str:
    size = f"<p>{escape(size_text(label))}.</p>"
    if not label.forms:
        return _section("Size and files", size)
    rows = [
        (escape(form.form), _size(form.bytes), f"{form.bits_per_byte:.3f}" if form.bits_per_byte is not None else NOT_MEASURED)
        for form in label.forms
    ]
    file = next((form.file for form in label.forms if form.form == "Q8_0"), label.forms[0].file)
    run = f'<pre><code>mbegu complete "{escape(file)}" "…"\nllama-cli -m "{escape(file)}" -p "…"</code></pre>'
    return _section(
        "Size and files",
        size,
        _table(("GGUF file", "size", "bits per byte"), rows),
        f"<p class=soft>Bits per byte of the files: on a sample of the held-out text. Run it offline:</p>{run}",
    )


def _unmeasured(label: Label) -> str:
    return _section(NOT_MEASURED.capitalize(), "<ul>" + "".join(f"<li>{escape(each)}</li>" for each in label.not_measured) + "</ul>")


def _how_made(label: Label) -> str:
    if not label.settings:
        return ""
    return _section("How it was made", _rows(((escape(name), escape(value)) for name, value in label.settings), "short"))


def _foot(label: Label) -> str:
    hashes = [*label.hashes, *((form.file, form.sha256) for form in label.forms if form.sha256)]
    listed = "<br>".join(f"{escape(name)} {escape(sha256)}" for name, sha256 in hashes)
    return (
        "<footer><p class=soft>Made with Mbegu. Every figure comes from the record of the runs; what was not measured says so. SHA-256:</p>"
        f"<p class=hash>{listed}</p></footer>"
    )


def _count(count: int | None) -> str:
    return format_count(count) if count is not None else NOT_MEASURED


def _size(count: float | None) -> str:
    return format_bytes(count) if count is not None else NOT_MEASURED
