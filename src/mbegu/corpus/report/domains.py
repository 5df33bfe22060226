"""What kind of text it is: as someone said, as the names of files and folders say, or as the structure of the text suggests.

No words of any language are searched for in the text. Structure is what stays the same across languages: numbers before lines,
dashes and names before speech, question marks of all scripts, times, addresses of the web.
"""

from __future__ import annotations

import functools
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise

from mbegu.corpus.report.sample import Group, lines_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

UNKNOWN = "unknown"
# How the domain is known.
GIVEN, NAMED, INFERRED = "given", "named", "inferred"
# From these shares of its lines on, the structure of a text speaks for a domain. bench/report_shapes.py measures the shares in 122 folders of
# real text: running prose reaches 0.13 for numbers, 0.23 for turns, 0.19 for questions and 0.05 for marks of chat.
VERSE_SHARE = 0.4
PLAIN_VERSE_SHARE = 0.1
TURN_SHARE = 0.4
QUESTION_SHARE = 0.25
TIME_SHARE = 0.25
MESSAGE_SHARE = 0.15
LEAST_LINES = 20
MOST_LINES = 20_000

QUESTION_MARKS = "?？؟፧՞;꘏꛷⁇"
_VERSE = re.compile(r"^[\[(]?\d{1,3}(?:[:.]\d{1,3})?[\])]?[.\s]\s*[^\W\d_]")
_TIME = re.compile(r"^[\[(]?(?:\d{2}:\d{2}\b|\d{1,2}:\d{2}:\d{2})")
_DASH = re.compile(r"^[–—―-]\s*[^\W\d_]")
_QUOTE = re.compile(r"^[\"“„«‘「]")
_SPEAKER = re.compile(r"^([^\W\d_][^:：\n]{0,30})[:：]\s+\S")
_MESSAGE = re.compile(r"(?:^|\s)[@#]\w|https?://|[\U0001f300-\U0001faff]")
_WORDS = re.compile(r"[\W_]+")


Named = Callable[[str], str]


@dataclass(frozen=True)
class Structure:
    """Shares of the lines of a sample, by what they begin or end with.

    ``verse``: begun by a number; ``time``: by a time; ``turn``: by a dash, or a name with a colon that comes again; ``speech``: by these
    or a quotation mark, with which newspapers begin lines too; ``question``: ended by a question mark; ``message``: with a mark of short
    messages (@name, #topic, web address, picture sign).
    """

    lines: int
    verse: float
    time: float
    speech: float
    turn: float
    question: float
    message: float


@dataclass(frozen=True)
class Domain:
    """Bytes of one domain and how much of it is known in which way."""

    name: str
    bytes: int
    known_by: Mapping[str, int]


def structure(lines: Iterable[str]) -> Structure:
    """Measure the structure of lines without white space at their ends; at most 20,000 are looked at."""
    count = verse = time = question = message = dashed = quoted = 0
    speakers: Counter[str] = Counter()
    for line in lines:
        if count == MOST_LINES:
            break
        count += 1
        time += bool(_TIME.match(line))
        verse += bool(_VERSE.match(line))
        dashed += bool(_DASH.match(line))
        quoted += bool(_QUOTE.match(line))
        named = _SPEAKER.match(line)
        if named:
            speakers[named[1].strip().lower()] += 1
        question += line.rstrip("\"'”’»)")[-1:] in QUESTION_MARKS if line else 0
        message += bool(_MESSAGE.search(line))
    turns = dashed + sum(times for times in speakers.values() if times > 1)
    n = max(1, count)
    return Structure(count, verse / n, time / n, (turns + quoted) / n, turns / n, question / n, message / n)


def infer(found: Structure) -> str:
    """Return the domain that a structure suggests, ``UNKNOWN`` when none."""
    if found.lines < LEAST_LINES:
        return UNKNOWN
    # 12:05 may be a time or a verse; numbers of verses also stand without a zero before them, times do not.
    if found.verse >= VERSE_SHARE and found.verse - found.time >= PLAIN_VERSE_SHARE:
        return "scripture"
    if found.time >= TIME_SHARE:
        return "speech"
    if found.message >= MESSAGE_SHARE:
        return "social"
    if found.question >= QUESTION_SHARE:
        return "questions"
    return "dialogue" if found.turn >= TURN_SHARE else UNKNOWN


def domain_of_path(path: str) -> str:
    """Return the domain that the names in a path speak of, the name nearest to the text first; ``UNKNOWN`` when none does."""
    for part in reversed(path.lower().split("/")):
        words = [word for word in _WORDS.split(part) if word]
        words += ["".join(pair) for pair in pairwise(words)]
        for domain, patterns in _patterns().items():
            if any(pattern.fullmatch(word) for word in words for pattern in patterns):
                return domain
    return UNKNOWN


def domains(
    files: Mapping[str, int], given: Mapping[str, Mapping[str, int]], groups: Mapping[str, Group], group_of: Named, telling: Named
) -> tuple[list[Domain], dict[str, Structure], dict[str, str]]:
    """Say how much text is of which domain.

    Args:
        files: bytes of text of each file.
        given: for files that someone has given a domain, the bytes of each.
        groups: the groups, with their samples.
        group_of: names the group of a file.
        telling: gives the path of a file that its domain is read from.

    Returns:
        The domains, the largest first; the structure of each group; the largest domain of each group.
    """
    structures = {name: structure(lines_of(group)) for name, group in groups.items()}
    by_group: dict[str, Counter[str]] = {name: Counter() for name in groups}
    ways: dict[str, Counter[str]] = {}
    for file, size in files.items():
        group = group_of(file)
        told = given.get(file, {})
        named = domain_of_path(telling(file))
        left = size - sum(told.values())
        rest = (named, NAMED) if named != UNKNOWN else (infer(structures[group]), INFERRED)
        for domain, known_by, amount in [*((name, GIVEN, count) for name, count in told.items()), (*rest, left)]:
            if amount > 0:
                ways.setdefault(domain, Counter())[known_by] += amount
                by_group[group][domain] += amount
    found = [Domain(name, counts.total(), dict(counts)) for name, counts in ways.items()]
    found.sort(key=lambda each: (each.name == UNKNOWN, -each.bytes, each.name))
    main = {name: counts.most_common(1)[0][0] if counts else UNKNOWN for name, counts in by_group.items()}
    return found, structures, main


@functools.cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    table = tomllib.loads(resources.files("mbegu.corpus.report").joinpath("domains.toml").read_text(encoding="utf-8"))
    return {name: [re.compile(re.escape(each).replace(r"\*", ".*")) for each in entry["paths"]] for name, entry in table.items()}
