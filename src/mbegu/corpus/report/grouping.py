"""Which sources are shown together: a folder, a file, or what is left over, so that a person can compare a dozen of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mbegu.corpus.report.roots import Roots
from mbegu.corpus.source import file_of

MOST_GROUPS = 12
# A group with more of the text than this is divided where it holds several folders and there is room; one group
# alone always, and a folder that holds one thing is that thing.
DIVIDED_SHARE = 0.2
LOOSE = ""  # files that lie in no folder, when they are too many to be shown one by one
OTHERS = "…"

Path = tuple[str, ...]


class Grouping:
    """Says to which group a source belongs.

    Args:
        files: bytes of text of each file, by its path below the text folder.
        roots: makes these paths readable.
    """

    def __init__(self, files: Mapping[str, int], roots: Roots) -> None:
        paths: Counter[Path] = Counter()
        for name, size in files.items():
            paths[tuple(roots.readable(name).split("/"))] += size
        self._roots = roots
        self._groups = _choose(paths)
        self._cache: dict[str, str] = {}

    def of(self, source: str) -> str:
        """Return the name of a source's group; ``LOOSE`` and ``OTHERS`` are two that no path has."""
        file = file_of(source)
        if file not in self._cache:
            self._cache[file] = self._find(tuple(self._roots.readable(file).split("/")))
        return self._cache[file]

    def _find(self, path: Path) -> str:
        for length in range(len(path), 0, -1):
            if path[:length] in self._groups:
                return "/".join(path[:length])
        return LOOSE if len(path) == 1 and LOOSE in {"/".join(each) for each in self._groups} else OTHERS


def _choose(paths: Mapping[Path, int]) -> set[Path]:
    """Return the beginnings of paths that are groups of their own; ``(LOOSE,)`` among them where loose files go together."""
    sizes = _children(paths, ())
    total = sum(sizes.values())
    waiting = sorted(sizes, key=lambda each: (-sizes[each], each))
    while waiting:
        group = waiting.pop(0)
        children = _children(paths, group)
        folders = sum(child not in paths for child in children)
        is_divided = len(sizes) == 1 or len(children) == 1 or (sizes[group] > DIVIDED_SHARE * total and folders > 1)
        if children and is_divided and len(sizes) - 1 + len(children) <= MOST_GROUPS:
            del sizes[group]
            sizes.update(children)
            waiting += sorted(children, key=lambda each: (-children[each], each))
    if len(sizes) > MOST_GROUPS:
        loose = {path: size for path, size in sizes.items() if path in paths and len(path) == 1}
        if len(loose) > 1:
            sizes = Counter({path: size for path, size in sizes.items() if path not in loose})
            sizes[(LOOSE,)] = sum(loose.values())
    ordered = sorted(sizes, key=lambda each: (-sizes[each], each))
    return set(ordered if len(ordered) <= MOST_GROUPS else ordered[: MOST_GROUPS - 1])


def _children(paths: Mapping[Path, int], parent: Path) -> Counter[Path]:
    """Return the bytes of what lies directly below a beginning of paths."""
    sizes: Counter[Path] = Counter()
    for path, size in paths.items():
        if len(path) > len(parent) and path[: len(parent)] == parent:
            sizes[path[: len(parent) + 1]] += size
    return sizes
