"""The words of the report: one file a language, and numbers the way that language writes them."""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Any

from mbegu.core.units import format_bytes, format_count

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SMALLEST_PERCENT = 0.1
_CODE = re.compile(r"`([^`]+)`")


class Words:
    """Looks words up by their key, such as ``advice.one_domain.title``.

    Args:
        code: ISO 639-3 code of the language of the interface; there must be a file of that name.
    """

    def __init__(self, code: str = "eng") -> None:
        text = resources.files("mbegu.corpus.report").joinpath("words", f"{code}.toml").read_text(encoding="utf-8")
        self._table: Mapping[str, Any] = tomllib.loads(text)
        self.tag = self.text("language.tag")
        self.direction = self.text("language.direction")

    def text(self, key: str, **values: str) -> str:
        """Return plain text with the places filled. Raises ``KeyError`` for a key that the file lacks."""
        found: Any = self._table
        for part in key.split("."):
            found = found[part]
        if not isinstance(found, str):
            raise KeyError(key)
        return string.Formatter().vformat(found, (), values) if values else found

    def html(self, key: str, **values: str) -> str:
        """Return HTML: the words are escaped, what fills the places is HTML already; what stands in backquotes becomes code."""
        found: Any = escape(self.text(key), quote=False)
        found = _CODE.sub(r"<code>\1</code>", found)
        return string.Formatter().vformat(found, (), values) if values else str(found)

    def named(self, table: str, name: str) -> str | None:
        """Return the word that a table has for a name of the data, ``None`` when it has none."""
        found: Any = self._table
        for part in table.split("."):
            found = found[part]
        word = found.get(name)
        return word if isinstance(word, str) else None

    def count(self, number: float) -> str:
        """Return a whole number."""
        return format_count(number).replace(",", self.text("numbers.thousands"))

    def about(self, number: float) -> str:
        """Return an estimate: a whole number of which three digits are told."""
        digits = max(0, len(str(round(number))) - 3)
        return self.count(round(number, -digits))

    def number(self, number: float, digits: int = 2) -> str:
        """Return a number with that many digits after the decimal sign."""
        return f"{number:.{digits}f}".replace(".", self.text("numbers.decimal"))

    def size(self, count_bytes: float) -> str:
        """Return an amount of bytes."""
        return format_bytes(count_bytes).replace(".", self.text("numbers.decimal")).replace(" ", "\u00a0")

    def percent(self, share: float) -> str:
        """Return a share of 1 in percent: whole from 10 on and at 0, otherwise with one digit; never 0 or 100 where it is not."""
        percent = 100 * share
        if 0 < percent < SMALLEST_PERCENT:
            return self.text("numbers.under", number=self.number(SMALLEST_PERCENT, 1)).replace(" %", "\u00a0%")
        digits = 0 if percent in (0, 100) or 10 <= percent < 99.5 else 1
        shown = min(percent, 99.9) if percent < 100 else percent
        return self.text("numbers.percent", number=self.number(shown, digits)).replace(" %", "\u00a0%")
