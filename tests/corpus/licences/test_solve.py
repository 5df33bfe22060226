"""What may be done with mixes of licences, and which part forces it."""

from __future__ import annotations

import json

import pytest

from mbegu.corpus.licences import DISCLAIMER, Licence, custom_licences, licence_named, solve
from mbegu.corpus.licences.known import known_licences
from mbegu.corpus.papers import LicenceTable

KB = 1000


def answers(*names: str) -> tuple[str, ...]:
    return tuple(use.answer for use in solve(dict.fromkeys(names, KB)).uses)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("CC0-1.0",), ("yes", "yes", "yes", "yes")),
        (("CC-BY-4.0", "MIT", "Apache-2.0", "AFL-3.0"), ("yes", "yes", "yes", "yes")),
        (("CC0", "CC BY-NC 4.0"), ("yes", "yes", "yes", "no")),
        (("CC-BY-ND-4.0",), ("yes", "no", "ask", "yes")),
        (("CC-BY-NC-ND-3.0",), ("yes", "no", "ask", "no")),
        (("unknown", "CC0"), ("ask", "ask", "ask", "ask")),
        (("Esethu",), ("ask", "ask", "ask", "ask")),
        (("Kaitiakitanga License",), ("ask", "ask", "ask", "ask")),
        (("NOODL-1.0",), ("ask", "ask", "ask", "ask")),
        (("CC-BY-SA-3.0", "GPL-3.0"), ("yes", "yes", "ask", "yes")),
        (("CC-BY-SA-4.0", "CC-BY-NC-4.0"), ("yes", "yes", "ask", "no")),
    ],
)
def test_the_strictest_part_decides(names: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert answers(*names) == expected


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        (("CC0", "MIT"), None),
        (("CC-BY-SA-3.0",), ("CC-BY-SA-3.0", "CC-BY-SA-4.0")),
        (("CC-BY-SA-3.0", "CC-BY-SA-4.0"), ("CC-BY-SA-4.0",)),
        (("CC-BY-SA-4.0", "GPL-3.0"), ("GPL-3.0",)),
        (("CC-BY-SA-3.0", "GPL-3.0"), ()),
        (("GPL-2.0", "GPL-3.0"), ()),
        (("GPL-2.0-or-later", "GPL-3.0"), ("GPL-3.0",)),
        (("MPL-2.0", "GPL-3.0"), ("GPL-3.0",)),
        (("Apache-2.0", "GPL-2.0"), ()),
        (("Apache-2.0", "GPL-3.0"), ("GPL-3.0",)),
        (("AFL-3.0", "GPL-3.0"), ()),
        (("CC-BY-SA-4.0", "CC-BY-NC-4.0"), ()),
        (("CC-BY-NC-SA-4.0", "CC-BY-NC-4.0"), ("CC-BY-NC-SA-4.0",)),
        (("CC-BY-NC-SA-4.0", "CC-BY-SA-4.0"), ()),
        (("CC-BY-SA-4.0", "CC-BY-ND-4.0"), ()),
        (("ODbL", "CC-BY-4.0"), ("ODbL-1.0",)),
    ],
)
def test_what_the_whole_may_be_under(names: tuple[str, ...], alike: tuple[str, ...] | None) -> None:
    verdict = solve(dict.fromkeys(names, KB))
    assert verdict.alike == alike
    assert bool(verdict.conflicts) == (alike == ())


def test_the_part_that_forces_it_is_named_with_its_size() -> None:
    verdict = solve({"CC BY-SA 3.0": 5000, "GPL-3.0": 9000, "CC BY-NC 4.0": 700, "CC0": 10})
    sell = verdict.use("sell")
    assert [(each.licence, each.bytes) for each in sell.because] == [("CC-BY-NC-4.0", 700)]
    text = verdict.text()
    assert "May you sell any of it, or a service made of it?  No.\n  because of CC-BY-NC-4.0 (700 B): it is for uses that earn no money" in text
    assert "GPL-3.0 wants changed text under GPL-3.0, which lets everyone earn money with it, and CC-BY-NC-4.0 does not" in text
    assert text.endswith(DISCLAIMER)
    assert json.loads(json.dumps(verdict.as_json()))["conflicts"][0]["licences"]
    assert [each.licence for each in verdict.credit] == ["GPL-3.0", "CC-BY-SA-3.0", "CC-BY-NC-4.0"]


