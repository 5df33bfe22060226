"""The kept library, for languages that nobody taught: Compact Language Detector 2 by ``pycld2``, if it is installed."""

from __future__ import annotations

import functools
from typing import Any

from mbegu.core.errors import MissingDependencyError

INSTALL_LIBRARY = "install it: pip install 'mbegu[identify]' (on a computer that it is not built for, teach the languages that you need)"
LEAST_SHARE = 70  # per cent of a line's text that must be in the language named
CERTAINTY = 0.9  # times the share. Measured: of 5,540 answers of scripts and library on the declaration of human rights 93 of 100 were right
_OLD_CODES = {"iw": "heb", "jw": "jav", "in": "ind", "mo": "ron", "sh": "hbs", "zh-Hant": "zho", "sr-ME": "srp", "blu": "hmn", "crs": "crs"}


class Library:
    """Names the language of a text among the 80 or so that the library knows.

    Raises:
        MissingDependencyError: it is not installed.
    """

    def __init__(self) -> None:
        try:
            import pycld2
        except ModuleNotFoundError:
            raise MissingDependencyError("languages that were not taught need 'pycld2', which is not installed", fix=INSTALL_LIBRARY) from None
        self._library: Any = pycld2

    def language_of(self, text: str) -> tuple[str, float] | None:
        """Return the ISO 639-3 code of a text's language and a probability, or nothing where the library is not sure."""
        try:
            reliable, _, found = self._library.detect(text.encode("utf-8", "replace"), isPlainText=True)
        except self._library.error:  # it refuses text with control characters
            return None
        _, code, share, _ = found[0]
        return _answer(code, share) if reliable and share >= LEAST_SHARE else None


@functools.cache
def _answer(code: str, share: int) -> tuple[str, float] | None:
    name = iso_639_3(code)
    return (name, CERTAINTY * share / 100) if name else None


@functools.cache
def is_installed() -> bool:
    """Return whether the library is there."""
    try:
        Library()
    except MissingDependencyError:
        return False
    return True


@functools.cache
def iso_639_3(code: str) -> str:
    """Return the ISO 639-3 code for a code of the library, empty for its jokes, its scripts and what has none."""
    import iso639

    if code in _OLD_CODES:
        return _OLD_CODES[code]
    if code.startswith(("xx", "zz")) or code in ("un", "tlh"):
        return ""
    try:
        return str(iso639.Language.match(code).part3 or "")
    except iso639.LanguageNotFoundError:
        return ""


@functools.cache
def with_collective(code: str) -> frozenset[str]:
    """Return a code with that of the macrolanguage that it is a part of, under which a library may know it (``swh``: ``swa``)."""
    import iso639

    try:
        above = iso639.Language.from_part3(code).macrolanguage
    except iso639.LanguageNotFoundError:
        above = None
    return frozenset({code, above}) if above else frozenset({code})
