from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest

from mbegu.core.errors import SettingsError
from mbegu.core.settings import as_key, as_table, near, read_settings, require_settings, setting


@dataclass(frozen=True)
class Example:
    language: str = setting(help="which language")
    passes: int = setting(3, help="passes over the text", low=1, high=100, unit="passes")
    rate: float = setting(0.02, help="learning rate", low=0.0, high=1.0)
    shuffle: bool = setting(True, help="shuffle the documents")
    size: str = setting("small", help="size", choices=("tiny", "small", "large"))
    drop: tuple[str, ...] = setting((), help="what to drop")
    weights: tuple[float, ...] = setting((1.0,), help="weights", low=0.0)
    limit: int | None = setting(None, help="at most this many")


def problems(**values: Any) -> list[str]:
    made, found = read_settings(Example, {"language": "yor", **values}, "train")
    assert (made is None) == bool(found)
    return found


def accepted(**values: Any) -> Example:
    return require_settings(Example, {"language": "yor", **values}, "train")


def test_a_silent_recipe_gets_the_defaults() -> None:
    assert accepted() == Example(language="yor")


def test_values_are_taken_in_their_declared_types() -> None:
    made = accepted(passes=7, rate=1, shuffle=False, size="large", drop=["ẹ", "ߒߞߏ"], weights=[1, 0.5], limit=9)
    assert made == Example(language="yor", passes=7, rate=1.0, shuffle=False, size="large", drop=("ẹ", "ߒߞߏ"), weights=(1.0, 0.5), limit=9)
    assert isinstance(made.rate, float)
    assert all(isinstance(weight, float) for weight in made.weights)


def test_every_problem_is_told_at_once_with_the_section() -> None:
    made, found = read_settings(Example, {"pases": 3, "rate": "fast", "passes": 0, "size": "smal", "shuffle": 1}, "train")
    assert made is None
    assert found == [
        "[train] has no setting 'pases' (did you mean 'passes'?)",
        "[train] needs 'language': which language",
        "[train] passes: 0 is below the smallest allowed, 1 passes",
        "[train] rate: expected a number, found 'fast'",
        "[train] shuffle: expected true or false, found 1",
        "[train] size: 'smal' is not one of tiny, small, large (did you mean 'small'?)",
    ]


def test_all_problems_stand_in_one_line_of_the_error() -> None:
    with pytest.raises(SettingsError) as caught:
        require_settings(Example, {"language": 1, "passes": 101}, "train")
    assert caught.value.one_line() == (
        "[train] language: expected a text in quotes, found 1; [train] passes: 101 is above the largest allowed, 100 passes."
    )
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("passes", True, "expected a whole number, found True"),
        ("passes", 1.0, "expected a whole number, found 1.0"),
        ("passes", "3", "expected a whole number, found '3'"),
        ("passes", [3], "expected a whole number, found [3]"),
        ("rate", True, "expected a number, found True"),
        ("rate", math.nan, "expected a number, found nan"),
        ("rate", math.inf, "expected a number, found inf"),
        ("rate", -0.1, "-0.1 is below the smallest allowed, 0.0"),
        ("rate", 1.1, "1.1 is above the largest allowed, 1.0"),
        ("rate", 10**400, "expected a number, found inf"),
        ("shuffle", "true", "expected true or false, found 'true'"),
        ("shuffle", 0, "expected true or false, found 0"),
        ("language", {}, "expected a text in quotes, found {}"),
        ("drop", "marks", "expected a list, found 'marks'"),
        ("drop", ["a", 1, 2], "expected a text in quotes, found 1; expected a text in quotes, found 2"),
        ("weights", [1, -1], "-1.0 is below the smallest allowed, 0.0"),
        ("limit", "all", "expected a whole number, found 'all'"),
    ],
)
def test_a_wrong_value_is_told(name: str, value: Any, message: str) -> None:
    assert problems(**{name: value}) == [f"[train] {name}: {message}"]


@pytest.mark.parametrize("value", [1, 100])
def test_the_ends_of_a_range_are_allowed(value: int) -> None:
    assert accepted(passes=value).passes == value


