"""The papers of the text: licence, giver, consent and date of each document, from ``sources.toml`` files beside the text.

A table says which files it is for by a name, a folder or a pattern. Where several fit, the most specific one counts: the longest way
of folders first, then the most letters that are no wildcard.
"""

from __future__ import annotations

import datetime
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from heapq import merge
from pathlib import Path
from typing import Any

from mbegu.core.documents import Document
from mbegu.core.errors import SettingsError, explain_os_error
from mbegu.core.report import plain
from mbegu.core.settings import as_table, near, read_settings, setting, shown
from mbegu.corpus.glob import ENDS, Glob, Name, is_pattern
from mbegu.corpus.source import PACKED, unpacked_source

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SOURCES_FILE = "sources.toml"
UNKNOWN = "unknown"
MOST_BYTES = 4_000_000  # a table a file for ten thousand files
MOST_CHARACTERS = 1_000  # of one name or sentence: what is longer is no name, and takes long to bring into one form
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class ConsentTable:
    """The ``consent`` of a source: what the giver agreed to."""

    purpose: str = setting("", help="what the giver agreed that the text may be used for")
    date: str = setting("", help="when, as 2025, 2025-03 or 2025-03-31")
    version: str = setting("", help="version of the words that were agreed to")
    form: str = setting("", help="where the signed form is kept")
    until: str = setting("", help="the last day on which the text may be used, as a date; empty: not limited")


@dataclass(frozen=True)
class SourceTable:
    """A [[source]] table of sources.toml."""

    files: tuple[str, ...] = setting(
        help="names, folders or patterns of the files it is for, relative to sources.toml; * stays in a folder, ** does not"
    )
    licence: str = setting("", help="licence of the text, an SPDX identifier such as CC-BY-4.0, or the name of a [[licence]] table")
    contributor: str = setting("", help="who gave the text; a name or a number that you keep a list of")
    title: str = setting("", help="title of the work, for the credits")
    author: str = setting("", help="who wrote it, for the credits, where that is not the contributor")
    source: str = setting("", help="where it comes from: a newspaper, a station, a book")
    url: str = setting("", help="address where it was found")
    date: str = setting("", help="when it was written or collected, as 2025, 2025-03 or 2025-03-31")
    domain: str = setting("", help="what kind of text it is, in a word: news, health, stories, scripture; stands in the report")


@dataclass(frozen=True)
class LicenceTable:
    """A [[licence]] table of sources.toml: terms of a licence that the solver does not know, as its text declares them."""

    name: str = setting(help="the name that [[source]] tables use")
    title: str = setting("", help="its full title")
    url: str = setting("", help="where its text can be read")
    share: str = setting("ask", help="may the text itself be passed on?", choices=("yes", "no", "ask"))
    adapt: str = setting("ask", help="may changed text be passed on?", choices=("yes", "no", "ask"))
    commercial: str = setting("ask", help="may it be used to earn money?", choices=("yes", "no", "ask"))
    model: str = setting("ask", help="may a model that learnt from it be published?", choices=("yes", "no", "ask"))
    credit: bool = setting(True, help="must the author be named?")
    alike: tuple[str, ...] = setting((), help="licences that changed text must be given away under; empty: any")
    conditions: str = setting("", help="anything else that it asks for, in a sentence")


@dataclass(frozen=True)
class Paper:
    """The papers of one document; empty where nothing is known. ``rule`` is the pattern that gave them."""

    licence: str = ""
    contributor: str = ""
    title: str = ""
    author: str = ""
    source: str = ""
    url: str = ""
    date: str = ""
    domain: str = ""
    consent_purpose: str = ""
    consent_date: str = ""
    consent_version: str = ""
    consent_form: str = ""
    consent_until: str = ""
    rule: str = ""

    def meta(self) -> dict[str, str]:
        """Return what has no field of its own in a document, without what is empty; the source for the credits is ``credit_source``."""
        kept = {name: value for name, value in asdict(self).items() if name not in ("licence", "contributor", "rule", "source")}
        return {name: value for name, value in {**kept, "credit_source": self.source}.items() if value}

    def on(self, document: Document) -> Document:
        """Return a document with these papers; what they do not say stays as it is."""
        if not self.rule:
            return document
        licence, contributor = self.licence or document.licence, self.contributor or document.contributor
        return replace(document, licence=licence, contributor=contributor, meta={**document.meta, **self.meta()})