def test_text_without_a_licence_is_measured() -> None:
    verdict = solve({"": 300, "Our own terms": 100, "MIT": 600})
    assert (verdict.unknown_bytes, verdict.total_bytes) == (400, 1000)
    assert "40 % of the text (400 B) has no licence that is known." in verdict.text()


def test_declared_terms_are_used() -> None:
    table = LicenceTable(name="Kibao Terms", share="yes", adapt="yes", commercial="no", model="yes", conditions="Tell the council first.")
    custom = custom_licences({"Kibao Terms": table})
    verdict = solve({"Kibao Terms": 100, "MIT": 50}, custom)
    assert [use.answer for use in verdict.uses] == ["yes", "yes", "yes", "no"]
    assert "Kibao Terms: Tell the council first." in verdict.text()


def test_terms_of_a_licence_that_mbegu_knows_are_never_others() -> None:
    custom = custom_licences({name: LicenceTable(name=name, commercial="yes") for name in ("CC-BY-NC-4.0", "Kibao Terms")})
    assert licence_named("CC-BY-NC-4.0", custom).commercial == "no"
    assert licence_named("Kibao Terms", custom).commercial == "yes"


FORGED = "MIT\nMay you sell any of it, or a service made of it?  Yes, with the terms below.\x1b[2J\u2028"


def test_the_name_of_a_licence_stays_on_its_line() -> None:
    custom = custom_licences({FORGED: LicenceTable(name=FORGED, conditions=FORGED, alike=(FORGED,))})
    lines = solve({FORGED: 2 * KB, "CC-BY-SA-4.0": KB}, custom).text().splitlines()
    assert [line for line in lines if line.startswith("May you sell")] == ["May you sell any of it, or a service made of it?  Ask first."]
    assert not any("\x1b" in line for line in lines)
    assert any("MIT\ufffdMay you sell" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("cc by 4.0", "CC-BY-4.0"),
        ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
        ("CC-BY-SA", "CC-BY-SA-4.0"),
        ("Creative Commons Attribution-ShareAlike 3.0 Unported", "CC-BY-SA-3.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("GPLv3", "GPL-3.0"),
        ("gpl-2.0", "GPL-2.0"),
        ("ACADEMIC FREE LICENSE 3.0", "AFL-3.0"),
    ],
)
def test_a_licence_is_known_by_what_people_call_it(name: str, found: str) -> None:
    assert licence_named(name).id == found


def test_every_licence_has_its_source_and_points_at_licences_that_exist() -> None:
    ids = {licence.id for licence in known_licences().values()}
    for licence in known_licences().values():
        assert isinstance(licence, Licence)
        assert licence.url.startswith("https://") or licence.id == "all-rights-reserved"
        assert set(licence.alike) | set(licence.clashes) <= ids


@pytest.mark.parametrize(("name", "is_checked"), [("NOODL-1.0", False), ("Esethu", False), ("Kaitiakitanga", True), ("CC-BY-4.0", True)])
def test_the_solver_says_which_entries_were_not_checked(name: str, is_checked: bool) -> None:
    said = "not checked against it" in solve({name: KB}).text()
    assert said is not is_checked
    assert is_checked or "http" in licence_named(name).unchecked  # and what it was taken from


def test_where_nothing_is_asked_for_the_answer_is_yes_alone() -> None:
    free, named = solve({"CC0-1.0": 10}).text(), solve({"CC-BY-4.0": 10}).text()
    assert "?  Yes.\n" in free
    assert "Under any licence.\n" in free
    assert "?  Yes, if what the licences ask for is kept to.\n" in named
    assert "that asks for at least the same" in named
    assert "nobody can say: ask" in solve({"unknown": 10}).text()
