"""`mbegu identify`: what it prints, what it remembers, and what it says when something is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import filelock
import pytest
from tests.corpus.identify.conftest import sample_lines
from tests.corpus.material import docx, stories
from tests.end_to_end.project import CommandLine, Said

MIXED = "Watoto wanacheza nje ya nyumba kila siku. Àwọn ọmọ ń ṣeré ní ìta ilé wa lójoojúmọ́."
LINES = ["Ọjọ́ dára gan-an lónìí, a sì ń lọ sí ọjà.", "", MIXED, "ߒߞߏ ߞߊ߲ ߛߓߍ", "Pracujemy nad tym od wielu lat i nie mamy zamiaru przestać."]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder to work in, without the kept library, so that the answers are the same everywhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pycld2", None)
    (tmp_path / "mbegu.toml").write_text("", encoding="utf-8")
    (tmp_path / "letters.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    for code in ("yor", "swh"):
        (tmp_path / f"{code}.txt").write_text("\n".join(sample_lines(code, is_test=False)), encoding="utf-8")
    return tmp_path


@pytest.fixture
def taught(here: Path, mbegu: CommandLine) -> Path:
    for code in ("yor", "swh"):
        assert mbegu("identify", "teach", code, f"{code}.txt", "-q").code == 0
    return here


def objects(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.out.splitlines()]


def test_a_json_object_for_each_line(taught: Path, mbegu: CommandLine) -> None:
    said = mbegu("identify", "letters.txt", "--json", "-q")
    found = objects(said)
    assert said.code == 0
    assert [each["line"] for each in found] == [1, 2, 3, 4, 5]
    assert all(list(each) == ["line", "language", "probability", "spans"] for each in found)
    assert [found[number]["language"] for number in (0, 1, 3, 4)] == ["yor", "und", "nqo", "und"]
    assert found[0]["spans"] == [{"start": 0, "end": len(LINES[0]), "language": "yor", "probability": found[0]["probability"]}]
    assert found[1]["spans"] == []
    assert [span["language"] for span in found[2]["spans"]] == ["swh", "yor"]
    assert found[2]["language"] in ("swh", "yor")


def test_lines_without_text_are_neither_shown_nor_counted(taught: Path, mbegu: CommandLine) -> None:
    (taught / "blank.txt").write_text(f"{LINES[0]}\n\n   \n{LINES[0]}\n", encoding="utf-8")
    said = mbegu("identify", "blank.txt")
    assert [line.split("\t")[0] for line in said.out.splitlines()] == ["1", "4"]
    assert "und " not in said.err.split("share")[1]
    assert "100.0%" in said.err
    assert [each["line"] for each in objects(mbegu("identify", "blank.txt", "--json", "-q"))] == [1, 2, 3, 4]


def test_several_files_are_named(taught: Path, mbegu: CommandLine) -> None:
    (taught / "word.docx").write_bytes(docx(["Watoto wanacheza nje ya nyumba kila siku."]))
    found = objects(mbegu("identify", "letters.txt", "word.docx", "--json"))
    assert [each["file"] for each in found] == ["letters.txt"] * 5 + ["word.docx"]
    assert found[-1]["language"] == "swh"


def test_for_people_it_shows_the_text_the_shares_and_which_model_was_used(taught: Path, mbegu: CommandLine) -> None:
    said = mbegu("identify", "letters.txt")
    rows = [line.split("\t") for line in said.out.splitlines()]
    assert rows[0][:2] == ["1", "yor"]
    assert rows[0][3] == LINES[0]
    assert rows[1][:2] == ["3", "swh+yor"]  # line 2 has no text
    assert f"2 taught languages (swh, yor) in {taught / 'identifier.npz'}; pycld2 is not installed" in said.err
    assert "25.0%" in said.err
    assert "identifier.npz" not in mbegu("identify", "letters.txt", "-q").err


def test_without_teaching_it_says_so(here: Path, mbegu: CommandLine) -> None:
    said = mbegu("identify", "letters.txt")
    assert said.code == 0
    assert "no language was taught; pycld2 is not installed" in said.err
    assert said.out.splitlines()[2].startswith("4\tnqo\t0.90")


def test_teaching_tells_where_the_model_is_and_how_good_it_is(here: Path, mbegu: CommandLine) -> None:
    said = mbegu("identify", "teach", "yor", "yor.txt")
    assert said.out.startswith(f"'yor' is taught: {here / 'identifier.npz'} (")
    assert "held back" in said.err
    assert "better give 500 lines or more" in said.err
    value = json.loads(mbegu("identify", "teach", "swh", "swh.txt", "--json").out)
    assert value["languages"] == ["swh", "yor"]
    assert value["bytes"] == (here / "identifier.npz").stat().st_size
    assert value["right"] >= 0.95 * value["held_back"]
    listed = json.loads(mbegu("identify", "show", "--json").out)
    assert list(listed["languages"]) == ["swh", "yor"]
    source = listed["languages"]["yor"]["sources"][0]
    assert source["name"] == "yor.txt"
    assert source["lines"] == len(sample_lines("yor", is_test=False))
    assert len(source["sha256"]) == 64
    assert "yor.txt" in mbegu("identify", "show").out


@pytest.mark.parametrize("code", ["amh", "nqo", "ara", "khm", "qaa"])
def test_a_language_of_any_script_and_one_that_has_no_code(here: Path, mbegu: CommandLine, code: str) -> None:
    material = "amh" if code == "qaa" else code
    for name, text in stories(5, language=material).items():
        (here / name).write_text(text, encoding="utf-8")
    (here / "new.txt").write_text(stories(1, 900, material)["story-0900.txt"], encoding="utf-8")
    assert mbegu("identify", "teach", code, *sorted(here.glob("story-*.txt")), "--model", "own.npz").code == 0
    assert {each["language"] for each in objects(mbegu("identify", "new.txt", "--json", "--model", "own.npz"))} == {code}


def test_what_was_overruled_is_remembered_until_it_is_forgotten(taught: Path, mbegu: CommandLine) -> None:
    said = mbegu("identify", "overrule", "letters.txt:5", "pcm")
    assert said.out == f"line 5 of letters.txt is 'pcm' from now on: {taught / 'identifier.npz'}\n"
    (taught / "again.txt").write_text(f"\n  {LINES[4]}\n", encoding="utf-8")
    found = objects(mbegu("identify", "again.txt", "--json"))[1]
    assert (found["language"], found["probability"]) == ("pcm", 1.0)
    assert "1 overruled line" in mbegu("identify", "show").out
    assert mbegu("identify", "forget", "pcm").out.startswith("'pcm' is forgotten, with 1 overruled line")
    assert objects(mbegu("identify", "again.txt", "--json"))[1]["language"] == "und"


def test_a_forgotten_language_is_unknown_again(taught: Path, mbegu: CommandLine) -> None:
    assert json.loads(mbegu("identify", "forget", "swh", "--json").out)["languages"] == ["yor"]
    assert objects(mbegu("identify", "swh.txt", "--json"))[3]["language"] == "und"


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["identify"], 2, "mbegu: Missing argument 'FILE...'. See `mbegu identify --help`."),
        (["identify", "none.txt"], 4, "mbegu: no such file or folder (none.txt). Check the path."),
        (["identify", "."], 4, "mbegu: this is a folder (.). Name the files in it."),
        (["identify", "letters.txt", "--model", "none.npz"], 4, "mbegu: there is no such model of languages (none.npz). Teach a language first"),
        (["identify", "teach", "yorr", "yor.txt"], 3, "mbegu: 'yorr' is not an ISO 639-3 language code."),
        (["identify", "teach", "yor", "letters.txt"], 4, "mbegu: too little text to learn 'yor' from: 4 lines"),
        (["identify", "teach", "yor", "yor.txt", "yor.txt"], 4, "mbegu: 'yor' was taught from this very file before (yor.txt)."),
        (["identify", "overrule", "letters.txt", "pcm"], 2, "mbegu: 'letters.txt' does not name a line. Write FILE:LINE"),
        (["identify", "overrule", "letters.txt:9", "pcm"], 4, "mbegu: there is no line 9: the file has 5 (letters.txt)."),
        (["identify", "teach", "und", "yor.txt"], 3, "mbegu: 'und' stands for a language that is not known, and cannot be taught. Give the code"),
        (["identify", "overrule", "letters.txt:1", "zzz"], 3, "mbegu: 'zzz' is not an ISO 639-3 language code."),
        (["identify", "overrule", "letters.txt:2", "pcm"], 4, "mbegu: line 2 is empty (letters.txt)."),
        (["identify", "forget", "hau"], 4, "mbegu: 'hau' was not taught. `mbegu identify show` lists the taught languages: none."),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(here: Path, mbegu: CommandLine, arguments: list[str], code: int, line: str) -> None:
    said = mbegu(*arguments)
    assert said.code == code
    assert said.err.splitlines()[-1].startswith(line)
    assert not (here / "identifier.npz").exists()


def test_a_damaged_model_is_said_to_be_damaged(taught: Path, mbegu: CommandLine) -> None:
    model = taught / "identifier.npz"
    model.write_bytes(model.read_bytes()[:-200])
    for arguments in (["identify", "letters.txt"], ["identify", "show"], ["identify", "teach", "amh", "yor.txt"]):
        said = mbegu(*arguments)
        assert said.code == 5
        assert said.err.startswith(f"mbegu: the model of languages is damaged, or is none ({model}). Put back a copy of the file")


def test_two_at_once_do_not_lose_what_one_of_them_taught(taught: Path, mbegu: CommandLine) -> None:
    before = (taught / "identifier.npz").read_bytes()
    with filelock.FileLock(taught / ".identifier.npz.lock"):
        for arguments in (("teach", "pcm", "yor.txt"), ("overrule", "letters.txt:1", "pcm"), ("forget", "yor")):
            assert "another `mbegu identify` is changing this model" in mbegu.fails(7, "identify", *arguments)
    assert (taught / "identifier.npz").read_bytes() == before
    assert mbegu("identify", "forget", "yor").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
def test_no_file_name_and_no_line_commands_the_terminal(here: Path, mbegu: CommandLine) -> None:
    bad = here / "a\x1b[2J\nb.txt"
    bad.write_text("Watoto \x1b[31m wanacheza \u202e nje\n", encoding="utf-8")
    for arguments in ((bad, "letters.txt"), ("overrule", f"{bad}:1", "swh")):
        said = mbegu("identify", *arguments)
        assert said.code == 0
        assert not any(each in said.out + said.err for each in "\x1b\u202e")
        assert "a\ufffd[2J\ufffdb.txt" in said.out
