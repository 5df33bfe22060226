"""ELAN's transcripts (.eaf): the tiers of what was said, without translations and glosses that hang from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mbegu.corpus.readers.columns import mean_letters
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.tiers import Label, running_text
from mbegu.corpus.readers.xml import local_name, parse_xml
from mbegu.corpus.source import RawText, Source

# What was said may be shorter than its translation, but the names of sentences (``story.001``) have hardly a letter beside it.
MIN_SHARE_OF_TOP = 0.25
MAX_STEPS = 100  # real tiers hang from each other in a handful of steps; some files hang them in a circle


@dataclass
class _Tier:
    """A tier as the file has it: the name of the tier that it hangs from, its type, and its labels by their identifiers."""

    parent: str
    kind: str
    labels: dict[str, Label] = field(default_factory=dict)


def recognises(head: str) -> bool:
    """Whether XML begins as an ELAN transcript does."""
    return "<ANNOTATION_DOCUMENT" in head


def read(source: Source, context: Context) -> Iterator[RawText]:
    """Yield what was said as one text.

    Raises:
        ReadError: it is damaged or hostile, or no tier holds text.
    """
    root = parse_xml(source.read_all(context.settings.max_file_bytes), source.name)
    tiers = _tiers(root)
    wanted = context.settings.column
    labels = {name: list(tiers[name].labels.values()) for name in (tiers if wanted in tiers else _said(tiers))}
    yield RawText(source.name, "", list(running_text(labels, source.name, context)))


def _tiers(root: Any) -> dict[str, _Tier]:
    times = {slot.get("TIME_SLOT_ID"): _seconds(slot.get("TIME_VALUE", "")) for slot in root.iter("{*}TIME_SLOT")}
    tiers: dict[str, _Tier] = {}
    spans: dict[str, tuple[float, float]] = {}
    waiting: list[tuple[str, str, str, str]] = []
    for element in root.iterchildren("{*}TIER"):
        name = element.get("TIER_ID", "")
        tiers[name] = _Tier(element.get("PARENT_REF", ""), element.get("LINGUISTIC_TYPE_REF", ""))
        holders = element.iterchildren("{*}ANNOTATION")
        for annotation in (each for holder in holders for each in holder.iterchildren("{*}ALIGNABLE_ANNOTATION", "{*}REF_ANNOTATION")):
            own = annotation.get("ANNOTATION_ID", "")
            text = annotation.findtext("{*}ANNOTATION_VALUE", "").strip()
            if local_name(annotation) == "REF_ANNOTATION":
                waiting.append((name, own, annotation.get("ANNOTATION_REF", ""), text))
            else:
                spans[own] = (times.get(annotation.get("TIME_SLOT_REF1"), 0.0), times.get(annotation.get("TIME_SLOT_REF2"), 0.0))
                tiers[name].labels[own] = Label(*spans[own], text)
    above = {own: parent for _, own, parent, _ in waiting}
    for name, own, _, text in waiting:
        tiers[name].labels[own] = Label(*_span(own, above, spans), text)
    return tiers


def _seconds(milliseconds: str) -> float:
    """Return a time; 0 where the file gives none or no number."""
    try:
        return float(milliseconds) / 1000
    except ValueError:
        return 0.0


def _span(own: str, above: dict[str, str], spans: dict[str, tuple[float, float]]) -> tuple[float, float]:
    """Return the time of the annotation that one hangs from, over some steps."""
    for _ in range(MAX_STEPS):
        if own in spans:
            return spans[own]
        own = above.get(own, "")
    return 0.0, 0.0


def _said(tiers: dict[str, _Tier]) -> list[str]:
    """Return the tiers that hang from none; where these hold only names of the sentences, those of the first type below that hold text."""
    scores = {name: mean_letters([label.text for label in tier.labels.values() if label.text]) for name, tier in tiers.items()}
    enough = MIN_SHARE_OF_TOP * max(scores.values(), default=0.0)
    top = [name for name, tier in tiers.items() if tier.parent not in tiers]
    if any(scores[name] >= enough for name in top) or not tiers:
        return top
    first = next(tier.kind for name, tier in tiers.items() if scores[name] >= enough)
    return [name for name, tier in tiers.items() if tier.kind == first and tier.parent in tiers]
