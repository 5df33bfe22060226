"""The report as one HTML file that opens offline: no script, nothing from outside, fit for a screen, a phone and paper."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from mbegu.corpus.report import page_cleaning, page_content, page_writing
from mbegu.corpus.report.advice import Advice, advise
from mbegu.corpus.report.facts import Facts
from mbegu.corpus.report.page_cleaning import reason_name
from mbegu.corpus.report.page_content import colour_of, domain_name, script_name, source_name
from mbegu.corpus.report.parts import language_name, numbered, own, paragraph, plain, section, stack, swatch
from mbegu.corpus.report.wording import Words

CHARACTERS_A_PAGE = 1_800
NAMED_KINDS = 3
LEAST_NAMED_SHARE = 0.05


def page_html(facts: Facts, words: Words | None = None) -> str:
    """Return the report as a whole page, in the language of ``words`` (English when not given)."""
    words = words or Words()
    style = resources.files("mbegu.corpus.report").joinpath("report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    sections = [("advice", _advice(facts, words)), *page_content.sections(facts, words)]
    sections += [*page_writing.sections(facts, words), *page_cleaning.sections(facts, words)]
    links = "".join(f'<li><a href="#{name}">{words.html(f"{name}.head")}</a></li>' for name, _ in sections)
    contents = words.html("page.contents")
    return (
        f'<!doctype html>\n<html lang="{words.tag}" dir="{words.direction}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{words.html('page.title', name=plain(facts.name))}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#report">{words.html("page.skip")}</a>\n<main id="report">\n{_head(facts, words)}'
        f'<nav aria-label="{contents}"><h2>{contents}</h2><ol>{links}</ol></nav>\n{"".join(html for _, html in sections)}'
        f"<footer>{paragraph(words.html('page.foot'), 'soft')}</footer>\n</main>\n</body>\n</html>\n"
    )


def _head(facts: Facts, words: Words) -> str:
    title = words.html("page.title", name=own(facts.name))
    language = words.html("page.language", language=own(language_name(facts.language)))
    project = f" {words.html('page.project')}" if facts.is_project else ""
    numbers = [
        (words.size(facts.bytes), words.html("overview.size")),
        (words.count(facts.documents), words.html("overview.documents")),
        (words.about(facts.words) if facts.words is not None else words.html("page.not_measured"), words.html("overview.words")),
        (words.about(facts.characters / CHARACTERS_A_PAGE), words.html("overview.pages")),
    ]
    tiles = "".join(f"<li><strong>{number}</strong> {name}</li>" for number, name in numbers)
    return (
        f"<header><h1>{title}</h1>{paragraph(language + project, 'soft')}<ul class=tiles>{tiles}</ul>\n"
        f"{_mostly(facts, words)}{paragraph(words.html('overview.page_note'), 'soft')}</header>\n"
    )


def _mostly(facts: Facts, words: Words) -> str:
    """Return the sentence that says most in fewest words, and its picture."""
    if not facts.bytes:
        return paragraph(words.html("overview.empty"), "loud")
    shares = [(domain.name, domain.bytes / facts.bytes) for domain in facts.domains]
    named = [(name, share) for number, (name, share) in enumerate(shares) if number == 0 or (number < NAMED_KINDS and share >= LEAST_NAMED_SHARE)]
    parts = [
        words.html("overview.then" if number else "overview.first", share=words.percent(share), domain=domain_name(words, name))
        for number, (name, share) in enumerate(named)
    ]
    said = ", ".join(f"{numbered(words.named('domains', name) or name)} {words.percent(share)}" for name, share in shares)
    legend = "".join(f"<li>{swatch(colour_of(number, name))} {domain_name(words, name)}</li>" for number, (name, _) in enumerate(shares[:10]))
    sentence = paragraph(", ".join(parts) + ".", "mostly")
    return (
        f"{sentence}{stack([(colour_of(number, name), share) for number, (name, share) in enumerate(shares)], said)}<ul class=legend>{legend}</ul>\n"
    )


def _advice(facts: Facts, words: Words) -> str:
    pieces = advise(facts)
    listed = "".join(_piece(each, words) for each in pieces)
    return section("advice", words.html("advice.head"), f"<ol class=advice>{listed}</ol>\n" if pieces else paragraph(words.html("advice.none")))


def _piece(advice: Advice, words: Words) -> str:
    values = {name: words.percent(share) for name, share in advice.shares.items()}
    values |= {name: words.size(size) for name, size in advice.sizes.items()}
    values |= {name: _named(words, name, text) for name, text in advice.names.items()}
    values |= {name: domain_name(words, domain) for name, domain in advice.domains.items()}
    return f"<li><strong>{words.html(f'advice.{advice.key}.title', **values)}</strong><br>{words.html(f'advice.{advice.key}.do', **values)}</li>\n"


def _named(words: Words, place: str, text: str) -> str:
    """Return the name of a script, a reason or a source as HTML."""
    if place == "script":
        return script_name(text)
    return reason_name(words, text) if place == "reason" else source_name(words, text)
