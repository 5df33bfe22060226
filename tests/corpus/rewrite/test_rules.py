from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from tests.corpus.rewrite.test_undo import SCRIPTS, text_of

from mbegu.core.errors import InputError, SettingsError
from mbegu.core.language import parse_language
from mbegu.corpus.rewrite import Rewriter, Rule, all_rules, rules_for
from mbegu.corpus.rewrite.rules import choose_rules, read_rules

RULES = list(all_rules().values())
NAMES = [rule.name for rule in RULES]


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def marks_of(text: str) -> Counter[str]:
    return Counter(each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each)[0] == "M")


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_every_example_is_true_and_a_second_time_changes_nothing(rule: Rule) -> None:
    rewriter = Rewriter([rule.name])
    for before, after in rule.examples:
        made = rewriter.apply(nfc(before))
        assert made.text == nfc(after)
        assert rewriter.apply(made.text).text == made.text
        assert sum(change.count for change in made.changes) >= 1


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_what_must_stay_stays(rule: Rule) -> None:
    assert rule.stays
    for text in rule.stays:
        assert Rewriter([rule.name]).apply(nfc(text)).text == nfc(text)


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_no_rule_touches_marks_unless_it_says_so(rule: Rule) -> None:
    rewriter = Rewriter([rule.name])
    texts = [nfc(text) for pair in rule.examples for text in pair] + [text_of(script, seed) for script in SCRIPTS for seed in range(5)]
    changed = [text for text in texts if marks_of(text) != marks_of(rewriter.apply(text).text)]
    if rule.changes_marks:
        assert changed, "it says that it changes marks and does not"
    else:
        assert not changed


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_every_rule_says_whose_it_is_and_where_it_comes_from(rule: Rule) -> None:
    assert [parse_language(code).code for code in rule.languages] == list(rule.languages)
    assert len(rule.source) > 20
    assert len(rule.why) > 15
    assert not rule.summary.endswith(".")


def test_rules_of_a_language_are_its_own_and_those_for_any() -> None:
    names = [rule.name for rule in rules_for("hau_Latn")]
    assert "hausa-hook-after" in names
    assert "soft-hyphens" in names
    assert "ethiopic-homophones" not in names


def test_unknown_rules_are_all_named_with_near_ones() -> None:
    with pytest.raises(SettingsError, match=r"no rule called 'soft-hyphen'.*soft-hyphens.*'nothing-like-it'"):
        choose_rules(["soft-hyphen", "nothing-like-it"])


RULE = """
[[rule]]
name = "my-font"
languages = ["qaa"]
summary = "q becomes ɛ"
why = "an old font draws q as ɛ"
source = "the font of our newspaper, 1994"
letters = { "q" = "ɛ", "Q" = "Ɛ" }
examples = [["kq", "kɛ"]]
"""


def test_a_community_can_write_its_own(tmp_path: Path) -> None:
    path = tmp_path / "font.toml"
    path.write_text(RULE, encoding="utf-8")
    made = Rewriter([str(path), "soft-hyphens"]).apply("k\u00adqlq")
    assert made.text == "kɛlɛ"


@pytest.mark.parametrize(
    ("pattern", "starts", "table", "before", "after"),
    [
        (r"([ae])\1", "ae", '{ aa = "â", ee = "ê" }', "baal meel", "bâl mêl"),
        (r"(?P<vowel>[ae])(?P=vowel)", "ae", '{ aa = "â", ee = "ê" }', "baal meel", "bâl mêl"),
        ("(?i)aa", "aA", '{ aa = "â", AA = "Â", Aa = "Â" }', "baal AAL Aal", "bâl ÂL Âl"),
        ("(?P<r0>a)(?P<r1>b)?", "a", '{ a = "x", ab = "y" }', "a ab", "x y"),
        ("-[]^]", "-", '{ "-]" = "x", "-^" = "y" }', "a-] b-^ c-d", "ax by c-d"),
    ],
)
def test_any_regular_expression_does_the_same_alone_and_beside_other_rules(
    tmp_path: Path, pattern: str, starts: str, table: str, before: str, after: str
) -> None:
    path = tmp_path / "font.toml"
    ours = RULE.replace('letters = { "q" = "ɛ", "Q" = "Ɛ" }', f"pattern = '{pattern}'\nstarts = '{starts}'\ntable = {table}")
    path.write_text(ours, encoding="utf-8")
    for names in ([str(path)], ["soft-hyphens", "hausa-hook-after", str(path)], [str(path), "latin-lookalikes", "doubled-marks"]):
        assert Rewriter(names).apply(before).text == after


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "font.toml"
    path.write_text("\ufeff" + RULE, encoding="utf-8")
    assert [rule.name for rule in read_rules(path)] == ["my-font"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("letters = ", "leters = "), "'leters' is unknown, did you mean|'leters' is unknown"),
        (('source = "the font of our newspaper, 1994"', ""), "my-font: 'source' is missing"),
        (('letters = { "q" = "ɛ", "Q" = "Ɛ" }', 'pattern = \'(q\'\nstarts = "q"\ntable = { q = "x" }'), "the pattern is wrong"),
        (('letters = { "q" = "ɛ", "Q" = "Ɛ" }', "pattern = 'q'\ntable = { q = \"x\" }"), "'starts' is missing"),
        (('letters = { "q" = "ɛ", "Q" = "Ɛ" }', 'pattern = \'q\'\nstarts = "q"\nmade = "magic"'), "made = 'magic' is unknown"),
        (('letters = { "q" = "ɛ", "Q" = "Ɛ" }', ""), "give one of letters, series and pattern, not none"),
        (('letters = { "q" = "ɛ", "Q" = "Ɛ" }', "letters = 5"), "wrong type"),
        (("[[rule]]", "[rule"), "not TOML"),
        ((RULE.strip(), "x = 1"), r"no \[\[rule\]\] in it"),
    ],
)
def test_a_wrong_rule_is_told_in_words(tmp_path: Path, wrong: tuple[str, str], said: str) -> None:
    path = tmp_path / "font.toml"
    path.write_text(RULE.replace(*wrong), encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        read_rules(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_rules(tmp_path / "none.toml")
