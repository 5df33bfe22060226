"""The reasons for which cleaning drops text, which can be left in and brought back; what reading leaves out cannot."""

from __future__ import annotations

from mbegu.corpus.clean import passages
from mbegu.corpus.filters import boilerplate, lists, markup, noise, repetition, structure, stubs, titles
from mbegu.corpus.findings import EXACT, NEAR

OTHER_LANGUAGE = "other language"
NOTHING_LEFT = "nothing left"

REASONS = tuple(
    sorted(
        [
            *structure.MEASURES,
            *boilerplate.MEASURES,
            *(lists.NAME, titles.NAME, noise.NAME, repetition.NAME, stubs.NAME, passages.NAME, markup.NAME),
            *(EXACT, NEAR, OTHER_LANGUAGE),
        ]
    )
)
