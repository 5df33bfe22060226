from __future__ import annotations

import re
from importlib import resources

import pytest

from mbegu.core.errors import SettingsError
from mbegu.corpus.private.items import KINDS, PHONE, check_regions, context_words, fold, items, known_regions, phone_plans, word_pattern
from mbegu.corpus.private.redactor import NAME
from mbegu.corpus.private.written import find_written
from mbegu.recipes.recipe import tomllib


def test_every_country_has_a_calling_code_of_its_own() -> None:
    codes = [plan.code for plan in phone_plans().values()]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[1-9]\d{0,2}", code) for code in codes)
    assert all(re.fullmatch("[A-Z]{2}", region) for region in known_regions())


@pytest.mark.parametrize("region", list(phone_plans()))
def test_groups_are_as_long_as_the_numbers(region: str) -> None:
    plan = phone_plans()[region]
    assert plan.trunk or plan.grouped or region == "GM"
    begins = [f"{number:03}" for number in range(1000)]
    patterns = (plan.mobile, plan.fixed)
    lengths = {length for length in range(6, 12) for begin in begins for pattern in patterns if pattern.fullmatch(begin + "5" * (length - 3))}
    assert {sum(sizes) for sizes in plan.grouped} <= lengths


@pytest.mark.parametrize("item", items(), ids=lambda item: item.name)
def test_every_kind_says_where_it_comes_from_and_is_not_any_number(item) -> None:  # type: ignore[no-untyped-def]
    assert len(item.source) > 30
    assert item.kind in ("ID-NUMBER", "CARD", "ACCOUNT")
    assert not item.needs_context or item.words or item.kind in context_words()
    shortest = next((length for length in range(1, 25) if item.pattern.fullmatch("1" * length)), None)
    assert item.needs_context or item.check or shortest is None or shortest >= 13


def test_the_countries_of_the_plan_are_there() -> None:
    covered = {region for item in items() for region in item.regions}
    assert {"NG", "KE", "GH", "ZA", "RW", "ET", "UG", "TZ", "SN", "CM"} <= covered


def test_unknown_regions_are_all_named() -> None:
    assert check_regions(["ng", "KE", "NG"]) == ("NG", "KE")
    with pytest.raises(SettingsError, match=r"'XX'.*'NIGERIA'.*two letters"):
        check_regions(["XX", "nigeria", "KE"])


def test_words_are_compared_without_case_and_marks() -> None:
    assert fold("Nọ́mbà Ẹ̀RỌ") == "nomba ero"
    found = word_pattern(["id", "simu", "ስልክ"])
    assert found.search("id 5")
    assert not found.search("idadi 5")
    assert not found.search("kid 5")
    assert found.search("simuni")
    assert found.search("በስልክ")
    assert not word_pattern([]).search("anything")


def test_every_kind_that_a_finder_names_is_known_and_has_a_name_in_the_report() -> None:
    text = "a@b.org -1.292065, 36.821946 00:1a:2b:3c:4d:5e 2001:db8:85a3:0:0:8a2e:370:7334 https://example.org/reset?token=abcdefghijk"
    found = {each.kind for each in find_written(text)}
    assert found | {item.kind for item in items()} | {PHONE, NAME} == set(KINDS)
    path = resources.files("mbegu.corpus.report").joinpath("words/eng.toml")
    assert set(tomllib.loads(path.read_text(encoding="utf-8"))["private"]["kinds"]) == set(KINDS)