@dataclass(frozen=True)
class Rule:
    """One pattern with its papers; ``glob`` is ``None`` for a name without wildcards, ``rank`` orders rules by how specific they are."""

    pattern: str
    glob: Glob | None
    rank: tuple[int, int, int]
    paper: Paper


@dataclass
class Papers:
    """The papers of all files below a text folder.

    ``overruled`` tells, for each pair of patterns that both fitted some file, the one taken and the other.
    """

    rules: Sequence[Rule] = ()
    licences: Mapping[str, LicenceTable] = field(default_factory=dict)
    overruled: dict[tuple[str, str], int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, folder: Path, prefix: str = "") -> Papers:
        """Read every sources.toml in a folder and below it; where there is none, the papers are empty.

        Args:
            folder: the text folder; a file counts as the folder that it lies in.
            prefix: what stands before the names of its files in the sources of documents: empty, or ends in ``/``.

        Raises:
            SettingsError: not TOML, unknown keys, wrong types, the same pattern twice: all problems of all files at once.
        """
        return cls.read_all([(folder, prefix)])

    @classmethod
    def read_all(cls, roots: Iterable[tuple[Path, str]]) -> Papers:
        """Read the papers of several text folders, each with its prefix, as one. Raises ``SettingsError`` as ``read`` does."""
        rules: list[Rule] = []
        licences: dict[str, LicenceTable] = {}
        problems: list[str] = []
        for path, prefix in sources_files(roots):
            found, own, wrong = _read_file(path, prefix)
            rules += found
            problems += [f"{path}: {problem}" for problem in wrong]
            problems += [f"{path}: the licence {shown(name)} is described twice" for name in own if licences.get(name, own[name]) != own[name]]
            licences |= own
        patterns = [rule.pattern for rule in rules]
        problems += [f"the pattern {shown(each)} stands in two tables" for each, count in Counter(patterns).items() if count > 1]
        if problems:
            raise SettingsError("; ".join(problems), fix=f"mend {SOURCES_FILE}; the guide to papers shows every key")
        return cls(sorted(rules, key=lambda rule: rule.rank, reverse=True), licences)

    def of(self, source: str) -> Paper:
        """Return the papers of a document by its source (``stories.zip/a.docx``, ``rows.csv#17``); empty ones where no table fits."""
        fitting = list(self._fitting(source))
        if not fitting:
            return Paper()
        taken = fitting[0]
        self.used.add(taken.pattern)
        for other in fitting[1:]:
            self.used.add(other.pattern)
            pair = (taken.pattern, other.pattern)
            self.overruled[pair] = self.overruled.get(pair, 0) + 1
        return taken.paper

    def find(self, source: str) -> Paper:
        """Return the papers of a source as ``of`` does, without counting it as a document."""
        return next((rule.paper for rule in self._fitting(source)), Paper())

    def _fitting(self, source: str) -> Iterator[Rule]:
        """Return the rules for a source, the most specific first; archives code the marks in names in their own ways.

        What is packed goes by the name of what is in it too: ``rows.csv.gz#17`` by ``rows.csv#17``.
        """
        own = unicodedata.normalize("NFC", source)
        inside = unpacked_source(own)
        exact: set[int] = set()
        if self._exact:
            exact = {self._exact[each] for name in {own, inside} for each in _beginnings(name) if each in self._exact}
        names = [Name.of(each) for each in dict.fromkeys((own, inside))] if self._wild else []
        wild = (place for place, glob in self._wild if any(map(glob.fits, names)))
        return (self.rules[place] for place in merge(sorted(exact), wild))

    @cached_property
    def _exact(self) -> Mapping[str, int]:
        """The places of the rules without wildcards, by their names: there may be one for each of ten thousand files."""
        return {rule.pattern: place for place, rule in enumerate(self.rules) if rule.glob is None}

    @cached_property
    def _wild(self) -> Sequence[tuple[int, Glob]]:
        """The places of the rules with wildcards."""
        return [(place, rule.glob) for place, rule in enumerate(self.rules) if rule.glob is not None]

    def ended(self, today: datetime.date) -> list[str]:
        """Return the patterns of which the consent has run out, each with its last day."""
        return sorted(f"{rule.pattern} {until}" for rule in self.rules if consent_ended(until := rule.paper.consent_until, today))

    def remarks(self) -> list[str]:
        """Return what should be said after all documents were looked up: patterns overruled, and patterns that fitted nothing."""
        said = [
            f"{SOURCES_FILE}: '{taken}' and '{other}' both fit {count:,} documents: the more specific, '{taken}', counts"
            for (taken, other), count in sorted(self.overruled.items())
        ]
        unused = sorted({rule.pattern for rule in self.rules} - self.used)
        said += [f"{SOURCES_FILE}: '{pattern}' fits no document" for pattern in unused]
        return list(map(plain, said))


