"""Rules of rewriting, read from the tables in ``rules/`` or from a file of the user's."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from mbegu.core.errors import InputError, SettingsError
from mbegu.core.settings import near, shown
from mbegu.corpus.rewrite.bounded import why_unbounded
from mbegu.corpus.words import mark_class

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Make = Callable[[str], str]
_LATIN_COMPOSED = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
_NEEDED = ("name", "summary", "why", "source", "examples")
_KNOWN = {
    *_NEEDED,
    "languages",
    "letters",
    "series",
    "pattern",
    "table",
    "made",
    "starts",
    "dense",
    "reach",
    "only_in",
    "alone",
    "changes_marks",
    "stays",
}
_COENG_RO = "\u17d2\u179a"


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule of rewriting.

    ``languages`` are ISO 639-3 codes it is meant for, empty for any. ``pattern`` finds what it changes; a match begins with one of the
    characters ``starts``, or with one so frequent that the pattern is searched for by itself (empty ``starts``).
    ``reach`` characters before the match are changed with it. ``make`` gives what it becomes.
    ``only_in`` is the script that most letters of the word must be of; with ``alone`` also a word of none, among words of that script.
    ``changes_marks`` says that the combining marks of the text become others, fewer or more. ``on_cluster``: ``make`` gets whole letters with
    all their marks. ``examples`` are pairs of before and after, ``stays`` texts that it leaves alone.
    """

    name: str
    languages: tuple[str, ...]
    summary: str
    why: str
    source: str
    pattern: str
    starts: str
    reach: int
    make: Make
    on_cluster: bool
    only_in: str
    alone: bool
    changes_marks: bool
    examples: tuple[tuple[str, str], ...]
    stays: tuple[str, ...]


@functools.cache
def all_rules() -> dict[str, Rule]:
    """Return every rule of the package by its name, in the order of the files."""
    folder = resources.files("mbegu.corpus.rewrite").joinpath("rules")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    rules = [rule for file in files for rule in _read(file.read_text(encoding="utf-8"), file.name, is_ours=True)]
    return {rule.name: rule for rule in rules}


def rules_for(language: str) -> tuple[Rule, ...]:
    """Return the rules that are meant for a language (ISO 639-3, with or without script), and those for any."""
    code = language.split("_", maxsplit=1)[0].lower()
    return tuple(rule for rule in all_rules().values() if not rule.languages or code in rule.languages)


