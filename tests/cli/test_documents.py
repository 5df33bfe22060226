from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.corpus.material import sentence
from tests.end_to_end.project import CommandLine
from tests.serve.documents.material import LEAFLETS, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "hati", dict(LEAFLETS))


def test_index_says_what_it_did(mbegu: CommandLine, folder: Path) -> None:
    said = mbegu("documents", "index", folder, "--no-embeddings")
    assert said.code == 0
    assert f"{len(LEAFLETS)} new, 0 changed, 0 removed, 0 unchanged" in said.out
    again = json.loads(mbegu("documents", "index", folder, "--no-embeddings", "--json").out)
    assert (again["new"], again["unchanged"], again["problems"]) == ([], len(LEAFLETS), [])


def test_ask_quotes_in_the_language_of_who_asks(mbegu: CommandLine, folder: Path) -> None:
    said = mbegu("documents", "ask", folder, "Maji ya kisima yanahitaji kuchujwa?", "--language", "yor", "--no-embeddings")
    assert said.code == 0
    assert said.out.startswith("Àwọn ìwé náà sọ pé:")
    assert "swa.md, lábẹ́ “Maji”" in said.out
    assert "»Maji ya kisima yanahitaji kuchujwa.«" in said.out
    assert "Ẹ̀rọ ló túmọ̀" in said.out


def test_ask_in_json_and_a_danger_from_elsewhere(mbegu: CommandLine, folder: Path, tmp_path: Path) -> None:
    rules = tmp_path / "hatari.toml"
    rules.write_text('[[danger]]\nname = "nyoka"\nwords = ["nyoka"]\ninstructions = {swa = "Nenda zahanati."}\n', encoding="utf-8")
    said = mbegu("documents", "ask", folder, "nyoka!", "--language", "swa", "--danger", rules, "--json", "--no-embeddings")
    found = json.loads(said.out)
    assert (found["danger"], found["instruction"], found["phrased"]) == ("nyoka", "Nenda zahanati.", "")
    shown = mbegu("documents", "ask", folder, "nyoka!", "--language", "swa", "--danger", rules, "--no-embeddings").out
    assert shown.startswith("Fanya hivi kwanza:\n  Nenda zahanati.")


def test_a_document_commands_no_terminal(mbegu: CommandLine, tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "hati", {"a.txt": "kizunguzungu \x1b[2J\x07 \u202e mwisho", "b\x1b[31m.docx": b"damaged", "c\x1b[2J\nd.txt": "hatari kubwa"}
    )
    rules = tmp_path / "hatari.toml"
    rules.write_text('[[danger]]\nname = "a"\nwords = ["hatari"]\ninstructions = {swa = "Nenda \\u001b[2J zahanati."}\n', encoding="utf-8")
    asked = ("--language", "swa", "--danger", rules)
    for arguments in (("index", folder), ("ask", folder, "kizunguzungu mwisho"), ("ask", folder, "hatari kubwa", *asked)):
        said = mbegu("documents", *arguments, "--no-embeddings")
        assert said.code == 0
        assert not any(each in said.out + said.err for each in "\x1b\x07\u202e")
    assert "\ufffd[2J zahanati." in said.out
    assert re.search(r"\nc\ufffd?\[2J\ufffdd\.txt\n", said.out)


def test_calibrate_and_evaluate(mbegu: CommandLine, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hati", {f"{i}.txt": sentence(i) for i in range(25)})
    rows = "".join(f'"{" ".join(sentence(i).split()[:6])}",yor,{i}.txt\n' for i in range(25))
    questions = tmp_path / "q.csv"
    questions.write_text("question,language,file\n" + rows + "ሰላም ነው,amh,\n", encoding="utf-8")
    said = mbegu("documents", "calibrate", folder, questions, "--no-embeddings")
    assert "of 25 answered" in said.out
    found = json.loads(mbegu("documents", "evaluate", folder, questions, "--no-embeddings", "--json").out)
    assert found["is_calibrated"]
    assert found["hits"]["this search"]["at_3"]["n"] == 25
    table = mbegu("documents", "evaluate", folder, questions, "--no-embeddings").out
    assert "plain FTS5" in table
    assert "refusal recall" in table


def test_mistakes_are_one_line_with_a_way_out(mbegu: CommandLine, folder: Path, tmp_path: Path) -> None:
    assert "the folder of documents is not there" in mbegu.fails(4, "documents", "index", tmp_path / "none")
    assert "no such file" in mbegu.fails(4, "documents", "ask", folder, "x", "--danger", tmp_path / "none.toml", "--no-embeddings")
    assert "'zzzz' is not" in mbegu.fails(3, "documents", "ask", folder, "x", "--language", "zzzz", "--no-embeddings")
    assert "did you mean 'ask'" in mbegu.fails(2, "documents", "aks")
