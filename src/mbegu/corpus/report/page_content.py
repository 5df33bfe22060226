"""Sections on what the text is: kinds, sources, licences, people, languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mbegu.core.language import SCRIPTS
from mbegu.corpus.report.domains import GIVEN, INFERRED, NAMED, UNKNOWN
from mbegu.corpus.report.facts import Facts, Source
from mbegu.corpus.report.grouping import LOOSE, OTHERS
from mbegu.corpus.report.parts import bar, heading, language_name, own, paragraph, section, swatch, table
from mbegu.corpus.report.wording import Words

# Codes that mbegu.corpus.scripts gives and that are no script of one language.
_SCRIPTS_OF_OURS = {"Hani": "Han", "Zzzz": "signs that are also letters"}
SHOWN_ROWS = 15
SHOWN_BECAUSE = 3
OTHER_COLOUR = 7
FEW_LETTERS = 0.001


def sections(facts: Facts, words: Words) -> list[tuple[str, str]]:
    """Return the sections with their names, in order."""
    return [("made_of", _made_of(facts, words)), ("whose", _whose(facts, words)), ("languages", _languages(facts, words))]


def source_name(words: Words, name: str) -> str:
    """Return the name of a group of sources as HTML."""
    return words.html({LOOSE: "made_of.loose", OTHERS: "made_of.others"}[name]) if name in (LOOSE, OTHERS) else own(name)


def domain_name(words: Words, name: str) -> str:
    """Return the name of a domain as HTML; one that the user made up stands as it is."""
    return words.html(f"domains.{name}") if words.named("domains", name) else own(name)


def colour_of(number: int, domain: str) -> int:
    """Return the number of a domain's colour: its place among the domains; what is not known is always grey."""
    return OTHER_COLOUR if domain == UNKNOWN else min(number, OTHER_COLOUR)


def amounts(words: Words, column: str, counts: Mapping[str, int], shown: Mapping[str, str], label: str) -> str:
    """Return a table of names with their bytes, shares and bars.

    Args:
        words: the words.
        column: head of the first column, HTML.
        counts: bytes by name, the largest first.
        shown: the names as HTML.
        label: name of the table for those who do not see it.
    """
    total = max(1, sum(counts.values()))
    rows = [[shown[name], words.percent(size / total), bar(size / total), words.size(size)] for name, size in list(counts.items())[:SHOWN_ROWS]]
    heads = (column, words.html("made_of.share"), "", words.html("made_of.size"))
    return table(heads, rows, words=(0, 2), label=label, css="amounts") + more(words, len(counts) - SHOWN_ROWS)


def more(words: Words, count: int) -> str:
    """Return a line that says how many are not shown; nothing when all are."""
    return paragraph(words.html("page.more", count=words.count(count)), "soft") if count > 0 else ""


def _made_of(facts: Facts, words: Words) -> str:
    total = max(1, facts.bytes)
    ways = {way: words.html(f"made_of.{way}") for way in (GIVEN, NAMED, INFERRED)}
    kinds = []
    for number, domain in enumerate(facts.domains):
        known = [ways[way] for way in ways if domain.known_by.get(way)] if domain.name != UNKNOWN else ["–"]
        name = f"{swatch(colour_of(number, domain.name))} {domain_name(words, domain.name)}"
        kinds.append([name, words.percent(domain.bytes / total), words.size(domain.bytes), ", ".join(known)])
    heads = tuple(words.html(f"made_of.{name}") for name in ("domain", "share", "size", "how"))
    sources = [_source(source, facts, words) for source in facts.sources]
    source_heads = [words.html(f"made_of.{name}") for name in ("source", "domain", "documents", "size", "share")]
    return section(
        "made_of",
        words.html("made_of.head"),
        heading(words.html("made_of.kinds")),
        table(heads, kinds, words=(0, 3), label=words.text("made_of.kinds")),
        paragraph(words.html("made_of.note"), "soft"),
        heading(words.html("made_of.sources")),
        table(source_heads, sources, words=(0, 1), label=words.text("made_of.sources")),
        _shapes(facts, words),
        _suspects(facts, words),
    )


def _source(source: Source, facts: Facts, words: Words) -> Sequence[str]:
    return [
        source_name(words, source.name),
        domain_name(words, source.domain),
        words.count(source.documents),
        words.size(source.bytes),
        words.percent(source.bytes / max(1, facts.bytes)),
    ]


def _shapes(facts: Facts, words: Words) -> str:
    rows = []
    for source in facts.sources:
        found = source.structure
        if found.lines:
            rows.append(
                [source_name(words, source.name), *(words.percent(each) for each in (found.question, found.speech, found.verse, found.message))]
            )
    heads = [words.html(f"made_of.{name}") for name in ("source", "question", "speech", "verse", "message")]
    title = words.html("made_of.shape")
    return (
        heading(title) + table(heads, rows, label=words.text("made_of.shape")) + paragraph(words.html("made_of.shape_note"), "soft") if rows else ""
    )


