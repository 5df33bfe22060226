"""What is known of private numbers in each country, read from the tables beside this file."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from mbegu.core.errors import SettingsError
from mbegu.core.settings import near
from mbegu.corpus.private.checks import CHECKS, Check
from mbegu.corpus.words import without_marks

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PHONE = "PHONE"
# What a placeholder may say; each has a name in the words of the report.
KINDS = ("ACCOUNT", "CARD", "COORDINATES", "EMAIL", "ID-NUMBER", "IP-ADDRESS", "MAC-ADDRESS", "NAME", PHONE, "PRIVATE-URL")
Grouping = tuple[int, ...]


@dataclass(frozen=True)
class PhonePlan:
    """How telephone numbers of a country begin and how long they are; ``national`` matches the number without ``trunk``."""

    region: str
    name: str
    code: str
    trunk: str
    mobile: re.Pattern[str]
    fixed: re.Pattern[str]
    grouped: frozenset[Grouping]


@dataclass(frozen=True)
class Item:
    """One kind of private number. ``pattern`` matches all digits together, or with ``has_letters`` the text as it stands."""

    name: str
    kind: str
    regions: tuple[str, ...]
    pattern: re.Pattern[str]
    has_letters: bool
    grouped: frozenset[Grouping]
    check: Check | None
    needs_context: bool
    words: tuple[str, ...]
    source: str


@functools.cache
def phone_plans() -> dict[str, PhonePlan]:
    """Return the plan of each country, by its ISO 3166-1 alpha-2 code."""
    return {region: _plan(region, table) for region, table in _table("phones.toml").items()}


@functools.cache
def items() -> tuple[Item, ...]:
    """Return every kind of private number other than telephone numbers."""
    return tuple(_item(table) for table in _table("numbers.toml")["item"])


@functools.cache
def context_words() -> dict[str, tuple[str, ...]]:
    """Return the words that tell what a number is, by kind."""
    return {kind: tuple(words) for kind, words in _table("context.toml").items()}


def known_regions() -> tuple[str, ...]:
    """Return the codes of all countries for which anything is known, sorted."""
    return tuple(sorted({*phone_plans(), *(region for item in items() for region in item.regions)}))


def check_regions(regions: Sequence[str]) -> tuple[str, ...]:
    """Return country codes in capitals, each once.

    Raises:
        SettingsError: names every code for which nothing is known, with near ones.
    """
    codes = tuple(dict.fromkeys(region.strip().upper() for region in regions))
    known = known_regions()
    wrong = [f"'{code}'{near(code, list(known))}" for code in codes if code not in known]
    if wrong:
        fix = f"use ISO 3166-1 codes of two letters; known are {', '.join(known)}"
        raise SettingsError(f"no private numbers are known for the region {', '.join(wrong)}", fix=fix)
    return codes


def fold(text: str) -> str:
    """Return text without case and marks, for comparing words that are typed in several ways."""
    return without_marks(text.casefold())


def word_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the words in folded text.

    A word of Latin letters begins at a word's beginning; one of four letters and more may go on, because many languages inflect.
    In other scripts prefixes are written on, so the word is found anywhere.
    """
    parts = []
    for word in sorted({fold(word) for word in words}, key=len, reverse=True):
        begins = r"(?<!\w)" if word[0].isascii() else ""
        ends = "" if len(word) > 3 or not word.isascii() else r"(?!\w)"
        parts.append(begins + re.escape(word) + ends)
    return re.compile("|".join(parts) or r"(?!)")


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("mbegu.corpus.private").joinpath(name).read_text(encoding="utf-8"))


def _plan(region: str, table: dict[str, Any]) -> PhonePlan:
    grouped = frozenset(tuple(each) for each in table.get("grouped", []))
    mobile, fixed = re.compile(table["mobile"]), re.compile(table["fixed"])
    return PhonePlan(region, table["name"], table["code"], table.get("trunk", ""), mobile, fixed, grouped)


def _item(table: dict[str, Any]) -> Item:
    return Item(
        name=table["name"],
        kind=table["kind"],
        regions=tuple(table.get("regions", [])),
        pattern=re.compile(table.get("digits") or table["letters"]),
        has_letters="letters" in table,
        grouped=frozenset(tuple(each) for each in table.get("grouped", [])),
        check=CHECKS[table["check"]] if "check" in table else None,
        needs_context=table.get("context") == "needed",
        words=tuple(table.get("words", [])),
        source=table["source"],
    )
