from __future__ import annotations

import json

import pytest
from tests.corpus.conftest import put
from tests.corpus.material import story
from tests.corpus.report.corpora import DROPS, FACTS, document, two_sources, write_corpus, write_leaks

from mbegu.corpus.licences import solve
from mbegu.corpus.report.facts import gather
from mbegu.corpus.report.folder import open_folder


def facts_of(folder, *arguments):
    return gather(open_folder(write_corpus(folder, *arguments)))


def test_everything_is_gathered(tmp_path):
    facts = facts_of(tmp_path / "texts", two_sources(), FACTS, DROPS)
    assert (facts.documents, facts.language, facts.name) == (120, "yor_Latn", "texts")
    assert {source.name: source.documents for source in facts.sources} == {"stories": 60, "news": 60}
    assert {each.name for each in facts.domains} == {"stories", "news"}
    assert facts.languages == {"yor": 50_000, "amh": 38_000, "und": 2_000} and facts.lines_identified
    assert facts.pairs[0].first_text.startswith(story(1)[:10]) and facts.pairs[0].second_text == "ọmọ wọ́n lọ sí ọjà, 1"
    assert facts.words == pytest.approx(facts.characters / 5, rel=0.5)
    assert facts.sample_bytes == facts.bytes


def test_json_holds_figures_and_no_text_of_clean_json(tmp_path):
    facts = facts_of(tmp_path, two_sources(), FACTS, DROPS)
    text = json.dumps(facts.as_json(), ensure_ascii=False)
    assert "àṣírí" not in text and "/home/ayo" not in text
    value = json.loads(text)
    assert value["sources"][0]["vocabulary"]["running_words"] > 1000
    assert len(text) < 60_000


@pytest.mark.parametrize(("language", "is_spaced"), [("khm", False), ("nqo", True), ("ara", True)])
def test_words_are_counted_only_where_spaces_part_them(tmp_path, language, is_spaced):
    facts = facts_of(tmp_path, [document(f"{i}.txt", story(i, language)) for i in range(9)])
    assert (facts.words is not None) is is_spaced
    assert all((source.vocabulary is not None) is is_spaced and (source.marks is not None) is is_spaced for source in facts.sources)


def test_an_empty_corpus(tmp_path):
    facts = facts_of(tmp_path, [])
    assert (facts.bytes, facts.documents, facts.sources, facts.language) == (0, 0, (), "und")
    assert facts.dropped is None and facts.pairs is None and facts.foretelling is None


def test_the_licence_solver_is_asked(tmp_path):
    facts = facts_of(tmp_path / "a", two_sources(1))
    assert facts.verdict == solve(facts.licences).as_json()
    assert facts.verdict["uses"]


TERMS = '[[licence]]\nname = "Kibao Terms"\nshare = "yes"\nadapt = "yes"\nmodel = "yes"\ncommercial = "{commercial}"\n'


def answers(facts):
    return {use["name"]: use["answer"] for use in facts.verdict["uses"]}


def test_the_text_of_a_project_that_cleaned_is_found_from_everywhere(tmp_path, monkeypatch):
    project, elsewhere = tmp_path / "radio", tmp_path / "elsewhere"
    put(project, {"mbegu.toml": '[project]\nlanguage = "yor"\n', "text/sources.toml": TERMS.format(commercial="no")})
    put(elsewhere, {"text/sources.toml": TERMS.format(commercial="yes")})
    documents = [document("a.txt", story(1), licence="Kibao Terms")]
    step = write_corpus(project / "grown" / "corpus" / "cleaned", documents, {**FACTS, "settings": {"paths": ["text"]}})
    for folder in (project, elsewhere, tmp_path):
        monkeypatch.chdir(folder)
        found = answers(gather(open_folder(step)))
        assert (found["share_text"], found["sell"]) == ("yes", "no")


def test_licences_beside_the_text_that_a_folder_was_cleaned_from(tmp_path):
    put(tmp_path, {"text/sources.toml": TERMS.format(commercial="yes")})
    facts = {**FACTS, "settings": {"paths": [str(tmp_path / "text"), str(tmp_path / "gone")]}}
    found = answers(facts_of(tmp_path / "cleaned", [document("a.txt", story(1), licence="Kibao Terms")], facts))
    assert found["sell"] == "yes"


def test_test_sentences_that_were_looked_for_in_another_text_are_not_measured(tmp_path):
    folder = write_corpus(tmp_path, two_sources(3))
    found = {"tests": [{"test": "ner.txt", "items": 9, "found": 0}]}
    write_leaks(folder, found)
    assert gather(open_folder(folder)).leaks["tests"] == found["tests"]
    write_corpus(tmp_path, two_sources(4))
    assert gather(open_folder(folder)).leaks is None
    (folder / "leaks.json").write_text(json.dumps(found), encoding="utf-8")
    assert gather(open_folder(folder)).leaks is None


def test_more_files_than_names_are_kept_for(tmp_path, monkeypatch):
    monkeypatch.setattr("mbegu.corpus.report.tally.MOST_FILES", 3)
    documents = [document(f"{name}/{i}.txt", story(i)) for name in ("a", "b", "c") for i in range(9)]
    documents += [document(f"{i}.txt", story(i)) for i in range(9)]
    facts = facts_of(tmp_path, documents)
    assert sum(source.documents for source in facts.sources) == 36
    assert sum(source.bytes for source in facts.sources) == facts.bytes == sum(domain.bytes for domain in facts.domains)
