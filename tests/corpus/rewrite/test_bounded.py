"""A person's own pattern cannot hang the cleaning: what may take for ever is refused, what cannot is found quickly on the worst of texts."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from mbegu.core.errors import SettingsError
from mbegu.corpus.rewrite import Rewriter
from mbegu.corpus.rewrite.bounded import why_unbounded
from mbegu.corpus.rewrite.rules import all_rules, read_rules

RULE = """
[[rule]]
name = "ours"
summary = "q becomes ɛ"
why = "an old font draws q as ɛ"
source = "our newspaper, 1994"
pattern = '{pattern}'
starts = "ẹaq"
table = {{ q = "ɛ" }}
examples = [["kq", "kɛ"]]
"""


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(ẹ*)*q",
        "(?:a|a)+q",
        "a+",
        "a{3,}q",
        "(?=a+)q",
        "(?<name>a*)q".replace("?<", "?P<"),
        "(?i:[aẹ]*?)q",
    ],
)
def test_a_repeat_without_end_is_refused_with_what_to_write_instead(pattern: str) -> None:
    assert why_unbounded(pattern).endswith("give a largest number, such as {1,30}")


@pytest.mark.parametrize("pattern", ["(?:a|a){1,30}q", "(a{0,30}){0,30}q", "a{0,40}a{0,40}q", "a{0,2000}q", "(?:(?:a|b|a){1,9}c?){1,9}q"])
def test_too_many_ways_are_refused(pattern: str) -> None:
    assert why_unbounded(pattern).startswith("there are more than 1,000 ways")


@pytest.mark.parametrize(
    "pattern", ["q", "a{1,30}q", "(?:ab|c){1,5}q", r"[aẹ]\u0323?q", "(a)?(?(1)b|q)", r"(?<=k)q(?!\w)", "ߞ{2}q", r"\w{1,20}q\w{1,20}"]
)
def test_what_has_an_end_is_used(pattern: str) -> None:
    assert why_unbounded(pattern) == ""


def test_the_worst_text_for_what_is_accepted_takes_no_time() -> None:
    pattern = r"\w{1,20}q\w{1,20}"
    assert why_unbounded(pattern) == ""
    began_s = time.process_time()
    assert re.search(pattern, "a" * 20_000) is None
    assert time.process_time() - began_s < 5


def test_a_file_with_such_a_rule_names_rule_and_pattern_before_any_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(RULE.format(pattern="(a+)+$"), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"ours: the pattern '\(a\+\)\+\$' cannot be used: it repeats something without end") as caught:
        Rewriter([str(path)])
    assert str(path) in caught.value.one_line()
    path.write_text(RULE.format(pattern="[aẹ]{0,3}q"), encoding="utf-8")
    assert len(read_rules(path)) == 1


def test_the_rules_of_the_package_are_still_there() -> None:
    assert "arabic-tatweel" in all_rules()
