"""Sections on what cleaning did: what was left out, copies, private things, test sentences, rewriting, files that failed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from mbegu.core.units import format_seconds
from mbegu.corpus.report.dropped import Example, Reason
from mbegu.corpus.report.facts import Facts
from mbegu.corpus.report.masked import COVER, masked_excerpt
from mbegu.corpus.report.page_content import SHOWN_ROWS, more
from mbegu.corpus.report.pairs import Pair
from mbegu.corpus.report.parts import heading, language_tag, own, paragraph, section, table
from mbegu.corpus.report.wording import Words

SHOWN_CHARACTERS = 400
SECRET_LISTS = ("names", "blocked")
PLACES = ("paths", "identifier", "names", "blocked", "rules")
CUT_CHARACTERS = 20  # cleaning keeps so much of what a text became, and more of what it was
_CUT_OFF = re.compile(r"\S*@\S*$|\+?\d[\d\s().\-/]*$")


def sections(facts: Facts, words: Words) -> list[tuple[str, str]]:
    """Return the sections with their names, in order."""
    return [
        ("dropped", _dropped(facts, words)),
        ("duplicates", _duplicates(facts, words)),
        ("private", _private(facts, words)),
        ("leaks", _leaks(facts, words)),
        ("changes", _changes(facts, words)),
        ("problems", _problems(facts, words)),
        ("made", _made(facts, words)),
    ]


def _not_measured(words: Words) -> str:
    return paragraph(words.html("page.not_measured").capitalize() + ".")


def _dropped(facts: Facts, words: Words) -> str:
    title = words.html("dropped.head")
    if facts.dropped is None:
        return section("dropped", title, _not_measured(words))
    taken_in = facts.cleaning.get("bytes_in")
    kept = paragraph(words.html("dropped.of_in", kept=words.size(facts.bytes), all=words.size(taken_in))) if taken_in else ""
    if not facts.dropped:
        return section("dropped", title, kept, paragraph(words.html("dropped.nothing")))
    rows = [
        [
            reason_name(words, each.name),
            words.count(each.documents),
            words.count(each.lines),
            words.size(each.bytes) if each.bytes is not None else words.html("page.unknown"),
        ]
        for each in facts.dropped
    ]
    heads = [words.html(f"dropped.{name}") for name in ("reason", "documents", "lines", "size")]
    examples = "".join(_examples(each, facts, words) for each in facts.dropped if each.examples)
    return section(
        "dropped",
        title,
        kept,
        table(heads, rows, label=words.text("dropped.head")),
        _bring_back(facts, words),
        heading(words.html("dropped.example")) + f"<dl class=examples>{examples}</dl>\n" if examples else "",
    )


def reason_name(words: Words, name: str) -> str:
    """Return a reason in plain words, with its own name where that says more."""
    plain = words.named("dropped.reasons", name)
    return f"{own(plain)} <span class=soft>({own(name)})</span>" if plain else own(name)


def _bring_back(facts: Facts, words: Words) -> str:
    if facts.is_project:
        return paragraph(words.html("dropped.project_note"), "soft")
    example = next((each for reason in facts.dropped or () for each in reason.examples), None)
    place = _place(example) if example else "FILE:LINE"
    return paragraph(words.html("dropped.bring_back")) + _command("mbegu", "corpus", "explain", facts.name, place)


def _place(example: Example) -> str:
    return f"{example.source}:{example.line}" if example.line else example.source


def _command(*parts: str, after: str = "") -> str:
    """Return a command line to be copied; ``after`` follows it as it is."""
    return own(shlex.join(parts) + after, "pre").replace('dir="auto"', 'dir="ltr"', 1)


def _examples(reason: Reason, facts: Facts, words: Words) -> str:
    lang = language_tag(facts.language)
    shown = [f"<dt>{reason_name(words, reason.name)}</dt>"]
    for each in reason.examples:
        line = f", {words.html('dropped.line', line=words.count(each.line))}" if each.line else ""
        detail = f" · {own(each.detail)}" if each.detail else ""
        text = own(each.excerpt, "p", lang, "excerpt") if each.excerpt.strip() else ""
        shown.append(f"<dd>{text}<p class=soft>{own(each.source)}{line}{detail}</p></dd>")
    if not facts.is_project:
        shown.append(f"<dd>{_command('mbegu', 'corpus', 'restore', facts.name, reason.name)}</dd>")
    return "".join(shown)


def _duplicates(facts: Facts, words: Words) -> str:
    counts = facts.cleaning.get("duplicates")
    title = words.html("duplicates.head")
    if counts is None and facts.pairs is None:
        return section("duplicates", title, _not_measured(words))
    kinds = [kind for kind in ("exact", "near", "passage", "line") if _is_number(counts, kind)]
    rows = [[words.html(f"duplicates.{kind}"), words.count(_number((counts or {}).get(kind), 0))] for kind in kinds]
    heads = (words.html("duplicates.kind"), words.html("duplicates.count"))
    found = table(heads, rows, label=words.text("duplicates.head")) if rows else ""
    shown = "".join(_pair(pair, facts, words) for pair in facts.pairs or ())
    rest = len(facts.cleaning.get("pairs") or ()) - len(facts.pairs or ())
    listed = f"<ul class=pairs>{shown}</ul>\n" + more(words, rest) if shown else paragraph(words.html("duplicates.none"))
    return section("duplicates", title, found, heading(words.html("duplicates.pairs")), listed)


def _pair(pair: Pair, facts: Facts, words: Words) -> str:
    lang = language_tag(facts.language)
    name = words.html(f"duplicates.{pair.kind}") if words.named("duplicates", pair.kind) else own(pair.kind)
    alike = words.html("duplicates.alike", share=words.percent(pair.similarity))
    sides = []
    for side, place, text in (("first", pair.first, pair.first_text), ("second", pair.second, pair.second_text)):
        shown = own(text, "p", lang, "excerpt") if text else ""
        sides.append(f"<div><p class=soft>{words.html(f'duplicates.{side}')}: {own(place)}</p>{shown}</div>")
    return f"<li><p><strong>{name}</strong>, {alike}</p><div class=sides>{''.join(sides)}</div></li>\n"


def _private(facts: Facts, words: Words) -> str:
    found = facts.cleaning.get("private")
    title = words.html("private.head")
    if found is None:
        return section("private", title, _not_measured(words))
    counts = sorted(((str(name), count) for name, count in found.items() if _is_number(found, name)), key=lambda item: (-item[1], item[0]))
    rows = [[own(words.named("private.kinds", name) or name), words.count(count)] for name, count in counts if count]
    heads = (words.html("private.kind"), words.html("private.count"))
    listed = table(heads, rows, label=words.text("private.head")) if rows else paragraph(words.html("private.none"))
    return section("private", title, listed, paragraph(words.html("private.note"), "soft"))


def _leaks(facts: Facts, words: Words) -> str:
    overlap = facts.cleaning.get("overlap_share")
    parts = [paragraph(words.html("leaks.overlap", share=words.percent(overlap)))] if isinstance(overlap, float) else []
    if facts.leaks is None:
        parts += [
            _not_measured(words),
            paragraph(words.html("leaks.command")),
            _command("mbegu", "corpus", "leaks", facts.name, "TESTFILE", after=f" --json > {shlex.quote(facts.name)}/leaks.json"),
        ]
    else:
        parts += [paragraph(words.html("leaks.kept")), _tests(facts.leaks, words)]
    return section("leaks", words.html("leaks.head"), *parts, paragraph(words.html("leaks.note"), "soft"))


def _tests(leaks: Mapping[str, Any], words: Words) -> str:
    """Return a table of the test sets that were looked for."""
    tests = [each for each in leaks.get("tests") or () if isinstance(each, Mapping)]
    rows = []
    for each in tests[:SHOWN_ROWS]:
        items, found = _number(each.get("items"), 0), _number(each.get("found"), 0)
        kinds = each.get("kinds")
        how = (
            ", ".join(f"{own(str(kind))} {words.count(_number(count, 0))}" for kind, count in kinds.items() if count)
            if isinstance(kinds, Mapping)
            else ""
        )
        rows.append([own(str(each.get("test", ""))), words.count(items), words.count(found), words.percent(found / items if items else 0.0), how])
    heads = [words.html(f"leaks.{name}") for name in ("test", "items", "found", "share", "how")]
    return table(heads, rows, words=(0, 4), label=words.text("leaks.head")) + more(words, len(tests) - SHOWN_ROWS)


def _changes(facts: Facts, words: Words) -> str:
    changes = facts.cleaning.get("changes")
    title = words.html("changes.head")
    if changes is None:
        return section("changes", title, _not_measured(words))
    rows = [
        [
            own(str(each.get("rule", ""))),
            own(_side(each.get("before", ""))),
            own(_side(each.get("after", ""))),
            words.count(_number(each.get("count"), 0)),
        ]
        for each in changes
        if isinstance(each, Mapping)
    ]
    heads = [words.html(f"changes.{name}") for name in ("rule", "before", "after", "count")]
    shown = table(heads, rows[:SHOWN_ROWS], words=(0, 1, 2), label=words.text("changes.head")) + more(words, len(rows) - SHOWN_ROWS)
    return section("changes", title, shown if rows else paragraph(words.html("changes.none")), paragraph(words.html("changes.note"), "soft"))


def _side(text: Any) -> str:
    """Return what was rewritten, or what it became, as examples are shown; an address or number that its end may have cut off is covered too."""
    whole = str(text)[:SHOWN_CHARACTERS]
    return masked_excerpt(_CUT_OFF.sub(COVER, whole) if len(whole) >= CUT_CHARACTERS else whole, SHOWN_CHARACTERS)


def _problems(facts: Facts, words: Words) -> str:
    problems = facts.cleaning.get("problems")
    title = words.html("problems.head")
    if problems is None:
        return section("problems", title, _not_measured(words))
    rows = [
        [own(str(each.get("source", ""))), reason_name(words, str(each.get("reason", ""))), own(str(each.get("detail", "")))]
        for each in problems
        if isinstance(each, Mapping)
    ]
    heads = [words.html(f"problems.{name}") for name in ("source", "reason", "detail")]
    shown = table(heads, rows[:SHOWN_ROWS], words=(0, 1, 2), label=words.text("problems.head")) + more(words, len(rows) - SHOWN_ROWS)
    return section("problems", title, shown if rows else paragraph(words.html("problems.none")))


def _made(facts: Facts, words: Words) -> str:
    known, unknown = facts.cleaning, words.html("page.not_measured")
    seconds = known.get("seconds") or {}
    times = {name: format_seconds(_number(seconds[name], 0)) if _is_number(seconds, name) else unknown for name in ("wall", "processor")}
    memory = words.size(known["peak_memory_bytes"]) if "peak_memory_bytes" in known else unknown
    files = words.count(known["files_seen"]) if "files_seen" in known else unknown
    lists = {name: _list(known.get(name), words) for name in ("formats", "encodings")}
    settings = [[own(name), own(value)] for name, value in _flat(_without_secrets(known.get("settings") or {}))]
    heads = (words.html("made.setting"), words.html("made.value"))
    return section(
        "made",
        words.html("made.head"),
        paragraph(words.html("made.time", wall=times["wall"], processor=times["processor"], memory=memory)),
        paragraph(words.html("made.files", count=files)),
        *(paragraph(words.html(f"made_of.{name}", list=listed)) for name, listed in lists.items()),
        table(heads, settings, words=(0, 1), label=words.text("made.head")) if settings else "",
    )


def _without_secrets(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without lists of names and blocked words, of which only the length is told, and without the folders of the computer."""
    told = dict(settings)
    for name, value in settings.items():
        if name in SECRET_LISTS and isinstance(value, list):
            told[name] = len(value)
        elif name in PLACES:
            told[name] = ", ".join(PurePath(str(each)).name for each in (value if isinstance(value, list) else [value]))
    return told


def _list(counts: Any, words: Words) -> str:
    if not isinstance(counts, Mapping) or not counts:
        return words.html("page.not_measured")
    return ", ".join(f"{own(str(name))} ({words.count(_number(count, 0))})" for name, count in counts.items())


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values of nested tables; a list stands as JSON."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:SHOWN_CHARACTERS]


def _is_number(table_of: Any, name: str) -> bool:
    value = table_of.get(name) if isinstance(table_of, Mapping) else None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise
