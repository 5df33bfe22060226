"""The folders that were given to be cleaned, whose own names say more than what is left of them in the source of a document.

With several folders each source begins with the last name of its folder, with ``~2`` where two folders are called the same; with one
folder nothing of it is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

# So many of the last names of a folder may speak about its text; those before are about the computer and its user.
TELLING_NAMES = 2


class Roots:
    """Turns sources into paths that say more.

    Args:
        paths: the folders as they were given, in their order; empty when not known.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        names = [[part for part in PurePosixPath(path.replace("\\", "/")).parts if part.strip("/.") and not part.endswith(":")] for path in paths]
        self._only = "/".join(names[0][-TELLING_NAMES:]) if len(names) == 1 else ""
        total = Counter(parts[-1] for parts in names if parts)
        seen: Counter[str] = Counter()
        self._telling: dict[str, str] = {}
        self._readable: dict[str, str] = {}
        for parts in names if len(names) > 1 else ():
            if parts:
                seen[parts[-1]] += 1
                number = seen[parts[-1]]
                begin = parts[-1] if number == 1 else f"{parts[-1]}~{number}"
                self._telling[begin] = "/".join(parts[-TELLING_NAMES:])
                if total[parts[-1]] > 1:
                    self._readable[begin] = self._telling[begin]

    def readable(self, source: str) -> str:
        """Return a source in which folders of the same name are told apart by the name above them."""
        first, slash, rest = source.partition("/")
        return f"{self._readable.get(first, first)}{slash}{rest}" if slash else source

    def telling(self, source: str) -> str:
        """Return a source with the names of the folder that was given: what the domain is read from."""
        if self._only:
            return f"{self._only}/{source}"
        first, slash, rest = source.partition("/")
        return f"{self._telling.get(first, first)}{slash}{rest}" if slash else source
