"""Patterns: what they fit, against a slow matcher that tries everything, and that none takes long."""

from __future__ import annotations

import random
import time

import pytest

from mbegu.corpus.glob import WILDCARDS, Glob, Name, is_pattern

ENDINGS = (".gz", ".xz", ".bz2")


def fits_slowly(parts: list[str], text: str) -> bool:
    """The meaning of a pattern, written down as a recursion."""
    if not parts:
        return not text or text[0] in "/#:" or any(text.startswith(each) and fits_slowly([], text[len(each) :]) for each in ENDINGS)
    part, *rest = parts
    if part == "**":
        return any(fits_slowly(rest, text[place:]) for place in range(len(text) + 1))
    if part == "**/":
        return fits_slowly(rest, text) or any(fits_slowly(rest, text[place + 1 :]) for place, letter in enumerate(text) if letter == "/")
    if part == "*":
        return fits_slowly(rest, text) or (text[:1] not in ("", "/") and fits_slowly(parts, text[1:]))
    if part == "?":
        return text[:1] not in ("", "/") and fits_slowly(rest, text[1:])
    return text.startswith(part) and fits_slowly(rest, text[len(part) :])


def test_patterns_mean_what_they_say() -> None:
    dice = random.Random(7)
    found = {True: 0, False: 0}
    for _ in range(1500):
        pattern = "".join(dice.choices(["a", "b", "/", "*", "**", "**/", "?", ".gz", "#"], k=dice.randint(1, 6)))
        prefix = dice.choice(["", "a/", "**/", "?"])
        for _ in range(10):
            text = dice.choice(["", prefix]) + "".join(dice.choices(["a", "b", "/", "ab", ".gz", ".bz2", "#", ":", "\n"], k=dice.randint(0, 8)))
            parts = [part for part in WILDCARDS.split(pattern) if part]
            expected = text.startswith(prefix) and fits_slowly(parts, text[len(prefix) :])
            assert Glob.of(pattern, prefix).fits(Name.of(text)) is expected, (pattern, prefix, text)
            found[expected] += 1
    assert min(found.values()) > 500


def test_letters_before_a_pattern_are_no_wildcards() -> None:
    assert Glob.of("*.txt", "what?/").fits(Name.of("what?/a.txt"))
    assert not Glob.of("*.txt", "what?/").fits(Name.of("whats/a.txt"))
    assert is_pattern("a?") and is_pattern("a*") and not is_pattern("a[b]")


@pytest.mark.parametrize("pattern", ["**a**a**a**a**a**a**a**a**b", "*a" * 300 + "b", "**/a?" * 200 + "b", "**" * 500 + "b"])
def test_no_pattern_takes_long_even_for_a_long_name_in_an_archive(pattern: str) -> None:
    names = [Name.of("a" * 20_000), Name.of("a/" * 10_000), Name.of("a.gz" * 5_000)]
    began_s = time.process_time()
    assert not any(Glob.of(pattern).fits(name) for name in names)
    assert time.process_time() - began_s < 5
