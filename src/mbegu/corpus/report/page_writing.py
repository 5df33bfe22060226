"""Sections on how the text is written: letters, marks, words, lengths, and how its sources compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mbegu.corpus.report.facts import Facts
from mbegu.corpus.report.letters import Rare
from mbegu.corpus.report.page_content import script_name, source_name
from mbegu.corpus.report.parts import bar, curves, heading, language_tag, numbered, own, paragraph, plain, section, swatch, table
from mbegu.corpus.report.sample import DOCUMENT_ENDS, LINE_ENDS
from mbegu.corpus.report.wording import Words

LEAST_MARKED_SHARE = 0.01
OFTEN_SHARE = 0.001
MOST_OF_SCRIPT = 30
SHOWN_CURVES = 8
SHADES = 8
# A source that foretells itself with so much less than the mean of all is one that repeats itself.
REPEATS_FACTOR = 0.7
MARKS = "ABCDEFGHIJKLMNOP"


def sections(facts: Facts, words: Words) -> list[tuple[str, str]]:
    """Return the sections with their names, in order."""
    return [
        ("letters", _letters(facts, words)),
        ("marks", _marks(facts, words)),
        ("vocabulary", _vocabulary(facts, words)),
        ("lengths", _lengths(facts, words)),
        ("foretell", _foretell(facts, words)),
    ]


def _letters(facts: Facts, words: Words) -> str:
    lang = language_tag(facts.language)
    listed = "".join(
        f"<li>{own(letter, lang=lang, css='letter')} <span class=soft>{words.percent(share)}</span></li>"
        for letter, share in facts.letters.common
        if share >= OFTEN_SHARE
    )
    seldom = " ".join(own(letter, lang=lang, css="letter") for letter, share in facts.letters.common if share < OFTEN_SHARE)
    common = f"<ul class=letters>{listed}</ul>\n" if listed else paragraph(words.html("page.not_measured"))
    common += f"<p><span class=soft>{words.html('letters.seldom')}</span> {seldom}</p>\n" if seldom else ""
    return section(
        "letters",
        words.html("letters.head"),
        heading(words.html("letters.common")),
        common,
        _of_scripts(facts.letters.other_common, words, "letters.other_common"),
        paragraph(words.html("letters.common_note"), "soft"),
        heading(words.html("letters.rare")),
        _rare(facts.letters.rare, facts.letters.rare_total, words, lang),
        _of_scripts(facts.letters.rare_of_others, words, "letters.others"),
    )


def _rare(rare: Sequence[Rare], total: int, words: Words, lang: str) -> str:
    if not rare:
        return paragraph(words.html("letters.rare_none"))
    items = []
    for each in rare:
        word = f" {words.html('letters.word')} {own(each.word, lang=lang)}" if each.word else ""
        foreign = f" <span class=tag>{words.html('letters.alike', script=script_name(each.odd_script))}</span>" if each.odd_script else ""
        code = f'<span class="soft">U+{ord(each.letter):04X}</span>'
        items.append(f"<li>{own(each.letter, css='letter')} {code} × {words.count(each.count)}{word}{foreign}</li>")
    rest = f"<li class=soft>{words.html('page.more', count=words.count(total - len(rare)))}</li>" if total > len(rare) else ""
    return f"<ul class=rare>{''.join(items)}{rest}</ul>\n" + paragraph(words.html("letters.rare_note"), "soft")


def _of_scripts(others: Mapping[str, list[str]], words: Words, head: str) -> str:
    if not others:
        return ""
    listed = "".join(
        f"<li>{script_name(script)}: {' '.join(own(each) for each in letters[:MOST_OF_SCRIPT])}"
        + (
            f" <span class=soft>{words.html('page.more', count=words.count(len(letters) - MOST_OF_SCRIPT))}</span>"
            if len(letters) > MOST_OF_SCRIPT
            else ""
        )
        + "</li>"
        for script, letters in others.items()
    )
    return heading(words.html(head)) + f"<ul class=plain>{listed}</ul>\n"


def _marks(facts: Facts, words: Words) -> str:
    measured = [(source, source.marks) for source in facts.sources if source.marks is not None and source.marks.words]
    title = words.html("marks.head")
    if not measured:
        return section("marks", title, paragraph(words.html("marks.unspaced" if facts.bytes else "page.not_measured")))
    marked = sum(marks.marked_share * marks.words for _, marks in measured) / sum(marks.words for _, marks in measured)
    if marked < LEAST_MARKED_SHARE:
        return section("marks", title, paragraph(words.html("marks.none")))
    lang = language_tag(facts.language)
    rows = []
    for source, marks in measured:
        pairs = ", ".join(
            f"{own(bare, lang=lang)} <span class=soft>({words.html('marks.arrow')} {own(usual, lang=lang)})</span>"
            for bare, usual in marks.examples[:3]
        )
        left_out = words.percent(marks.bare_share) if marks.bare_share is not None else "–"
        rows.append([source_name(words, source.name), words.percent(marks.marked_share), left_out, bar(marks.bare_share or 0.0, "bar warn"), pairs])
    heads = (words.html("marks.source"), words.html("marks.marked"), words.html("marks.bare"), "", words.html("marks.examples"))
    return section("marks", title, table(heads, rows, words=(0, 3, 4), label=words.text("marks.head")), paragraph(words.html("marks.note"), "soft"))


def _vocabulary(facts: Facts, words: Words) -> str:
    title = words.html("vocabulary.head")
    shown = [(source.name, source.vocabulary) for source in facts.sources if source.vocabulary and source.vocabulary.running][:SHOWN_CURVES]
    if not shown:
        return section("vocabulary", title, paragraph(words.html("marks.unspaced" if facts.bytes else "page.not_measured")))
    most = max(vocabulary.running for _, vocabulary in shown), max(len(vocabulary.counts) for _, vocabulary in shown)
    said = [
        words.text("vocabulary.item", name=numbered(name), different=words.count(len(each.counts)), running=words.count(each.running))
        for name, each in shown
    ]
    chart = curves(
        [each.curve for _, each in shown],
        MARKS[: len(shown)],
        words.text("vocabulary.across"),
        words.text("vocabulary.up"),
        words.text("vocabulary.chart", list="; ".join(said)),
        (words.count(most[0]), words.count(most[1])),
    )
    rows = []
    for number, (name, each) in enumerate(shown):
        fresh = each.new_in_next_thousand
        label = f"{swatch(number)} {MARKS[number]} {source_name(words, name)}"
        rows.append([label, words.count(each.running), words.count(len(each.counts)), words.count(fresh) if fresh is not None else "–"])
    heads = [words.html(f"vocabulary.{name}") for name in ("source", "running", "different", "fresh")]
    whole = facts.sample_bytes == facts.bytes
    counted = words.html("page.whole") if whole else words.html("page.sample", size=words.size(facts.sample_bytes))
    note = paragraph(f"{words.html('vocabulary.note')} {counted}", "soft")
    return section("vocabulary", title, chart, table(heads, rows, label=words.text("vocabulary.head")), note)


def _lengths(facts: Facts, words: Words) -> str:
    documents = _classes(words, DOCUMENT_ENDS, facts.document_lengths, facts.document_length_bytes)
    lines = _classes(words, LINE_ENDS, facts.line_lengths, None)
    document_heads = [words.html(f"lengths.{name}") for name in ("length", "count", "share")]
    line_heads = [words.html(f"lengths.{name}") for name in ("length", "line_count")]
    return section(
        "lengths",
        words.html("lengths.head"),
        heading(words.html("lengths.documents")),
        table([*document_heads, ""], documents, words=(0, 3), label=words.text("lengths.documents"), css="amounts"),
        heading(words.html("lengths.lines")),
        table([*line_heads, ""], lines, words=(0, 2), label=words.text("lengths.lines"), css="amounts"),
    )


def _classes(words: Words, ends: Sequence[int], counts: Sequence[int], sizes: Sequence[int] | None) -> list[list[str]]:
    """Return rows of classes of lengths: the class, how many, the share of bytes where sizes are given, and a bar of the share."""
    begins = (0, *ends)
    names = [words.text("lengths.up_to", end=words.count(ends[0]))]
    names += [
        words.text("lengths.between", begin=words.count(begin + 1), end=words.count(end)) for begin, end in zip(begins[1:-1], ends[1:], strict=True)
    ]
    names += [words.text("lengths.over", begin=words.count(ends[-1]))]
    total = max(1, sum(sizes or counts))
    rows = []
    for number, name in enumerate(names):
        share = (sizes or counts)[number] / total
        middle = [words.percent(share)] if sizes is not None else []
        rows.append([name, words.count(counts[number]), *middle, bar(share)])
    return rows


def _foretell(facts: Facts, words: Words) -> str:
    title = words.html("foretell.head")
    found = facts.foretelling
    if found is None:
        return section("foretell", title, paragraph(words.html("foretell.none" if facts.bytes else "page.not_measured")))
    values = [*(value for row in found.bits_per_byte for value in row), *found.after_others]
    low, high = min(values), max(values)
    marks = MARKS[: len(found.names)]
    heads = "".join(f'<th scope="col" class=number>{mark}</th>' for mark in marks)
    lines = [(f"{mark} {source_name(words, name)}", row) for mark, name, row in zip(marks, found.names, found.bits_per_byte, strict=True)]
    lines.append((words.html("foretell.others"), found.after_others))
    body = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(f'<td class="shade{_shade(value, low, high)}">{words.number(value)}</td>' for value in row)
        + "</tr>\n"
        for name, row in lines
    )
    label = plain(words.text("foretell.head"))
    matrix = (
        f'<div class="wide" role="region" tabindex="0" aria-label="{label}"><table class="matrix">'
        f'<thead><tr><th scope="col">{words.html("foretell.corner")}</th>{heads}</tr></thead>'
        f"\n<tbody>{body}</tbody></table></div>\n"
    )
    own_bits = [row[number] for number, row in enumerate(found.bits_per_byte)]
    unlike = max(range(len(found.names)), key=lambda number: found.after_others[number])
    after = words.number(found.after_others[unlike])
    sentences = words.html("foretell.unlike", name=source_name(words, found.names[unlike]), after=after, own=words.number(own_bits[unlike]))
    repeating = [name for name, bits in zip(found.names, own_bits, strict=True) if bits < REPEATS_FACTOR * sum(own_bits) / len(own_bits)]
    if repeating:
        sentences += " " + words.html("foretell.repeats", list=", ".join(source_name(words, name) for name in repeating))
    small = ", ".join(source_name(words, name) for name in found.left_out)
    left_out = paragraph(words.html("foretell.left_out", list=small), "soft") if small else ""
    note = paragraph(words.html("foretell.note", size=words.size(found.learnt_bytes)), "soft")
    return section("foretell", title, matrix, paragraph(sentences), left_out, note)


def _shade(value: float, low: float, high: float) -> int:
    """Return the number of a shade: the largest for the fewest bits."""
    return round((SHADES - 1) * (high - value) / (high - low)) if high > low else 0
