"""What may be done with a mix of licences, and which of them forces it.

For each use the strictest licence decides: "no" before "ask" before "yes". Where changed text must be given away under a licence of a
list, the whole can only be given away under a licence that stands in every list; where there is none, the parts conflict. The careful
reading is taken: a model counts as changed text. Many lawyers hold that it is none; no court has settled it for all countries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mbegu.core.report import plain
from mbegu.core.units import format_bytes
from mbegu.corpus.licences.known import Answer, Licence, licence_named

DISCLAIMER = (
    "This is a reading of the licences by a program, not legal advice: for anything that matters ask somebody who knows the law where you live."
)
MODEL_NOTE = (
    "Whether a model counts as changed text is not settled by law. This answer is the careful one: it takes the model for changed text, with the"
    " terms of what it learnt from."
)
# name, the question in words, what of a licence it needs
USES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("share_text", "publish the texts as they are", ("share",)),
    ("share_changed_text", "publish the texts cleaned or changed", ("share", "adapt")),
    ("publish_model", "publish a model that learnt from them", ("model",)),
    ("sell", "sell any of it, or a service made of it", ("commercial",)),
)
_WORDS: Mapping[str, Mapping[str, str]] = {
    "share": {"no": "does not let the text be passed on", "ask": "asks for an agreement before the text is passed on"},
    "adapt": {"no": "does not let changed text be passed on", "ask": "asks for an agreement before changed text is passed on"},
    "commercial": {"no": "is for uses that earn no money", "ask": "asks for an agreement before money is earned"},
    "model": {"no": "does not let a model be published", "ask": "does not say that a model may be published: ask"},
}
UNCHECKED = "what is said of this licence here was not checked against it"
_RANK = {"no": 0, "ask": 1, "yes": 2}


@dataclass(frozen=True)
class Because:
    """Which licence forces an answer, how much of the text has it, and in words why."""

    licence: str
    bytes: int
    words: str


@dataclass(frozen=True)
class Use:
    """One use: its name, the question in words, yes, no or ask, and what forces it (empty for yes)."""

    name: str
    question: str
    answer: Answer
    because: tuple[Because, ...]


@dataclass(frozen=True)
class Conflict:
    """Licences that cannot both be kept when the texts are made into one work."""

    licences: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Verdict:
    """What may be done with a mix.

    ``alike``: licences that the whole, changed, may be given away under; ``None``: any licence that keeps the terms; empty: there is
    none. ``alike_because`` says which licences narrow it. ``credit``: licences whose authors must be named.
    """

    uses: tuple[Use, ...]
    alike: tuple[str, ...] | None
    alike_because: tuple[Because, ...]
    credit: tuple[Because, ...]
    conflicts: tuple[Conflict, ...]
    notes: tuple[tuple[str, str], ...]
    unknown_bytes: int
    total_bytes: int

    def use(self, name: str) -> Use:
        """Return one use by its name: share_text, share_changed_text, publish_model or sell."""
        return next(use for use in self.uses if use.name == name)

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""

        def rows(because: tuple[Because, ...]) -> list[dict[str, Any]]:
            return [dict(vars(each)) for each in because]

        return {
            "uses": [{"name": use.name, "question": use.question, "answer": use.answer, "because": rows(use.because)} for use in self.uses],
            "share_alike_under": None if self.alike is None else list(self.alike),
            "share_alike_because": rows(self.alike_because),
            "must_credit": rows(self.credit),
            "conflicts": [{"licences": list(each.licences), "words": each.words} for each in self.conflicts],
            "notes": [{"licence": licence, "words": words} for licence, words in self.notes],
            "unknown_bytes": self.unknown_bytes,
            "total_bytes": self.total_bytes,
            "disclaimer": DISCLAIMER,
        }

    def text(self) -> str:
        """Return it as lines for people. The names of licences are others' words and stay on their line."""
        lines = []
        for use in self.uses:
            lines.append(f"May you {use.question}?  {answer_words(use.answer, self.has_terms)}")
            lines += [f"  because of {each.licence} ({format_bytes(each.bytes)}): it {each.words}" for each in use.because]
        lines.append(self._alike_words())
        lines += [f"  because of {each.licence} ({format_bytes(each.bytes)}): {each.words}" for each in self.alike_because]
        credited = ", ".join(each.licence for each in self.credit)
        nobody = "Of text without a known licence nobody can say: ask." if self.unknown_bytes else "Nobody must be; it is kind to."
        lines.append(f"Whom must you name? The authors of all texts under {credited}." if credited else f"Whom must you name? {nobody}")
        lines += [f"Conflict: {each.words}" for each in self.conflicts]
        if self.unknown_bytes:
            share = 100 * self.unknown_bytes / max(1, self.total_bytes)
            lines.append(f"{share:.0f} % of the text ({format_bytes(self.unknown_bytes)}) has no licence that is known.")
        lines += [f"{licence}: {words}" for licence, words in self.notes]
        return "\n".join(map(plain, [*lines, MODEL_NOTE, DISCLAIMER]))

    @property
    def has_terms(self) -> bool:
        """Whether any licence asks for something."""
        return bool(self.credit or self.notes or self.alike is not None)

    def _alike_words(self) -> str:
        if self.alike is None:
            same = " that asks for at least the same" if self.has_terms else ""
            return f"Under what must changed text be given away? Under any licence{same}."
        if self.alike:
            return f"Under what must changed text be given away? Under {' or '.join(self.alike)}."
        return "Under what must changed text be given away? There is no licence that fits all parts: keep them apart, each under its own."


ANSWERS: Mapping[str, str] = {"yes": "Yes.", "no": "No.", "ask": "Ask first."}