def sources_files(roots: Iterable[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    """Yield each sources.toml in and below some text folders, with the prefix of the names beside it, in a fixed order.

    Args:
        roots: folders or files with their prefixes; a file counts as the folder that it lies in.
    """
    for root, prefix in roots:
        if root.is_file():
            beside = root.with_name(SOURCES_FILE)
            if beside.is_file():
                yield beside, prefix
            continue
        for folder, names, files in os.walk(root):
            names.sort()
            if SOURCES_FILE in files:
                below = Path(folder).relative_to(root).as_posix()
                yield Path(folder) / SOURCES_FILE, prefix if below == "." else f"{prefix}{unicodedata.normalize('NFC', below)}/"


def _read_file(path: Path, prefix: str) -> tuple[list[Rule], dict[str, LicenceTable], list[str]]:
    """Return the rules and licences of one file, or every problem in it."""
    try:
        data = path.read_bytes()
        values = tomllib.loads(data[:MOST_BYTES].decode("utf-8-sig")) if len(data) <= MOST_BYTES else None
    except RecursionError:
        return [], {}, ["its values are nested too deeply"]
    except ValueError as error:
        return [], {}, [f"not TOML: {error}"]
    except OSError as error:
        raise explain_os_error(error, path) from error
    if values is None:
        return [], {}, [f"larger than {MOST_BYTES:,} bytes: use folders and patterns"]
    known = ["source", "licence"]
    problems = [f"there is no table [[{shown(name)[1:-1]}]]{near(name, known)}" for name in values if name not in known]
    problems += [f"'{name}' is not a list of tables: write [[{name}]]" for name in known if not _is_tables(values.get(name, []))]
    if problems:
        return [], {}, problems
    rules: list[Rule] = []
    for number, table in enumerate(values.get("source", []), start=1):
        made, wrong = _read_source(table, f"source {number}", prefix)
        rules += made
        problems += wrong
    licences: dict[str, LicenceTable] = {}
    for number, table in enumerate(values.get("licence", []), start=1):
        licence, wrong = _read_licence(table, f"licence {number}")
        problems += wrong
        if licence is not None:
            licences[licence.name] = licence
    return rules, licences, problems


def _read_licence(table: Mapping[str, Any], section: str) -> tuple[LicenceTable | None, list[str]]:
    """Return the licence that a [[licence]] table declares, or its problems."""
    from mbegu.corpus.licences.known import known_as  # which needs LicenceTable

    licence, problems = read_settings(LicenceTable, table, section)
    if licence is None:
        return None, problems
    problems = _too_long(licence, section)
    if licence.name.strip().lower() in ("", UNKNOWN):
        problems.append(f"[{section}] name: {shown(licence.name)} stands for text without a licence: give the terms a name of their own")
    elif known := known_as(licence.name):
        problems.append(
            f"[{section}] name: {shown(licence.name)} is {known}, whose terms Mbegu knows and nobody else can set:"
            " give an agreement of your own another name"
        )
    return (None, problems) if problems else (licence, [])


def _too_long(table: SourceTable | ConsentTable | LicenceTable, section: str) -> list[str]:
    """Return a problem for each text of a table that is longer than a name or a sentence."""
    values = {name: value if isinstance(value, list) else [value] for name, value in as_table(table).items()}
    texts = [(name, text) for name, each in values.items() for text in each if isinstance(text, str)]
    return [
        f"[{section}] {name}: {shown(text)} has {len(text):,} characters, and {MOST_CHARACTERS:,} are allowed"
        for name, text in texts
        if len(text) > MOST_CHARACTERS
    ]


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _read_source(table: Mapping[str, Any], section: str, prefix: str) -> tuple[list[Rule], list[str]]:
    """Return the rules of a [[source]] table, one a pattern, or its problems."""
    values = {name: value for name, value in table.items() if name != "consent"}
    if isinstance(values.get("files"), str):
        values["files"] = [values["files"]]
    source, problems = read_settings(SourceTable, _with_dates(values), section)
    consent: ConsentTable | None = None
    wrong: list[str] = []
    given = table.get("consent", {})
    if isinstance(given, dict):
        consent, wrong = read_settings(ConsentTable, _with_dates(given), f"{section}.consent")
    else:
        wrong = [f'[{section}] consent: expected a table such as {{ purpose = "..." }}, found {shown(given)}']
    problems += wrong
    if source is None or consent is None:
        return [], problems
    problems += [*_too_long(source, section), *_too_long(consent, f"{section}.consent")]
    dates = {"date": source.date, "consent.date": consent.date, "consent.until": consent.until}
    problems += [f"[{section}] {name}: {shown(date)} is not a date such as 2025-03-31" for name, date in dates.items() if date and not _is_date(date)]
    problems += [f"[{section}] files: an empty pattern" for pattern in source.files if not pattern.strip("/ ")]
    if not source.files:
        problems.append(f"[{section}] files: names no file")
    if problems:
        return [], problems
    known = {each.name for each in fields(Paper)}
    values = {name: value for name, value in vars(source).items() if name in known}
    values["contributor"] = unicodedata.normalize("NFC", source.contributor)
    paper = Paper(**values, **{f"consent_{name}": value for name, value in vars(consent).items()})
    return [_make_rule(pattern, prefix, paper) for pattern in source.files], []


def _with_dates(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with TOML's dates, which need no quotes, and years as texts."""
    texts = {name: value.isoformat()[:10] if isinstance(value, datetime.date) else value for name, value in table.items()}
    return {
        name: str(v) if name in ("date", "until", "version") and isinstance(v, (int, float)) and not isinstance(v, bool) else v
        for name, v in texts.items()
    }


def consent_ended(until: str, today: datetime.date) -> bool:
    """Whether a consent has run out: the day, month or year that it was given until is over.

    Args:
        until: as 2025, 2025-03 or 2025-03-31; empty: not limited.
        today: the day that it is.
    """
    return _is_date(until) and today.isoformat()[: len(until)] > until


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text + "-01" * ((10 - len(text)) // 3))
    except ValueError:
        return False
    return True


def _make_rule(pattern: str, prefix: str, paper: Paper) -> Rule:
    """Return the rule of one pattern; one without a folder goes for files of that name in all folders below."""
    own = unicodedata.normalize("NFC", pattern).removeprefix("./").rstrip("/")
    exact = not is_pattern(own)
    anywhere = "/" not in own and not exact
    whole = f"{prefix}{own}"
    literal = len(own.replace("*", "").replace("?", ""))
    depth = prefix.count("/") + own.count("/")
    rank = (depth + exact, literal, int(exact))
    paper_of = Paper(**{**vars(paper), "rule": whole})
    return Rule(whole, None if exact else Glob.of(f"**/{own}" if anywhere else own, prefix), rank, paper_of)


def _beginnings(name: str) -> Iterator[str]:
    """Yield a name and what stands in it before each of ``/#:``, also without the endings of packing: what a name without wildcards is for."""
    for end in (*(found.start() for found in ENDS.finditer(name)), len(name)):
        beginning = name[:end]
        yield beginning
        while beginning.endswith(PACKED):
            beginning = beginning.rpartition(".")[0]
            yield beginning
