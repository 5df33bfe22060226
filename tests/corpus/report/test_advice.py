from __future__ import annotations

import dataclasses

import pytest
from tests.corpus.report.corpora import FACTS, two_sources, write_corpus

from mbegu.corpus.report.advice import advise
from mbegu.corpus.report.domains import Domain, Structure
from mbegu.corpus.report.facts import Facts, gather
from mbegu.corpus.report.folder import open_folder
from mbegu.corpus.report.foretell import Foretelling
from mbegu.corpus.report.marks import Marks


@pytest.fixture(scope="module")
def facts(tmp_path_factory) -> Facts:
    """A corpus about which there is nothing to say."""
    folder = write_corpus(tmp_path_factory.mktemp("corpus"), two_sources(), FACTS)
    found = gather(open_folder(folder))
    sound = Structure(1000, 0, 0, 0.1, 0.1, 0.1, 0)
    sources = tuple(dataclasses.replace(each, structure=sound, marks=Marks(1000, 0.5, 0.05, ())) for each in found.sources)
    return dataclasses.replace(
        found,
        bytes=20_000_000,
        sources=sources,
        domains=(Domain("news", 9_000_000, {}), Domain("stories", 11_000_000, {})),
        licences={"CC0-1.0": 20_000_000},
        contributors={"a": 10_000_000, "b": 10_000_000},
        languages={"yor": 18_000_000, "eng": 2_000_000},
        letters=dataclasses.replace(found.letters, scripts={"Latn": 0.96, "Arab": 0.04}),
        document_length_bytes=(0, 1, 0, 20_000_000, 0, 0, 0),
        foretelling=Foretelling(("a", "b"), ((1.5, 2.0), (2.0, 1.5)), (2.0, 2.0), 100_000, ()),
        leaks={"tests": []},
    )


def test_nothing_to_say_about_a_sound_corpus(facts):
    assert advise(facts) == []


MARKED = {"marks": Marks(1000, 0.5, 0.3, ())}


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"bytes": 0}, ["no_text"]),
        ({"licences": {"unknown": 200_000}}, ["licence_unknown"]),
        ({"licences": {"unknown": 1_000}}, []),
        ({"contributors": {"": 9_000_000}}, ["contributor_unknown"]),
        ({"contributors": {"a": 12_000_000, "b": 8_000_000}}, ["one_contributor"]),
        ({"contributors": {"a": 20_000_000}}, []),
        ({"domains": (Domain("news", 13_000_000, {}),)}, ["one_domain"]),
        ({"domains": (Domain("unknown", 13_000_000, {}),)}, ["domain_unknown"]),
        ({"document_length_bytes": (9_000_000, 9_000_000, 0, 0, 0, 0, 0)}, ["only_short"]),
        ({"foretelling": Foretelling(("a", "b"), ((1.0, 1.0), (1.0, 1.0)), (2.0, 2.6), 1, ())}, ["unlike"]),
        ({"foretelling": None}, []),
        ({"languages": {"yor": 1, "eng": 9}}, ["other_languages"]),
        ({"languages": {"yor": 1, "und": 9}}, []),
        ({"leaks": None}, ["leaks_not_measured"]),
    ],
)
def test_each_rule_speaks_where_it_should_and_nowhere_else(facts, change, keys):
    assert [each.key for each in advise(dataclasses.replace(facts, **change))] == keys


@pytest.mark.parametrize(("size", "step"), [(9_000, 0), (400_000, 1), (9_000_000, 2)])
def test_how_much_text_is_missing(facts, size, step):
    small = dataclasses.replace(facts, bytes=size, licences={}, contributors={}, domains=(), document_length_bytes=(0,) * 7)
    (advice,) = advise(small)
    assert advice.key == f"more_text_{step}" and advice.sizes["missing"] == (100_000, 1_000_000, 10_000_000)[step] - size


def test_questions_conversation_and_marks(facts):
    def with_sources(**change):
        return dataclasses.replace(facts, sources=tuple(dataclasses.replace(each, **change) for each in facts.sources))

    silent = Structure(1000, 0, 0, 0.01, 0.01, 0.005, 0)
    assert [each.key for each in advise(with_sources(structure=silent))] == ["few_questions", "little_dialogue"]
    assert advise(with_sources(structure=dataclasses.replace(silent, lines=50))) == []
    assert [each.key for each in advise(with_sources(**MARKED))] == ["marks_left_out"] * 2
    assert advise(with_sources(marks=Marks(1000, 0.05, 0.3, ()))) == []


def test_another_script_and_much_that_was_left_out(facts):
    mixed = dataclasses.replace(facts, letters=dataclasses.replace(facts.letters, scripts={"Latn": 0.8, "Arab": 0.2}))
    assert [each.key for each in advise(mixed)] == ["other_script"]
    stub = dataclasses.replace(facts.dropped[0], bytes=60_000)
    assert [(each.key, each.names) for each in advise(dataclasses.replace(facts, dropped=(stub,)))] == [("much_dropped", {"reason": stub.name})]
