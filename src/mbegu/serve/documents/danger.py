"""Words that stop the model: a written instruction is shown first. The file `danger.toml` is checked whole before anything starts.

    person = "the nurse on duty, 0700 000 000"

    [[danger]]
    name = "snake bite"
    words = ["nyoka ameniuma", "nyoka * uma*"]
    [danger.instructions]
    swa = "Nenda kliniki sasa hivi."

`*` alone stands for up to five words, at the start or end of a word for any letters. Marks may be left out, all or some, by who asks and by who
writes the rules; a word with other marks is another word. In scripts without spaces between words, a word is found inside a longer run.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core.errors import SettingsError, explain_os_error
from mbegu.core.settings import near
from mbegu.corpus.scripts import is_unspaced
from mbegu.serve.documents.keys import letters, words

MOST_RULES = 2_000
MOST_WORDS = 20
GAP_WORDS = 5
MOST_GAPS = 3
_KEYS = ("name", "words", "instructions")
_CODE = re.compile(r"^[a-z]{3}(_[A-Z][a-z]{3})?$")
_GAP = "*"
Letters = list[tuple[str, frozenset[str]]]  # of a word, as ``mbegu.serve.documents.keys.letters`` gives them


@dataclass(frozen=True)
class Rule:
    """One danger: its name, its patterns as sequences of words (``*``: a gap), and what to show by language code."""

    name: str
    patterns: tuple[tuple[str, ...], ...]
    instructions: dict[str, str]


@dataclass(frozen=True)
class Danger:
    """All rules of a file, and the person to ask (empty: none named)."""

    rules: tuple[Rule, ...] = ()
    person: str = ""

    def find(self, text: str) -> Rule | None:
        """Return the first rule that a text meets, or ``None``."""
        found = [letters(each) for each in words(text)]
        for rule in self.rules:
            if any(_meets(found, pattern) for pattern in rule.patterns):
                return rule
        return None


def instruction(rule: Rule, language: str) -> tuple[str, str]:
    """Return the instruction in a language and its code; where it is not written in that language, the first one that is."""
    if language in rule.instructions:
        return rule.instructions[language], language
    code = next(iter(rule.instructions))
    return rule.instructions[code], code


def read_danger(path: Path) -> Danger:
    """Read and check a file of dangers.

    Raises:
        SettingsError: with every problem of the file at once.
        InputError: the file is not there.
    """
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"this is not a TOML file in UTF-8: {error}", path) from error
    problems: list[str] = []
    problems += [f"there is no key '{key}'{near(key, ['danger', 'person'])}" for key in table if key not in ("danger", "person")]
    person = table.get("person", "")
    if not isinstance(person, str):
        problems.append("person must be a text in quotes")
    entries = table.get("danger", [])
    if not isinstance(entries, list):
        problems.append("write each danger under [[danger]], with two brackets")
        entries = []
    if len(entries) > MOST_RULES:
        problems.append(f"more than {MOST_RULES:,} dangers")
    rules = [_rule(entry, number, problems) for number, entry in enumerate(entries[:MOST_RULES], 1)]
    names = [rule.name for rule in rules]
    problems += [f"two dangers are called '{name}'" for name in sorted({each for each in names if each and names.count(each) > 1})]
    if problems:
        raise SettingsError("; ".join(problems), path, "put these right: nothing starts while a danger might be missed")
    return Danger(tuple(rules), person)


def _rule(entry: Any, number: int, problems: list[str]) -> Rule:
    where = f"danger {number}"
    if not isinstance(entry, dict):
        problems.append(f"{where}: expected a table")
        return Rule("", (), {})
    name = entry.get("name", "")
    if not isinstance(name, str) or not name.strip():
        problems.append(f"{where} needs a name")
        name = ""
    where = f"{where} ('{name}')" if name else where
    problems += [f"{where}: there is no key '{key}'{near(str(key), _KEYS)}" for key in entry if key not in _KEYS]
    texts = entry.get("words", [])
    if not isinstance(texts, list) or not texts or not all(isinstance(each, str) for each in texts):
        problems.append(f"{where} needs words, a list of texts in quotes")
        texts = []
    patterns = [_pattern(text, where, problems) for text in texts]
    return Rule(name, tuple(each for each in patterns if each), _instructions(entry.get("instructions"), where, problems))


def _instructions(table: Any, where: str, problems: list[str]) -> dict[str, str]:
    if not isinstance(table, dict) or not table:
        problems.append(f"{where} needs [danger.instructions] with at least one language")
        return {}
    for code, text in table.items():
        if not _CODE.match(code):
            problems.append(f"{where}: '{code}' is not a language code of three letters, such as swa")
        if not isinstance(text, str) or not text.strip():
            problems.append(f"{where}: the instruction in '{code}' is empty")
    return {code: text for code, text in table.items() if isinstance(text, str)}


def _pattern(text: str, where: str, problems: list[str]) -> tuple[str, ...]:
    """Return the words of a pattern, ``*`` kept alone or at the ends of words."""
    parts: list[str] = []
    for part in text.split():
        if part == _GAP:
            parts.append(_GAP)
            continue
        inner = words(part.strip("*"))
        if "*" in part.strip("*"):
            problems.append(f"{where}: in '{text}' a * stands inside a word; it may stand at its start or end, or alone")
        if inner:
            inner[0] = ("*" if part.startswith("*") else "") + inner[0]
            inner[-1] += "*" if part.endswith("*") else ""
        parts += inner
    while parts and parts[0] == _GAP:
        parts.pop(0)
    while parts and parts[-1] == _GAP:
        parts.pop()
    if not parts:
        problems.append(f"{where}: '{text}' holds no word")
    elif len(parts) > MOST_WORDS or parts.count(_GAP) > MOST_GAPS:
        problems.append(f"{where}: '{text[:40]}' is longer than {MOST_WORDS} words or has more than {MOST_GAPS} gaps")
        return ()
    elif all(len(part.strip("*")) < 2 for part in parts if part != _GAP) and not any(is_unspaced(part.strip("*")[:1]) for part in parts):
        problems.append(f"{where}: '{text}' is a single letter, which would be met everywhere")
    return tuple(parts)


def _meets(found: Sequence[Letters], pattern: Sequence[str]) -> bool:
    return any(_meets_at(found, start, pattern) for start in range(len(found)))


def _meets_at(found: Sequence[Letters], start: int, pattern: Sequence[str]) -> bool:
    """Whether the words from ``start`` on are those of the pattern; tries each width of a gap (at most 3 gaps of 0 to 5 words)."""
    if not pattern:
        return True
    if pattern[0] == _GAP:
        return any(_meets_at(found, start + width, pattern[1:]) for width in range(GAP_WORDS + 1))
    return start < len(found) and _same(found[start], pattern[0]) and _meets_at(found, start + 1, pattern[1:])


@functools.cache  # of the words in the file only
def _wanted(word: str) -> tuple[Letters, bool, bool]:
    """Return the letters of a pattern's word, and whether any letters may stand before and after them."""
    core = word.strip("*")
    is_inside = is_unspaced(core[:1])
    return letters(core), word.startswith("*") or is_inside, word.endswith("*") or is_inside


def _same(found: Letters, wanted: str) -> bool:
    """Whether a typed word is the wanted one, ``*`` at its ends standing for any letters."""
    core, front, back = _wanted(wanted)
    last = len(found) - len(core)
    if last < 0 or not (last == 0 or front or back):
        return False
    starts = range(0 if back else last, last + 1 if front else 1)
    return any(all(_agree(one, other) for one, other in zip(found[start:], core, strict=False)) for start in starts)


def _agree(typed: tuple[str, frozenset[str]], wanted: tuple[str, frozenset[str]]) -> bool:
    """Whether two letters are the same and no mark of one contradicts those of the other: marks may be missing on either side."""
    return typed[0] == wanted[0] and (typed[1] <= wanted[1] or wanted[1] <= typed[1])
