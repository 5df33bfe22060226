"""What the label says of the text in words: what may be done with it, until when it was given, how it was cleaned, what was made private."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mbegu.core.documents import RELATED
from mbegu.core.language import parse_language
from mbegu.core.units import format_bytes, format_count
from mbegu.corpus.licences.solve import MODEL_NOTE, answer_words

Rows = tuple[tuple[str, str], ...]


def terms_rows(facts: Mapping[str, Any]) -> Rows:
    """Return what may be done with the mix and why, whom to name, and what is to be known of the licences; empty where it was not solved.

    Args:
        facts: of the corpus step; ``terms`` is the verdict on its licences as JSON.
    """
    terms: Mapping[str, Any] = facts.get("terms") or {}
    if not terms:
        return ()
    alike = terms["share_alike_under"]
    has_terms = bool(terms["must_credit"] or terms["notes"] or alike is not None)
    rows = [(f"May one {use['question']}?", _answer(use, has_terms)) for use in terms["uses"]]
    if alike is not None:
        rows.append(("Changed text must be given away under", " or ".join(alike) or "no one licence fits all parts: keep them apart"))
    rows += [("Conflict", each["words"]) for each in terms["conflicts"]]
    credited = ", ".join(each["licence"] for each in terms["must_credit"])
    nobody = "not known of text without a licence" if terms["unknown_bytes"] else "nobody must be; CREDITS.md names them all the same"
    named = f"the authors of all texts under {credited}: see CREDITS.md" if credited else nobody
    rows.append(("Must be named", named))
    rows += [(each["licence"], each["words"]) for each in terms["notes"]]
    rows += [("Consent", f"for {format_count(count)} documents until {day}") for day, count in terms.get("consent_until", {}).items()]
    return (*rows, ("Of models", MODEL_NOTE), ("Who says so", terms["disclaimer"]))


def cleaning_rows(facts: Mapping[str, Any]) -> Rows:
    """Return how much cleaning dropped and made private, by reason; empty where the text was not cleaned.

    Args:
        facts: of the corpus step.
    """
    cleaning: Mapping[str, Any] = facts.get("cleaning") or {}
    if not cleaning:
        return ()
    kept = f"kept {format_bytes(cleaning['bytes_kept'])} of {format_bytes(cleaning['bytes_in'])}"
    part = ", of the part of the text that was cleaned" if cleaning["part_of_the_text"] else ""
    by_size = sorted(cleaning["dropped"].items(), key=lambda item: (-item[1]["bytes"], item[0]))
    dropped = [f"{reason} {_counted(counts)}" for reason, counts in by_size]
    private = cleaning["private"]
    replaced = "nobody asked for it" if private is None else ", ".join(f"{kind} {format_count(count)}" for kind, count in sorted(private.items()))
    return (("Cleaned", kept + part), ("Dropped in cleaning", ", ".join(dropped) or "nothing"), ("Private items replaced", replaced or "none found"))


def related_rows(facts: Mapping[str, Any]) -> Rows:
    """Return what the model read of a related language beside its own text; empty where it read none.

    Args:
        facts: of the corpus step.
    """
    related: Mapping[str, Any] = facts.get(RELATED) or {}
    if not related:
        return ()
    language = parse_language(related["language"])
    size = f"{format_count(related['documents'])} documents, {format_bytes(related['bytes'])}"
    named = (("Licence of it", related["licences"]), ("Who gave it", related["contributors"]))
    rows = [(what, ", ".join(table) or "not recorded") for what, table in named]
    sources = ", ".join(each["name"] for each in related["sources"])
    told = f"{language.name} ({language.tag}), {size}; the model was not judged on it, nor was it measured what it knows of it by heart"
    return (("Read beside its own text", told), *rows, ("Source of it", sources))


def _answer(use: Mapping[str, Any], has_terms: bool) -> str:
    because: Sequence[Mapping[str, Any]] = use["because"]
    why = "; ".join(f"{each['licence']} ({format_bytes(each['bytes'])}) {each['words']}" for each in because)
    return answer_words(use["answer"], has_terms) + (f" {why}." if why else "")


def _counted(counts: Mapping[str, int]) -> str:
    parts = [f"{format_count(counts[name])} {name}" for name in ("documents", "lines") if counts[name]]
    return f"{' and '.join(parts)} ({format_bytes(counts['bytes'])})"
