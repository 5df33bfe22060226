"""Which tiers of a transcript hold the running text: speech is often written down several times, as sentences, words and sounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mbegu.corpus.findings import NO_COLUMN, ReadError
from mbegu.corpus.readers.columns import listed, mean_letters
from mbegu.corpus.readers.context import Context

# Speakers of one recording talk in turns of like length; words, glosses and sounds are much shorter than the turns they stand in.
MIN_SHARE_OF_LONGEST = 0.5
PAUSE_S = 4.0


@dataclass(frozen=True)
class Label:
    """One label of a tier with its begin and its end."""

    start_s: float
    end_s: float
    text: str


def running_text(tiers: Mapping[str, Sequence[Label]], source: str, context: Context) -> Iterator[str]:
    """Yield the labels of the tiers that hold the running text, in the order of time, with blank lines at pauses.

    The tier that ``column`` in the settings names is taken, else those whose labels have the most letters.

    Raises:
        ReadError: no tier holds text.
    """
    chosen = _chosen(tiers, source, context)
    ended_s = 0.0
    for label in sorted((label for name in chosen for label in tiers[name]), key=lambda label: (label.start_s, label.end_s)):
        text = " ".join(label.text.split())
        if text:
            yield f"\n{text}\n" if ended_s and label.start_s - ended_s >= PAUSE_S else f"{text}\n"
            ended_s = label.end_s


def _chosen(tiers: Mapping[str, Sequence[Label]], source: str, context: Context) -> list[str]:
    if context.settings.column in tiers:
        context.findings.column_found = True
        return [context.settings.column]
    scores = {name: mean_letters([label.text for label in labels if label.text.strip()]) for name, labels in tiers.items()}
    longest = max(scores.values(), default=0.0)
    if longest == 0:
        raise ReadError(NO_COLUMN, f"no tier holds text; the tiers are {listed(tiers)}")
    chosen = [name for name, score in scores.items() if score >= MIN_SHARE_OF_LONGEST * longest]
    if len(chosen) < len(tiers):
        context.findings.note(source, f"text taken from the tiers {listed(chosen)}; the tiers are {listed(tiers)}")
    return chosen