def _suspects(facts: Facts, words: Words) -> str:
    if not facts.suspects:
        return ""
    rows = [
        [own(sign), words.count(documents), words.size(size), words.percent(size / max(1, facts.bytes))]
        for sign, (documents, size) in sorted(facts.suspects.items(), key=lambda item: (-item[1][1], item[0]))
    ]
    heads = [words.html(f"made_of.{name}") for name in ("sign", "documents", "size", "share")]
    title = words.html("made_of.suspects")
    return heading(title) + table(heads, rows, label=words.text("made_of.suspects")) + paragraph(words.html("made_of.suspects_note"), "soft")


def _whose(facts: Facts, words: Words) -> str:
    nobody = words.html("whose.nobody")
    licences = amounts(words, words.html("whose.licence"), facts.licences, {name: own(name) for name in facts.licences}, words.text("whose.licences"))
    people = {name: own(name) if name else nobody for name in facts.contributors}
    given = amounts(words, words.html("whose.contributor"), facts.contributors, people, words.text("whose.contributors"))
    return section(
        "whose",
        words.html("whose.head"),
        heading(words.html("whose.licences")),
        licences,
        paragraph(words.html("whose.consent"), "soft"),
        heading(words.html("whose.verdict")),
        _verdict(facts, words),
        heading(words.html("whose.contributors")),
        given,
    )


def _verdict(facts: Facts, words: Words) -> str:
    if facts.verdict is None:
        return paragraph(words.html("whose.no_verdict"))
    rows = [
        [
            words.html(f"whose.uses.{use['name']}") if words.named("whose.uses", use["name"]) else own(use["question"]),
            f'<strong class="answer {use["answer"]}">{words.html("whose.answers." + use["answer"])}</strong>',
            "<br>".join(f"{own(each['licence'])} ({words.size(each['bytes'])}): {own(each['words'])}" for each in use["because"][:SHOWN_BECAUSE]),
        ]
        for use in facts.verdict["uses"]
    ]
    heads = [words.html(f"whose.{name}") for name in ("use", "answer", "because")]
    alike = facts.verdict["share_alike_under"]
    credit = ", ".join(own(each["licence"]) for each in facts.verdict["must_credit"])
    said = [own(each["words"], "p", css="loud") for each in facts.verdict["conflicts"]]
    if alike is not None:
        named = ", ".join(own(each) for each in alike)
        said.append(paragraph(words.html("whose.alike", list=named) if alike else words.html("whose.alike_none")))
    if credit:
        said.append(paragraph(words.html("whose.credit", list=credit)))
    disclaimer = own(facts.verdict["disclaimer"], "p", css="soft")
    return table(heads, rows, words=(0, 1, 2), label=words.text("whose.verdict")) + "".join(said) + disclaimer


def _languages(facts: Facts, words: Words) -> str:
    names = {code: own(language_name(code)) + f" <span class=soft>{own(code)}</span>" for code in facts.languages}
    names |= {code: words.html("languages.und") for code in facts.languages if code == "und"}
    by = paragraph(words.html("languages.by_line" if facts.lines_identified else "languages.by_file"), "soft")
    if facts.lines_identified:
        share = words.percent(facts.mixed_bytes / max(1, facts.bytes))
        documents, total = words.count(facts.mixed_documents), words.count(facts.documents)
        mixed = paragraph(words.html("languages.mixed", documents=documents, total=total, share=share))
    else:
        mixed = paragraph(words.html("languages.not_mixed", state=words.html("page.not_measured")))
    scripts = [[script_name(code), words.percent(share), bar(share)] for code, share in facts.letters.scripts.items() if share >= FEW_LETTERS]
    few = ", ".join(script_name(code) for code, share in facts.letters.scripts.items() if share < FEW_LETTERS)
    heads = (words.html("languages.script"), words.html("made_of.share"), "")
    return section(
        "languages",
        words.html("languages.head"),
        amounts(words, words.html("languages.language"), facts.languages, names, words.text("languages.head")),
        by,
        mixed,
        heading(words.html("languages.scripts")),
        table(heads, scripts[:SHOWN_ROWS], words=(0, 2), label=words.text("languages.scripts"), css="amounts"),
        paragraph(words.html("languages.script_note"), "soft"),
        paragraph(words.html("languages.few_letters", list=few), "soft") if few else "",
    )


def script_name(code: str) -> str:
    """Return a script's name as HTML."""
    return own(SCRIPTS.get(code) or _SCRIPTS_OF_OURS.get(code, code))
