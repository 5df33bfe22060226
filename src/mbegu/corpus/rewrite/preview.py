"""What rules would change, shown before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mbegu.core.report import format_table
from mbegu.core.units import format_count

if TYPE_CHECKING:
    from mbegu.corpus.rewrite.rewriter import Hit

MOST_EXAMPLES = 3
_AROUND = 18
_MOST_ROWS = 10_000  # different changes that are counted one by one; what comes after is counted by rule
MANY = "…"


@dataclass
class Row:
    """One change: how often, in how many texts, and where for example (before, after)."""

    count: int = 0
    texts: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


class Preview:
    """Counts changes by rule and by what becomes what."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], Row] = {}

    def add(self, text: str, hits: Iterable[Hit]) -> None:
        """Count the changes that would be made in one text."""
        seen = set()
        for hit in hits:
            key = (hit.rule, hit.before, hit.after)
            if key not in self.rows and len(self.rows) >= _MOST_ROWS:
                key = (hit.rule, MANY, MANY)
            row = self.rows.setdefault(key, Row())
            row.count += 1
            row.texts += key not in seen
            seen.add(key)
            if len(row.examples) < MOST_EXAMPLES:
                head, tail = text[max(0, hit.start - _AROUND) : hit.start], text[hit.end : hit.end + _AROUND]
                pair = (f"{head}{hit.before}{tail}".replace("\n", " "), f"{head}{hit.after}{tail}".replace("\n", " "))
                if pair not in row.examples:
                    row.examples.append(pair)

    def sorted_rows(self) -> list[tuple[tuple[str, str, str], Row]]:
        """Return the rows, most frequent first."""
        return sorted(self.rows.items(), key=lambda item: (-item[1].count, item[0]))

    def table(self, most: int = 40) -> str:
        """Return a table for the terminal: what becomes what, how often, in how many texts, and an example."""
        if not self.rows:
            return "the rules chosen change nothing"
        rows = [
            (rule, f"{_shown(before)} → {_shown(after)}", format_count(row.count), format_count(row.texts), " → ".join(row.examples[0]))
            for (rule, before, after), row in self.sorted_rows()[:most]
        ]
        more = len(self.rows) - len(rows)
        table = format_table(("rule", "change", "times", "texts", "for example"), rows)
        return f"{table}\n{format_count(more)} more kinds of change" if more else table


def _shown(text: str) -> str:
    """Return text so that it can be seen: what has no shape of its own by its number in Unicode."""
    if not text:
        return "nothing"
    return "".join(each if each.isprintable() and not each.isspace() else f"U+{ord(each):04X}" for each in text)
