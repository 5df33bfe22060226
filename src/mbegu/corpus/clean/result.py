"""Puts the parts together: ``kept.parquet``, ``dropped.parquet`` and the facts of ``clean.json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.documents import document_schema
from mbegu.core.settings import as_table
from mbegu.corpus.clean import passages
from mbegu.corpus.clean.compare import Compared
from mbegu.corpus.clean.drops import drop_schema
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.filters import boilerplate, lists, markup, noise, repetition, structure, stubs, suspects, titles

VERSION = 4
MOST_PAIRS = 200
MOST_SOURCES = 200
MOST_CHANGES = 200
MOST_PROBLEMS = 1000
Facts = Mapping[str, Any]


def join_parquet(path: Path, parts: Iterable[Path], schema: Any) -> None:
    """Write the row groups of several Parquet files to one, in order; one row group is held at a time."""
    import pyarrow.parquet as pq

    with durable.replace_file(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in parts:
            with pq.ParquetFile(part) as source:
                for group in range(source.num_row_groups):
                    table = source.read_row_group(group)
                    if table.num_rows:
                        writer.write_table(table)


def write_tables(out: Path, kept: Sequence[Path], dropped: Sequence[Path]) -> None:
    """Write ``kept.parquet`` and ``dropped.parquet`` from those of the parts."""
    join_parquet(out / "kept.parquet", kept, document_schema())
    join_parquet(out / "dropped.parquet", dropped, drop_schema())


def facts_of(
    settings: CleanSettings, files_seen: int, listing: Facts, measured: Sequence[Facts], compared: Compared, decided: Sequence[Facts]
) -> dict[str, Any]:
    """Return what stands in ``clean.json``, but for time and memory.

    Args:
        settings: as given.
        files_seen: files that were met.
        listing: ``dropped`` and ``problems`` of listing the files.
        measured: facts of the parts from the first pass.
        compared: the look at the whole.
        decided: facts of the parts from the second pass.
    """
    facts: dict[str, Any] = {
        "version": VERSION,
        "language": settings.language,
        "settings": as_table(settings),
        "files_seen": files_seen,
        "documents_in": sum(fact["documents_in"] for fact in measured),
        "bytes_in": sum(fact["bytes_in"] for fact in measured),
        "documents_kept": sum(fact["documents_kept"] for fact in decided),
        "bytes_kept": sum(fact["bytes_kept"] for fact in decided),
        "dropped": _dropped([listing, *measured, *decided]),
        "formats": _added(fact["formats"] for fact in measured),
        "encodings": _added(fact["encodings"] for fact in measured),
        "changes": _changes(measured),
        "changed": _added(fact["changed"] for fact in measured),
        "duplicates": {kind: sum(fact["duplicates"].get(kind, 0) for fact in decided) for kind in ("exact", "near", "passage", "line")},
        "pairs": _pairs(decided),
        "marks": _marks(measured),
        "suspects": _added(fact["suspects"] for fact in decided),
        "filters": filters(settings, compared),
        "problems": [problem for fact in (listing, *measured) for problem in fact["problems"]][:MOST_PROBLEMS],
        "notes": [list(note) for fact in measured for note in fact["notes"]][:MOST_SOURCES],
        "languages": _added(fact["languages"] for fact in decided),
    }
    if settings.rules:
        facts["undo"] = "the files were only read: clean them again without the rule, into another folder"
    if settings.private or settings.regions or settings.names:
        facts["private"] = _added(fact["private"] for fact in measured)
    return facts


def told_settings(settings: CleanSettings, root: Path) -> dict[str, Any]:
    """Return the settings with paths relative to a project where they lie in it, else only their names: the same on every computer."""

    def told(path: str) -> str:
        whole = Path(path)
        return whole.relative_to(root.resolve()).as_posix() if whole.is_relative_to(root.resolve()) else whole.name

    table = as_table(settings)
    table["paths"] = [told(path) for path in settings.paths]
    table["rules"] = [told(rule) if rule.endswith(".toml") else rule for rule in settings.rules]
    return table | {name: told(table[name]) for name in ("names", "blocked", "identifier") if table[name]}


def filters(settings: CleanSettings, compared: Compared) -> list[dict[str, Any]]:
    """Return each filter with what it measures, its threshold and why that is the threshold."""
    off = set(settings.leave_in)
    fixed = "fixed: a matter of form"
    rows: list[tuple[str, str, Any, str]] = [(name, measures, None, fixed) for name, measures in structure.MEASURES.items()]
    rows.append((markup.NAME, markup.MEASURES, None, fixed))
    for name, measures in boilerplate.MEASURES.items():
        limit = compared.limits[boilerplate.NAME]
        rows.append((name, measures, limit.value, limit.why) if name == boilerplate.NAME else (name, measures, 2, "fixed: the first stays"))
    for group, limit in sorted(compared.groups.items()):
        rows.append((f"{lists.NAME} in {group}", lists.MEASURES, limit.value, limit.why))
    rows += [(f"{titles.NAME} in {group}", titles.MEASURES, limit.value, limit.why) for group, limit in sorted(compared.titles.items())]
    rows += [(f"{noise.NAME} in {name}", noise.MEASURES, kind.limit.value, kind.limit.why) for name, kind in sorted(compared.kinds.items())]
    rows += [(name, measures, compared.limits[name].value, compared.limits[name].why) for name, measures in _CHOSEN]
    rows.append(
        (stubs.NAME, stubs.MEASURES, stubs.MIN_LETTERS, f"fixed: fewer letters, less than half of what it had; or fewer than {stubs.LEAST_LETTERS}")
    )
    rows.append((passages.NAME, passages.MEASURES, settings.passage_letters, "the setting passage_letters"))
    rows.append((suspects.NAME, suspects.MEASURES, suspects.MIN_VARIATION, "fixed: only marked, never dropped"))
    return [
        {"name": name, "measures": measures, "threshold": value, "why": "left in, as asked" if name.split(" in ")[0] in off else why}
        for name, measures, value, why in rows
    ]


_CHOSEN = ((noise.NAME, noise.MEASURES), (repetition.NAME, repetition.MEASURES))


def _added(tables: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for table in tables:
        total.update(table)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _dropped(facts: Iterable[Facts]) -> dict[str, dict[str, int]]:
    total: dict[str, Counter[str]] = {}
    for fact in facts:
        for reason, counts in fact["dropped"].items():
            total.setdefault(reason, Counter({"documents": 0, "lines": 0, "bytes": 0})).update(counts)
    return {reason: dict(counts) for reason, counts in sorted(total.items())}


def _changes(measured: Sequence[Facts]) -> list[dict[str, Any]]:
    total: Counter[tuple[str, str, str]] = Counter()
    for fact in measured:
        for rule, before, after, count in fact["changes"]:
            total[rule, before, after] += count
    ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))[:MOST_CHANGES]
    return [{"rule": rule, "before": before, "after": after, "count": count} for (rule, before, after), count in ordered]


def _pairs(decided: Sequence[Facts]) -> list[dict[str, Any]]:
    """Return pairs of all kinds, as many of each as there is room for."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for fact in decided:
        for pair in fact["pairs"]:
            kinds.setdefault(pair["kind"], []).append(pair)
    share = MOST_PAIRS // max(1, len(kinds))
    return [pair for kind in sorted(kinds) for pair in kinds[kind][:share]]


def _marks(measured: Sequence[Facts]) -> list[dict[str, Any]]:
    total: dict[str, list[int]] = {}
    for fact in measured:
        for source, (letters, marked) in fact["marks"].items():
            own = total.setdefault(source, [0, 0])
            own[0] += letters
            own[1] += marked
    ordered = sorted(total.items(), key=lambda item: (-item[1][0], item[0]))[:MOST_SOURCES]
    return [{"source": source, "letters": letters, "marked_share": round(marked / max(1, letters), 4)} for source, (letters, marked) in ordered]
