"""Language codes: ISO 639-3 with an optional ISO 15924 script, such as ``yor`` or ``yor_Latn``.

The codes and names come from the ``python-iso639`` package, loaded at first use. A language that no list knows can be
declared in the recipe with a code of the ranges that ISO 639-3 keeps for that (``qaa`` to ``qtz``) and a name.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

from mbegu.core.errors import SettingsError
from mbegu.core.settings import near

_CODE = re.compile(r"^([A-Za-z]{2,8})(?:[_-]([A-Za-z]+))?$")
SPECIAL_SCOPE = "S"  # ISO 639-3: "undetermined", "multiple languages" and the like, which name no language
_PRIVATE = re.compile(r"^q[a-t][a-z]$")

# ISO 15924 codes of scripts in present-day use for writing languages, with the name of the script.
SCRIPTS = {
    "Adlm": "Adlam", "Arab": "Arabic", "Armn": "Armenian", "Bamu": "Bamum", "Beng": "Bengali", "Bopo": "Bopomofo",
    "Brai": "Braille", "Cakm": "Chakma", "Cans": "Canadian Syllabics", "Cher": "Cherokee", "Copt": "Coptic",
    "Cyrl": "Cyrillic", "Deva": "Devanagari", "Ethi": "Ethiopic", "Geor": "Georgian", "Grek": "Greek",
    "Gujr": "Gujarati", "Guru": "Gurmukhi", "Hang": "Hangul", "Hans": "Han (simplified)", "Hant": "Han (traditional)",
    "Hebr": "Hebrew", "Hira": "Hiragana", "Jpan": "Japanese", "Kana": "Katakana", "Khmr": "Khmer", "Knda": "Kannada",
    "Kore": "Korean", "Laoo": "Lao", "Latn": "Latin", "Limb": "Limbu", "Lisu": "Lisu", "Mand": "Mandaic",
    "Medf": "Medefaidrin", "Mend": "Mende Kikakui", "Mlym": "Malayalam", "Mong": "Mongolian", "Mtei": "Meetei Mayek",
    "Mymr": "Myanmar", "Nkoo": "N'Ko", "Olck": "Ol Chiki", "Orya": "Odia", "Osge": "Osage", "Osma": "Osmanya",
    "Plrd": "Miao", "Rohg": "Hanifi Rohingya", "Saur": "Saurashtra", "Sinh": "Sinhala", "Sund": "Sundanese",
    "Sylo": "Syloti Nagri", "Syrc": "Syriac", "Tale": "Tai Le", "Talu": "New Tai Lue", "Taml": "Tamil",
    "Tavt": "Tai Viet", "Telu": "Telugu", "Tfng": "Tifinagh", "Thaa": "Thaana", "Thai": "Thai", "Tibt": "Tibetan",
    "Vaii": "Vai", "Wara": "Varang Kshiti", "Yezi": "Yezidi", "Yiii": "Yi",
}  # fmt: skip


@dataclass(frozen=True)
class Language:
    """A language with its ISO 639-3 code, its reference name in English, and the script where one was named."""

    code: str
    name: str
    script: str = ""

    @property
    def tag(self) -> str:
        """The code as written in recipes and labels: ``yor`` or ``yor_Latn``."""
        return f"{self.code}_{self.script}" if self.script else self.code


def parse_language(text: str, declared_name: str = "") -> Language:
    """Read a language code.

    Args:
        text: ISO 639-3 code, optionally with a script: ``yor``, ``yor_Latn``.
        declared_name: the name that the recipe gives to a language no list knows; allowed with ``qaa`` to ``qtz`` only.

    Returns:
        The language.

    Raises:
        SettingsError: the code or script is unknown; says near names.
    """
    match = _CODE.match(text.strip())
    if not match:
        raise SettingsError(f"'{text}' is not a language code", fix=_hint(text))
    code = match[1].lower()
    script = (match[2] or "").title()
    if script and script not in SCRIPTS:
        raise SettingsError(f"'{script}' is not a script that is known", text, f"use an ISO 15924 code{near(script, list(SCRIPTS))}, or leave it out")
    if _PRIVATE.match(code):
        if not declared_name:
            fix = 'also give its name: --language-name NAME, or language_name = "NAME" in mbegu.toml'
            raise SettingsError(f"'{code}' is kept for languages that have no code of their own", fix=fix)
        return Language(code, declared_name, script)
    name = _name_of(code)
    if name is None:
        raise SettingsError(f"'{text}' is not an ISO 639-3 language code", fix=_hint(text))
    return Language(code, declared_name or name, script)


def _name_of(code: str) -> str | None:
    import iso639

    if len(code) != 3:
        return None
    try:
        language = iso639.Language.from_part3(code)
    except iso639.LanguageNotFoundError:
        return None
    return None if language.scope == SPECIAL_SCOPE else str(language.name)


def _hint(text: str) -> str:
    """Say what the user may have meant: a two-letter code, a language name, or a code that looks alike."""
    import iso639

    bare = text.strip().split("_")[0].split("-")[0]
    with contextlib.suppress(iso639.LanguageNotFoundError):
        language = iso639.Language.match(bare)
        if language.scope != SPECIAL_SCOPE:
            return f"did you mean {language.part3} ({language.name})?"
    import difflib

    named = [language for language in iso639.ALL_LANGUAGES if language.part3 and language.scope != SPECIAL_SCOPE]
    codes = {language.part3: language.name for language in sorted(named, key=lambda language: language.part3)}
    names: dict[str, list[str]] = {}
    for code, name in codes.items():  # "Swahili (individual language)" is called Swahili
        names.setdefault(name.partition(" (")[0].lower(), []).append(code)
    found = [code for each in difflib.get_close_matches(bare.lower(), names, n=2, cutoff=0.7) for code in names[each]]
    found += difflib.get_close_matches(bare.lower(), codes, n=3, cutoff=0.6)
    listed = ", ".join(f"{code} ({codes[code]})" for code in dict.fromkeys(found[:4]))
    near_names = f"near: {listed}. " if listed else ""
    return f"{near_names}A language without a code can be declared: --language qaa --language-name NAME"
