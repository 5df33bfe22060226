from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.corpus.material import sentence
from tests.serve.documents.material import LEAFLETS, GramEmbedder, searching

from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.serve.documents.answer import Answers
from mbegu.serve.documents.evaluate import MEANING, OURS, PLAIN, Share, calibrate, evaluate, evaluate_questions
from mbegu.serve.documents.library import open_documents
from mbegu.serve.documents.questions import Question

FILES: dict[str, str | bytes] = {f"{i}.txt": "\n".join(sentence(100 * i + j) for j in range(3)) for i in range(30)}
ASKED = [Question(sentence(100 * i + 1), "yor", (f"{i}.txt",)) for i in range(30)]
STRANGE = [Question(sentence(i, "amh"), "amh") for i in range(5)]


def test_what_is_counted(tmp_path: Path) -> None:
    made = Answers(searching(tmp_path / "d", FILES))
    made.search.store.set_meta("calibration", {"threshold": 0.0, "has_meaning": False})
    result = evaluate_questions(made, ASKED + STRANGE)
    assert result.hits[OURS][3].n == 30
    assert result.hits[OURS][1].count == 30
    assert result.hits[PLAIN][3].count <= 30
    assert MEANING not in result.hits
    assert (result.answered, result.citation_precision, result.citation_precision_of_all) == (Share(30, 30), Share(30, 30), Share(30, 35))
    assert (result.refusal_recall, result.refusal_precision) == (Share(0, 5), Share(0, 0))
    assert result.by_language["amh"]["refusal_recall"] == Share(0, 5)
    json.dumps(result.as_json())


def test_a_higher_threshold_refuses(tmp_path: Path) -> None:
    made = Answers(searching(tmp_path / "d", FILES))
    made.search.store.set_meta("calibration", {"threshold": 1.1, "has_meaning": False})
    result = evaluate_questions(made, ASKED + STRANGE)
    assert (result.answered, result.refusal_recall, result.refusal_precision) == (Share(0, 30), Share(5, 5), Share(5, 35))
    assert str(result.citation_precision) == "not measured"
    assert result.as_json()["citation_precision"]["value"] is None


def test_the_default_tokenizer_of_fts5_confuses_what_marks_tell_apart(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"{i}.txt": text for i, text in enumerate(["ọkọ̀ ń bọ̀", "ọkọ́ ń bọ̀", "oko ń bọ̀", "ọkọ ń bọ̀"])}
    questions = [Question(str(text).split()[0], "yor", (name,)) for name, text in files.items()]
    result = evaluate_questions(Answers(searching(tmp_path / "d", files)), questions)
    assert result.hits[OURS][1].count == 4
    assert result.hits[PLAIN][1].count == 1


def test_embeddings_alone_stand_beside_where_there_are_any(tmp_path: Path) -> None:
    result = evaluate_questions(Answers(searching(tmp_path / "d", FILES, GramEmbedder())), ASKED)
    assert result.has_meaning
    assert result.hits[MEANING][3].n == 30


def test_the_calibration_meets_its_goals_on_its_questions_and_is_kept(tmp_path: Path) -> None:
    search = searching(tmp_path / "d", FILES)
    made = calibrate(search, ASKED)
    assert made["unanswerable"] == 30  # each asked again without its document
    assert made["refused"] >= 0.9 * 30
    assert made["right"] >= 0.95 * made["answered"] > 0
    assert Answers(search).threshold == made["threshold"]


def test_too_few_questions_are_told(tmp_path: Path) -> None:
    search = searching(tmp_path / "d", FILES)
    with pytest.raises(InputError, match="19 answerable questions are too few"):
        calibrate(search, ASKED[:19] + STRANGE)
    assert search.store.meta("calibration") is None
    with pytest.raises(InputError, match="no questions"):
        evaluate_questions(Answers(search), [])


def test_a_list_on_the_disk_is_judged(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    for name, text in LEAFLETS.items():
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "q.csv").write_text("question,language,file\nChemsheni maji?,swa,swa.md\n", encoding="utf-8")
    result = evaluate(open_documents(folder, Say(quiet=True), embeddings=False), tmp_path / "q.csv")
    assert result.hits[OURS][1] == Share(1, 1)