def choose_rules(names: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules chosen, in the order chosen.

    Args:
        names: names of rules; one that ends in ``.toml`` is a file of the user's whose rules are all chosen.

    Raises:
        SettingsError: a name is unknown, or a rule of a file is wrong; lists everything wrong.
        InputError: a file cannot be read.
    """
    chosen: dict[str, Rule] = {}
    unknown = []
    for name in names:
        if name.endswith(".toml"):
            chosen.update({rule.name: rule for rule in read_rules(Path(name))})
        elif name in all_rules():
            chosen[name] = all_rules()[name]
        else:
            unknown.append(f"'{name}'{near(name, list(all_rules()))}")
    if unknown:
        raise SettingsError(f"there is no rule called {', '.join(unknown)}", fix=f"the rules are {', '.join(all_rules())}")
    return tuple(chosen.values())


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Return the rules of a file.

    Raises:
        InputError: the file cannot be read.
        SettingsError: a rule is wrong; lists everything wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the file of rules cannot be read", path, "check its path; it must be UTF-8 text") from error
    return _read(text, str(path))


def _read(text: str, where: str, is_ours: bool = False) -> tuple[Rule, ...]:
    """Return the rules of a file; those of the package were looked at, of others the patterns must have an end."""
    try:
        tables = tomllib.loads(text).get("rule", [])
        tables = tables if isinstance(tables, list) else [tables]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}", where, "put it right, or see docs/how-to/spelling-variants.md") from error
    problems = [problem for table in tables for problem in _problems(table, is_ours)]
    if problems or not tables:
        raise SettingsError("; ".join(problems) or "no [[rule]] in it", where, "put it right, or see docs/how-to/spelling-variants.md")
    try:
        return tuple(_rule(table) for table in tables)
    except (TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"a rule has a value of the wrong type: {error}", where, "see docs/how-to/spelling-variants.md") from error


def _problems(table: Mapping[str, Any], is_ours: bool) -> list[str]:
    """Return what is wrong with a rule as written."""
    if not isinstance(table, Mapping):
        return ["write each rule as a table, under [[rule]]"]
    name = table.get("name", "a rule without name")
    problems = [f"{name}: '{key}' is missing" for key in _NEEDED if not table.get(key)]
    problems += [f"{name}: '{key}' is unknown{near(key, sorted(_KNOWN))}" for key in table if key not in _KNOWN]
    ways = [key for key in ("letters", "series", "pattern") if key in table]
    if len(ways) != 1:
        problems.append(f"{name}: give one of letters, series and pattern, not {' and '.join(ways) or 'none'}")
    if "pattern" in table:
        if not table.get("starts") and not table.get("dense"):
            problems.append(f"{name}: 'starts' is missing: the characters that a match can begin with")
        problems += [f"{name}: give one of table and made"] if ("table" in table) == ("made" in table) else []
        problems += (
            [f"{name}: made = '{table['made']}' is unknown{near(table['made'], list(_MAKERS))}"] if table.get("made", "sorted") not in _MAKERS else []
        )
        problems += _pattern_problems(name, table["pattern"], is_ours)
    return problems


def _pattern_problems(name: str, pattern: Any, is_ours: bool) -> list[str]:
    """Return what is wrong with a pattern; those that the package names are its own."""
    if pattern in _NAMED_PATTERNS:
        return []
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return [f"{name}: the pattern is wrong: {error}"]
    why = "" if is_ours else why_unbounded(pattern)
    return [f"{name}: the pattern {shown(pattern)} cannot be used: {why}"] if why else []


def _rule(table: Mapping[str, Any]) -> Rule:
    letters = {**table.get("letters", {}), **_series(table.get("series", []))}
    if letters:
        pattern = "|".join(re.escape(key) for key in sorted(letters, key=len, reverse=True))
        starts = "".join(sorted({key[0] for key in letters}))
        make: Make = letters.__getitem__
    else:
        pattern = _NAMED_PATTERNS.get(table["pattern"]) or table["pattern"]
        starts = "".join(table.get("starts", ""))
        make = _MAKERS[table["made"]] if "made" in table else _by_table(table["table"])
    return Rule(
        name=table["name"],
        languages=tuple(table.get("languages", [])),
        summary=table["summary"],
        why=table["why"],
        source=table["source"],
        pattern=pattern,
        starts="" if table.get("dense") else starts,
        reach=table.get("reach", 0),
        make=make,
        on_cluster=table.get("made") in _OF_WHOLE_LETTERS,
        only_in=table.get("only_in", ""),
        alone=table.get("alone", False),
        changes_marks=table.get("changes_marks", False),
        examples=tuple((before, after) for before, after in table["examples"]),
        stays=tuple(table.get("stays", [])),
    )


def _series(rows: Sequence[tuple[str, str, int]]) -> dict[str, str]:
    """Return letters given as rows of neighbours: from the first on, so many become those from the second on."""
    return {chr(ord(first) + step): chr(ord(second) + step) for first, second, count in rows for step in range(count)}


def _by_table(table: Mapping[str, str]) -> Make:
    """Return a function that looks up the whole match, or else each of its characters."""
    each = {ord(key): value for key, value in table.items() if len(key) == 1}
    return lambda match: table[match] if match in table else match.translate(each)


def _unique_marks(cluster: str) -> str:
    """Leave out a mark that repeats the one before it."""
    kept: list[str] = []
    for each in unicodedata.normalize("NFD", cluster):
        if not kept or each != kept[-1] or not re.match(f"[{mark_class()}]", each):
            kept.append(each)
    return "".join(kept)


def _khmer_ro_last(cluster: str) -> str:
    return re.sub(f"({_COENG_RO})(\u17d2[\u1780-\u1799\u179b-\u17a2])", r"\2\1", cluster)


def _doubled_marks() -> str:
    """Return the pattern of a mark that repeats the one before it, by itself or in a composed letter."""
    pairs = [f"{chr(code)}{chr(code)}" for code in range(0x300, 0x370)]
    composed: dict[str, str] = {}
    for letter in map(chr, _LATIN_COMPOSED):
        for mark in unicodedata.normalize("NFD", letter)[1:]:
            composed[mark] = composed.get(mark, "") + letter
    pairs += [f"[{letters}]{mark}" for mark, letters in composed.items()]
    return f"[\u0300-\u036f](?<={'|'.join(pairs)})"


_OF_WHOLE_LETTERS = ("unique-marks", "without-space")
_NAMED_PATTERNS = {"doubled-marks": _doubled_marks()}
_MAKERS: dict[str, Make] = {
    "unique-marks": _unique_marks,
    "without-space": lambda cluster: cluster.replace(" ", ""),
    "compatibility": lambda match: unicodedata.normalize("NFKC", match),
    "sorted": lambda match: "".join(sorted(match)),
    "first": lambda match: match[:1],
    "khmer-ro-last": _khmer_ro_last,
}
