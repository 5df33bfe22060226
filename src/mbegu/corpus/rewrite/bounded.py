"""Whether the search for a pattern always ends soon: so that a person's own rule cannot hang the cleaning of a whole corpus.

Python's ``re`` tries every way in which a pattern can match before it gives up, and cannot be stopped: ``(a+)+$`` takes 2^n steps for n
letters. So a pattern must have an upper bound on these ways, whatever the text: every repeat has a largest number, and the product of the
choices along the pattern stays small. The ways are counted on the parsed pattern: one for a character, the sum over alternatives, the product
over a sequence, and p^min + ... + p^max for a repeat of something that has p ways.
"""

from __future__ import annotations

import sys
from typing import Any

if sys.version_info >= (3, 11):
    from re import _constants as constants  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_constants as constants
    import sre_parse as parser

MOST_WAYS = 1_000
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def why_unbounded(pattern: str) -> str:
    """Return why the search for a pattern may not end soon, in words that say what to change; empty where it does.

    Args:
        pattern: one that ``re`` accepts.
    """
    try:
        ways = _ways(parser.parse(pattern))
    except _UnboundedError:
        return "it repeats something without end (*, + or {n,}), which can take for ever on some lines: give a largest number, such as {1,30}"
    except RecursionError:
        return "it is nested too deeply"
    if ways > MOST_WAYS:
        return f"there are more than {MOST_WAYS:,} ways to try it at one place, which can take for ever: use fewer or shorter repeats"
    return ""


class _UnboundedError(Exception):
    """A repeat has no largest number."""


def _ways(parsed: Any) -> int:
    """Return in how many ways a parsed sequence can be tried at one place, counted no further than ``MOST_WAYS`` + 1."""
    product = 1
    for operation, argument in parsed:
        product = min(product * _ways_of(str(operation), argument), MOST_WAYS + 1)
    return product


def _ways_of(operation: str, argument: Any) -> int:
    if operation in _REPEATS:
        least, most, inner = argument
        if most == constants.MAXREPEAT:
            raise _UnboundedError
        return _repeated(_ways(inner), least, most)
    if operation == "BRANCH":
        return sum(_ways(each) for each in argument[1])
    if operation == "GROUPREF_EXISTS":
        return sum(_ways(each) for each in argument[1:] if each)
    parts = argument if isinstance(argument, tuple) else (argument,)
    product = 1
    for inner in parts:  # a group, what stands before or after, an atomic group
        if isinstance(inner, parser.SubPattern):
            product *= _ways(inner)
    return product


def _repeated(ways: int, least: int, most: int) -> int:
    """Return ways^least + ... + ways^most, counted no further than ``MOST_WAYS`` + 1."""
    if ways == 1:
        return min(most - least + 1, MOST_WAYS + 1)
    total = 0
    for count in range(least, most + 1):
        total += min(ways, MOST_WAYS + 1) ** min(count, 64)
        if total > MOST_WAYS:
            return MOST_WAYS + 1
    return total
