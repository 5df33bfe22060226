"""What the search is judged against: SQLite's FTS5 as it comes (default tokenizer, which strips marks; BM25), over the same passages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from mbegu.serve.documents.keys import words
from mbegu.serve.documents.store import Passage


class PlainSearch:
    """A default FTS5 table in memory.

    Args:
        passages: what it holds, with their headings.
    """

    def __init__(self, passages: Iterable[Passage]) -> None:
        self._data = sqlite3.connect("file:plain?mode=memory&cache=private", uri=True, check_same_thread=False)
        self._data.execute("CREATE VIRTUAL TABLE plain USING fts5(text)")
        self._data.executemany("INSERT INTO plain (rowid, text) VALUES (?, ?)", ((each.id, f"{each.heading}\n{each.text}") for each in passages))

    def find(self, question: str, n: int) -> list[int]:
        """Return the ids of the best passages that hold any word of the question, by BM25."""
        asked = " OR ".join('"' + word.replace('"', '""') + '"' for word in dict.fromkeys(words(question)))
        if not asked:
            return []
        return [row[0] for row in self._data.execute("SELECT rowid FROM plain WHERE plain MATCH ? ORDER BY rank LIMIT ?", (asked, n))]
