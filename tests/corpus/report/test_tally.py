from __future__ import annotations

import pytest
from tests.corpus.report.corpora import document, two_sources, write_corpus

from mbegu.core.errors import DamageError
from mbegu.corpus.report import tally as module
from mbegu.corpus.report.tally import tally


def test_counts_bytes_by_what_the_documents_carry(tmp_path):
    documents = two_sources(3)
    counted = tally([write_corpus(tmp_path, documents) / "kept.parquet"])
    assert counted.documents == 6
    assert counted.bytes == sum(len(each.text.encode()) for each in documents)
    assert counted.characters == sum(len(each.text) for each in documents) < counted.bytes
    stories = sum(len(each.text.encode()) for each in documents[:3])
    assert counted.licences == {"CC-BY-4.0": stories, "CC0-1.0": counted.bytes - stories}
    assert counted.contributors["Ìyá Àgbà"] == stories
    assert counted.languages["yor_Latn"] == stories and not counted.lines_identified


def test_languages_by_line_mixing_and_domains_come_from_meta(tmp_path):
    documents = [
        document("a.txt#1", "x" * 100, meta={"languages": '{"yor": 3, "eng": 1}', "spans": "[[0, 4, 'eng']]", "domain": "sermons"}),
        document("a.txt#2", "x" * 100, meta={"languages": "not JSON", "suspect": "form of chat answers, even sentences"}),
        document("b.txt", "x" * 100, meta={"languages": '{"yor": -1, "eng": 1e999}'}),
    ]
    counted = tally([write_corpus(tmp_path, documents) / "kept.parquet"])
    assert counted.languages == {"yor": 75, "eng": 25, "yor_Latn": 200}
    assert (counted.mixed_documents, counted.mixed_bytes, counted.lines_identified) == (1, 100, True)
    assert counted.given_domains == {"a.txt": {"sermons": 100}}
    assert counted.suspects == {"form of chat answers": (1, 100), "even sentences": (1, 100)}
    assert counted.files == {"a.txt": 200, "b.txt": 100}


def test_names_of_files_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_FILES", 5)
    counted = tally([write_corpus(tmp_path, [document(f"d/{i}.txt", "ọ̀rọ̀") for i in range(20)]) / "kept.parquet"])
    assert len(counted.files) == 6 and counted.files.total() == counted.bytes


def test_another_file_is_damage(tmp_path):
    (tmp_path / "kept.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DamageError, match="not a file of documents"):
        tally([tmp_path / "kept.parquet"])
