"""The licences that the solver knows, from licences.toml, and those whose terms a person declared."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, cast

from mbegu.corpus.papers import UNKNOWN, LicenceTable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Answer = Literal["yes", "no", "ask"]


@dataclass(frozen=True)
class Licence:
    """What a licence allows and asks for; see licences.toml. ``known``: it was recognised or declared.

    ``unchecked`` is empty where the entry was held against the text of the licence, else what it was taken from instead.
    """

    id: str
    title: str
    url: str = ""
    share: Answer = "yes"
    adapt: Answer = "yes"
    commercial: Answer = "yes"
    model: Answer = "yes"
    credit: bool = True
    alike: tuple[str, ...] = ()
    clashes: tuple[str, ...] = ()
    note: str = ""
    unchecked: str = ""
    known: bool = True

    def allows(self, what: str) -> Answer:
        """Return what it says of ``share``, ``adapt``, ``commercial`` or ``model``."""
        return cast(Answer, getattr(self, what))


@functools.cache
def known_licences() -> Mapping[str, Licence]:
    """Return the licences of licences.toml by the plain form of every name that they go by."""
    data = resources.files("mbegu.corpus.licences").joinpath("licences.toml").read_text(encoding="utf-8")
    found: dict[str, Licence] = {}
    for row in tomllib.loads(data)["licence"]:
        also = row.pop("also")
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        licence = Licence(**values)
        for name in (licence.id, *also):
            found[plain(name)] = licence
    return found


def plain(name: str) -> str:
    """Return a licence's name without what people write in different ways: capitals, blanks, hyphens, ``license``, a final ``.0``."""
    text = re.sub(r"creative\s*commons", "cc", name.strip().lower()).replace("+", "orlater")
    text = re.sub(r"\b(the|licen[cs]e|international|unported|version|v(?=\d))\b", " ", text)
    text = text.replace("attribution", "by").replace("noncommercial", "nc").replace("sharealike", "sa").replace("noderivatives", "nd")
    return re.sub(r"[\W_]+", "", re.sub(r"(\d)\.0\b", r"\1", text))


def known_as(name: str) -> str:
    """Return the id of the licence that Mbegu knows under a name, however it is written; empty where it knows none."""
    found = known_licences().get(plain(name))
    return found.id if found else ""


def licence_named(name: str, custom: Mapping[str, Licence] | None = None) -> Licence:
    """Return the licence of a name; one that allows nothing without asking where it is not known. What Mbegu knows nobody declares otherwise.

    Args:
        name: as it stands on documents.
        custom: licences whose terms were declared, by name.
    """
    found = known_licences().get(plain(name))
    if found:
        return found
    if custom and name in custom:
        return custom[name]
    title = "No licence is known" if name.strip().lower() in ("", UNKNOWN) else f"{name}: not a licence that Mbegu knows"
    note = "Without a licence only what the law allows by itself may be done; ask the owners, or leave the text out."
    if name.strip().lower() not in ("", UNKNOWN):
        note = "Read it, and declare its terms in a [[licence]] table of sources.toml."
    return Licence(name or UNKNOWN, title, share="ask", adapt="ask", commercial="ask", model="ask", note=note, known=False)


def custom_licences(tables: Mapping[str, LicenceTable]) -> dict[str, Licence]:
    """Return the licences declared in sources.toml, by name."""
    made: dict[str, Licence] = {}
    for name, table in tables.items():
        values: dict[str, Any] = {each: getattr(table, each) for each in ("share", "adapt", "commercial", "model", "credit", "alike", "url")}
        made[name] = Licence(name, table.title or name, note=table.conditions, **values)
    return made
