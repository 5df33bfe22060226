"""How many different words a text has, and how fast new ones still come.

The curve follows V = K * n**b (Herdan 1960, Heaps 1978): of n running words V are different. The nearer b is to 1, the more of the
language the text has not shown yet.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mbegu.corpus.keys import letters_and_marks
from mbegu.corpus.report.sample import Group, chance

POINTS = 40
FIRST_POINT_WORDS = 100
LEAST_WORDS = 1_000
MARGIN_WORDS = 1_000


@dataclass
class Vocabulary:
    """The words of one group's sample: running words, how often each occurs, and the curve as (running words, different words)."""

    running: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    curve: list[tuple[int, int]] = field(default_factory=list)

    @property
    def exponent(self) -> float | None:
        """b of Heaps' law, by least squares of the logarithms over the second half of the points; ``None`` with too few words."""
        points = [(math.log(n), math.log(v)) for n, v in self.curve if v]
        points = points[len(points) // 2 :]
        if self.running < LEAST_WORDS or len(points) < 3:
            return None
        mean_x = sum(x for x, _ in points) / len(points)
        mean_y = sum(y for _, y in points) / len(points)
        spread = sum((x - mean_x) ** 2 for x, _ in points)
        return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread > 0 else None

    @property
    def new_in_next_thousand(self) -> int | None:
        """How many of the next thousand running words would be new, by the curve's slope at its end."""
        exponent = self.exponent
        return round(exponent * len(self.counts) / self.running * MARGIN_WORDS) if exponent is not None else None


def vocabulary(group: Group) -> Vocabulary:
    """Count the words of a group's sample, its documents in an order that their hashes draw: the curve is then not one of the file's parts."""
    found = Vocabulary()
    next_point = float(FIRST_POINT_WORDS)
    step = max(1.05, (max(1, group.sample_bytes) / 6 / FIRST_POINT_WORDS) ** (1 / POINTS))
    for document in sorted(group.sample, key=lambda each: chance(each.text)):
        words = list(words_of(document.text))
        if found.running + len(words) < next_point:
            found.running += len(words)
            found.counts.update(words)
            continue
        for word in words:
            found.running += 1
            found.counts[word] += 1
            if found.running >= next_point:
                found.curve.append((found.running, len(found.counts)))
                next_point *= step
    if found.running and (not found.curve or found.curve[-1][0] < found.running):
        found.curve.append((found.running, len(found.counts)))
    return found


def words_of(text: str) -> Iterator[str]:
    """Yield the lower-case words of a text: runs of letters and marks between spaces, without the punctuation around and in them."""
    return filter(None, map(_word, text.lower().split()))


@functools.lru_cache(maxsize=200_000)
def _word(part: str) -> str:
    """Return the word in what stands between two spaces; empty where there is none."""
    word = part if part.isalpha() else letters_and_marks(part)
    return "" if _DIGITS.match(word) else word


_DIGITS = re.compile(r"\d+$")
