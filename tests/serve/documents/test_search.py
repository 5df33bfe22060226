from __future__ import annotations

from pathlib import Path

import pytest
from tests.corpus.material import sentence
from tests.serve.documents.material import GramEmbedder, indexed, searching

from mbegu.serve.documents.search import Search

QUESTIONS = {
    "yor.md": ("Ṣé ó yẹ kí a sè omi?", "Omi"),
    "amh.md": ("ውሃውን ማፍላት ያስፈልጋል?", "ውሃ"),
    "ara.md": ("هل نغلي الماء قبل شربه؟", "الماء"),
    "nqo.md": ("ߖߌ ߟߊߜߍߣߌ߲߫ ߡߌ߲", "ߖߌ"),
    "khm.md": ("តើត្រូវដាំទឹកឱ្យពុះទេ", "ទឹក"),
    "swa.md": ("Je, tuchemshe maji?", "Maji"),
}


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_the_passage_is_found_in_every_script_also_in_other_forms_of_the_words(tmp_path: Path, name: str) -> None:
    question, heading = QUESTIONS[name]
    first = searching(tmp_path / "d").find(question, 3)[0]
    assert (first.passage.file, first.passage.heading) == (name, heading)


def test_as_written_comes_before_without_marks(tmp_path: Path) -> None:
    search = searching(tmp_path / "d", {"a.txt": "ọkọ̀ ti dé", "b.txt": "ọkọ ti dé", "c.txt": "oko ti dé"})
    assert search.find("ọkọ", 1)[0].passage.file == "b.txt"
    assert search.find("ọkọ̀", 1)[0].passage.file == "a.txt"
    assert search.find("oko", 1)[0].passage.file == "c.txt"
    assert {hit.passage.file for hit in search.find("oko", 9)} == {"a.txt", "b.txt", "c.txt"}


def test_typed_without_marks_it_is_found_all_the_same(tmp_path: Path) -> None:
    assert searching(tmp_path / "d").find("ibà omo fun ojo meta", 1)[0].passage.heading == "Ibà"


def test_rare_words_weigh_more_than_common_ones(tmp_path: Path) -> None:
    files = {f"{i}.txt": f"na ya wa kwa la {sentence(i)}" for i in range(30)}
    search = searching(tmp_path / "d", {**files, "x.txt": "kipindupindu"})
    assert search.find("na ya wa kwa la kipindupindu", 1)[0].passage.file == "x.txt"


@pytest.mark.parametrize(
    "question", ["", "   ", "؟!", '"', "a* OR NEAR(b)", "exact:maji", "\x00", "\ud800", "x" * 100_000, "' ; DROP TABLE passages; --"]
)
def test_a_question_is_data(tmp_path: Path, question: str) -> None:
    store = indexed(tmp_path / "d")
    before = store.count()
    Search(store, None).find(question, 3)
    assert store.count() == before


def test_nothing_is_found_where_nothing_is_shared(tmp_path: Path) -> None:
    assert searching(tmp_path / "d").find("𞤀𞤣𞤤𞤢𞤥", 3) == []


def test_passages_can_be_left_out(tmp_path: Path) -> None:
    search = searching(tmp_path / "d")
    first = search.find("Chemsheni maji", 1)[0].passage.id
    assert first not in [hit.passage.id for hit in search.find("Chemsheni maji", 9, {first})]


def test_embeddings_take_part_only_when_every_passage_has_one(tmp_path: Path) -> None:
    embedder = GramEmbedder()
    store = indexed(tmp_path / "d", embedder=embedder)
    assert Search(store, embedder).has_meaning
    hit = Search(store, embedder).find("Chemsheni maji", 1)[0]
    assert hit.meaning > 1
    assert hit.passage.file == "swa.md"
    with store.writing():
        store.connection.execute("DELETE FROM vectors WHERE passage = 1")
    assert not Search(store, embedder).has_meaning


def test_a_common_key_costs_no_more_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mbegu.serve.documents import search as module

    monkeypatch.setattr(module, "MOST_PLACES", 15)
    store = indexed(tmp_path / "d", {**{f"{i}.txt": "maji safi" for i in range(40)}, "x.txt": "maji ya kisima"})
    asked: list[str] = []
    whole = store.holding
    monkeypatch.setattr(store, "holding", lambda kind, key: asked.append(key) or whole(kind, key))
    assert Search(store, None).find("maji kisima", 1)[0].passage.file == "x.txt"
    assert "maji" not in asked