def answer_words(answer: str, has_terms: bool) -> str:
    """Return an answer in words; ``has_terms`` says whether the licences ask for anything, such as to name authors."""
    return "Yes, if what the licences ask for is kept to." if answer == "yes" and has_terms else ANSWERS[answer]


def solve(amounts: Mapping[str, int], custom: Mapping[str, Licence] | None = None) -> Verdict:
    """Say what may be done with a mix of texts.

    Args:
        amounts: bytes of text by the name of its licence, as documents carry it.
        custom: licences whose terms were declared, by name.

    Returns:
        The verdict. Licences stand in it by their common short name, the largest part first.
    """
    parts: dict[Licence, int] = {}
    for name, size in amounts.items():
        licence = licence_named(name, custom)
        parts[licence] = parts.get(licence, 0) + size
    ordered = sorted(parts.items(), key=lambda part: (-part[1], part[0].id))
    alike, narrowing = _alike(ordered)
    conflicts = _conflicts(ordered, alike)
    return Verdict(
        uses=tuple(_use(name, question, needs, ordered, conflicts) for name, question, needs in USES),
        alike=alike,
        alike_because=narrowing,
        credit=tuple(Because(licence.id, size, "its authors must be named") for licence, size in ordered if licence.credit and licence.known),
        conflicts=conflicts,
        notes=tuple(note for licence, _ in ordered for note in _notes(licence)),
        unknown_bytes=sum(size for licence, size in ordered if not licence.known),
        total_bytes=sum(amounts.values()),
    )


def _use(name: str, question: str, needs: tuple[str, ...], parts: list[tuple[Licence, int]], conflicts: tuple[Conflict, ...]) -> Use:
    answer: Answer = "yes"
    because: list[Because] = []
    for licence, size in parts:
        for need in needs:
            said = licence.allows(need)
            if said != "yes":
                words = _WORDS[need][said] if licence.known else "gives no leave to anything"
                because.append(Because(licence.id, size, words))
                answer = min(answer, said, key=_RANK.__getitem__)
                break
    if name == "publish_model" and conflicts:  # a model cannot be taken apart again, as a collection of texts can
        torn = {licence for conflict in conflicts for licence in conflict.licences} - {each.licence for each in because}
        because += [
            Because(licence.id, size, "asks for what another part forbids, see the conflicts") for licence, size in parts if licence.id in torn
        ]
        answer = min(answer, "ask", key=_RANK.__getitem__)
    because.sort(key=lambda each: -each.bytes)
    return Use(name, question, answer, tuple(because))


def _alike(parts: list[tuple[Licence, int]]) -> tuple[tuple[str, ...] | None, tuple[Because, ...]]:
    """Return the licences that stand in the list of every part that has one, and the parts that narrow it."""
    allowed: list[str] | None = None
    narrowing = []
    for licence, size in parts:
        if licence.alike:
            allowed = list(licence.alike) if allowed is None else [each for each in allowed if each in licence.alike]
            narrowing.append(Because(licence.id, size, f"changed text must stay under {' or '.join(licence.alike)}"))
    if allowed is None:
        return None, ()
    # What the whole is given away under must itself not take back what a part forbids, nor clash with a part.
    fits = [each for each in allowed if not any(_excludes(licence, each) for licence, _ in parts)]
    return tuple(fits), tuple(narrowing)


def _notes(licence: Licence) -> list[tuple[str, str]]:
    """Return what is to be known of a licence: first that its entry is not checked."""
    unchecked = f"{UNCHECKED}: {licence.unchecked}. Read the licence itself before you rely on this." if licence.unchecked else ""
    return [(licence.id, words) for words in (unchecked, licence.note) if words]


def _excludes(part: Licence, whole: str) -> bool:
    """Whether a part cannot go into a whole under a licence: it forbids what that one must allow to all, or the two clash."""
    target = licence_named(whole)
    if target.id in part.clashes or part.adapt == "no":
        return True
    return target.commercial == "yes" and part.commercial == "no"


def _conflicts(parts: list[tuple[Licence, int]], alike: tuple[str, ...] | None) -> tuple[Conflict, ...]:
    """Return the pairs of licences that cannot be kept together in one changed work; all of them where only all together fail."""
    found = []
    for place, (first, _) in enumerate(parts):
        for second, _ in parts[place + 1 :]:
            words = _clash_words(first, second)
            if words:
                found.append(Conflict((first.id, second.id), words))
    if alike == () and not found:
        names = tuple(licence.id for licence, _ in parts if licence.alike)
        found.append(Conflict(names, f"no one licence keeps what {', '.join(names)} ask for together; keep the parts apart"))
    return tuple(found)


def _clash_words(first: Licence, second: Licence) -> str:
    if first.alike and second.alike and not set(first.alike) & set(second.alike):
        return (
            f"{first.id} wants changed text under {' or '.join(first.alike)}, {second.id} under {' or '.join(second.alike)}:"
            " in one work both cannot be kept; keep the two apart"
        )
    for a, b in ((first, second), (second, first)):
        if a.alike and all(_excludes(b, each) for each in a.alike):
            if b.adapt == "no":
                return f"{b.id} lets no changed text be passed on, and {a.id} wants it under {' or '.join(a.alike)}; keep the two apart"
            if b.commercial == "no":
                return (
                    f"{a.id} wants changed text under {' or '.join(a.alike)}, which lets everyone earn money with it, and {b.id} does not;"
                    " keep the two apart"
                )
            return f"{b.id} and {a.id} ask for things that cannot be kept in one work ({b.note}); keep the two apart"
    return ""