def test_a_table_reads_back_to_the_same_settings() -> None:
    made = accepted(drop=["a"], weights=[2.0], limit=1)
    table = as_table(made)
    assert table["drop"] == ["a"]
    assert require_settings(Example, table, "train") == made


def test_near_names_the_nearest_or_nothing() -> None:
    assert near("dropuot", ["dropout", "rate"]) == " (did you mean 'dropout'?)"
    assert near("zzz", ["dropout"]) == ""


def test_a_list_as_default_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(TypeError, match="tuple"):
        setting([], help="x")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**53, "9007199254740992 is too large"),
        (int("9" * 4000), f"{'9' * 60}… is too large"),
        (16**5000, "a number of thousands of digits is too large"),
        ("x" * 1000, f"expected a whole number, found '{'x' * 59}…"),
        ([16**5000], "expected a whole number, found a number of thousands of digits"),
    ],
    ids=["2 to the 53rd", "4,000 digits", "more than can be written", "a long text", "in a list"],
)
def test_a_huge_value_is_told_in_short(value: Any, message: str) -> None:
    assert problems(passes=value) == [f"[train] passes: {message}"]


def test_a_value_nested_deeply_is_told_in_short() -> None:
    value: Any = 1
    for _ in range(200_000):
        value = {"a": value}
    assert problems(language=value) == ["[train] language: expected a text in quotes, found values nested too deeply"]


@dataclass(frozen=True)
class Texts:
    name: str = setting("", help="on one line")
    purpose: str = setting("", help="on several", lines=True)
    names: tuple[str, ...] = setting((), help="each on one line")
    code: str = setting("", help="two letters", pattern="([A-Z]{2})?", pattern_help="a code of two letters, such as NG")


@pytest.mark.parametrize("character", ["\n", "\r", "\x1b", "\x9b", "\x00", "\u2028", "\u2029", "\u202e", "\u2066"])
def test_a_text_that_would_not_stay_on_its_line_is_refused(character: str) -> None:
    _, found = read_settings(Texts, {"name": f"a{character}b"}, "project")
    assert found == [f"[project] name: {f'a{character}b'!r} holds the end of a line or a control character: take it out"]
    _, found = read_settings(Texts, {"names": ["a", f"a{character}b"]}, "project")
    assert found == [f"[project] names: {f'a{character}b'!r} holds the end of a line or a control character: take it out"]


def test_a_text_of_several_lines_keeps_its_lines_and_nothing_else_that_commands() -> None:
    assert require_settings(Texts, {"purpose": "one\ntwo"}, "project").purpose == "one\ntwo"
    _, found = read_settings(Texts, {"purpose": "one\n\x1b[2J"}, "project")
    assert found == ["[project] purpose: 'one\\n\\x1b[2J' holds a control character: take it out"]


def test_joiners_and_marks_that_scripts_need_are_taken() -> None:
    text = "ẹ̀kọ́ ߒߞߏ می\u200cخواهم \u200d \u200f ខ្មែរ\u200bភាសា"
    assert require_settings(Texts, {"name": text}, "project").name == text


@pytest.mark.parametrize(("code", "is_one"), [("NG", True), ("", True), ("NGA", False), ("Nigeria", False), ("ng", False)])
def test_a_text_matches_its_pattern(code: str, is_one: bool) -> None:
    _, found = read_settings(Texts, {"code": code}, "project")
    assert found == ([] if is_one else [f"[project] code: {code!r} is not a code of two letters, such as NG"])


@dataclass(frozen=True)
class Watched:
    size: int = setting(3, help="of it")
    often: float = setting(60.0, help="how often it is looked at", changes_output=False)


def test_the_key_holds_only_what_changes_the_output() -> None:
    assert as_key(Watched(often=1.0)) == as_key(Watched()) == as_table(Watched()) == {"size": 3, "often": 60.0}
    assert as_key(Watched(size=4, often=1.0)) == {"size": 4, "often": 60.0}
    assert as_table(Watched(often=1.0))["often"] == 1.0
