from __future__ import annotations

import json

import pytest
from tests.corpus.material import story
from tests.corpus.report.corpora import DROPS, FACTS, document, two_sources, write_corpus

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


def test_the_licence_solver_is_asked_where_there_is_text(tmp_path, monkeypatch):
    asked = []

    class Verdict:
        def as_json(self):
            return {"uses": []}

    monkeypatch.setattr("mbegu.corpus.report.facts.solve", lambda amounts, own: asked.append(dict(amounts)) or Verdict())
    facts = facts_of(tmp_path / "a", two_sources(1))
    assert asked == [facts.licences] and facts.verdict == {"uses": []}
    assert facts_of(tmp_path / "b", []).verdict is None


def test_more_files_than_names_are_kept_for(tmp_path, monkeypatch):
    monkeypatch.setattr("mbegu.corpus.report.tally.MOST_FILES", 3)
    documents = [document(f"{name}/{i}.txt", story(i)) for name in ("a", "b", "c") for i in range(9)]
    documents += [document(f"{i}.txt", story(i)) for i in range(9)]
    facts = facts_of(tmp_path, documents)
    assert sum(source.documents for source in facts.sources) == 36
    assert sum(source.bytes for source in facts.sources) == facts.bytes == sum(domain.bytes for domain in facts.domains)
