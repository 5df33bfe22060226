"""What to collect next, and what to put right first, derived from the figures by the rules and limits below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mbegu.corpus.report.domains import UNKNOWN
from mbegu.corpus.report.facts import Facts

# The steps in which a model gets more use out of more text. The first two stand in the corpus step's own warning; the third is what the
# Yoruba figures of bench/LOG.md were measured with, rounded.
STEPS_BYTES = (100_000, 1_000_000, 10_000_000)
LEAST_PAPERLESS = 0.005
ONE_DOMAIN = 0.6
ONE_CONTRIBUTOR = 0.5
UNKNOWN_DOMAIN = 0.3
FEW_QUESTIONS = 0.01
LITTLE_SPEECH = 0.02
# A question mark or a dash in so many lines can be seen only where there are lines enough.
LEAST_LINES = 200
MARKED_LANGUAGE = 0.1
BARE = 0.2
MOST_BARE = 3
OTHER_LANGUAGE = 0.2
OTHER_SCRIPT = 0.05
MUCH_DROPPED = 0.3
SHORT_DOCUMENTS = 0.8
SHORT_CLASSES = 2  # the first classes of lengths: up to 300 characters
UNLIKE_FACTOR = 1.25  # of the mean bits per byte of the other sources


@dataclass(frozen=True)
class Advice:
    """One piece of advice: its key in the words, and what fills its places: numbers, shares (0 to 1), bytes and names."""

    key: str
    shares: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)


def advise(facts: Facts) -> list[Advice]:
    """Return what to do, the most pressing first; nothing for an empty corpus but to collect text."""
    if not facts.bytes:
        return [Advice("no_text")]
    return [*_amount(facts), *_papers(facts), *_kinds(facts), *_writing(facts), *_checks(facts)]


def _amount(facts: Facts) -> Iterator[Advice]:
    step = next((number for number, size in enumerate(STEPS_BYTES) if facts.bytes < size), None)
    if step is not None:
        target = STEPS_BYTES[step]
        yield Advice(f"more_text_{step}", sizes={"size": facts.bytes, "target": target, "missing": target - facts.bytes})


def _papers(facts: Facts) -> Iterator[Advice]:
    unknown = facts.licences.get("unknown", 0) / facts.bytes
    if unknown > LEAST_PAPERLESS:
        yield Advice("licence_unknown", {"share": unknown})
    nameless = facts.contributors.get("", 0) / facts.bytes
    if nameless > LEAST_PAPERLESS:
        yield Advice("contributor_unknown", {"share": nameless})
    for name, size in facts.contributors.items():
        if name and size > ONE_CONTRIBUTOR * facts.bytes and len(facts.contributors) > 1:
            yield Advice("one_contributor", {"share": size / facts.bytes}, names={"name": name})


def _kinds(facts: Facts) -> Iterator[Advice]:
    for domain in facts.domains:
        share = domain.bytes / facts.bytes
        if domain.name == UNKNOWN and share > UNKNOWN_DOMAIN:
            yield Advice("domain_unknown", {"share": share})
        elif domain.name != UNKNOWN and share > ONE_DOMAIN:
            yield Advice("one_domain", {"share": share}, domains={"domain": domain.name})
    lines = sum(source.structure.lines for source in facts.sources)
    if lines >= LEAST_LINES:
        questions = sum(source.structure.question * source.structure.lines for source in facts.sources) / lines
        speech = sum(source.structure.speech * source.structure.lines for source in facts.sources) / lines
        if questions < FEW_QUESTIONS:
            yield Advice("few_questions", {"share": questions})
        if speech < LITTLE_SPEECH:
            yield Advice("little_dialogue", {"share": speech})
    short = sum(facts.document_length_bytes[:SHORT_CLASSES]) / facts.bytes
    if short > SHORT_DOCUMENTS:
        yield Advice("only_short", {"share": short})
    if facts.foretelling:
        after = facts.foretelling.after_others
        bits, name = max(zip(after, facts.foretelling.names, strict=True))
        if bits > UNLIKE_FACTOR * (sum(after) - bits) / (len(after) - 1):
            yield Advice("unlike", names={"name": name})


def _writing(facts: Facts) -> Iterator[Advice]:
    measured = [(source, source.marks) for source in facts.sources if source.marks and source.marks.words]
    words = sum(marks.words for _, marks in measured)
    if words and sum(marks.marked_share * marks.words for _, marks in measured) / words >= MARKED_LANGUAGE:
        worst = sorted(measured, key=lambda each: -(each[1].bare_share or 0.0) * each[1].words)
        for source, marks in worst[:MOST_BARE]:
            if marks.bare_share is not None and marks.bare_share > BARE:
                yield Advice("marks_left_out", {"share": marks.bare_share}, names={"name": source.name})
    scripts = list(facts.letters.scripts.items())
    for script, share in scripts[1:2]:
        if share > OTHER_SCRIPT:
            yield Advice("other_script", {"share": share}, names={"script": script})
    total = sum(facts.languages.values())
    wanted = facts.language.partition("_")[0]
    other = sum(size for name, size in facts.languages.items() if name.partition("_")[0] not in (wanted, "und"))
    if facts.lines_identified and total and other / total > OTHER_LANGUAGE:
        yield Advice("other_languages", {"share": other / total})


def _checks(facts: Facts) -> Iterator[Advice]:
    taken_in = int(facts.cleaning.get("bytes_in", 0))
    for reason in facts.dropped or ():
        if taken_in and reason.bytes and reason.bytes / taken_in > MUCH_DROPPED:
            yield Advice("much_dropped", {"share": reason.bytes / taken_in}, names={"reason": reason.name})
    if facts.leaks is None:
        yield Advice("leaks_not_measured")
