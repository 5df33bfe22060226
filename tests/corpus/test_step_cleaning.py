"""Growing straight from messy folders: the corpus step cleans by the settings of the recipe, says what it dropped, and gives the same files."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest
from tests.corpus.conftest import put
from tests.corpus.material import stories, story

from mbegu.core.documents import read_documents
from mbegu.core.errors import InputError, MbeguError, SettingsError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.corpus.clean.explain import explain, restore
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.settings import CleaningSettings, CorpusSettings, ReadingSettings
from mbegu.corpus.step_cleaning import cleaning_facts, fingerprint, settings_for
from mbegu.recipes.recipe import new_recipe, read_recipe

MENU = "Ilé ìṣẹ́ wa | Nípa wa | Ẹ pè wá"
NUMBER = "0803 123 4567"


def messy() -> dict[str, str]:
    return {f"web/{name}": f"{text}\n{MENU}\n" for name, text in stories(60).items()} | {"pe.txt": f"{story(200)}\nẸ pe {NUMBER} lónìí, ẹ jọ̀wọ́.\n"}


QUIET = Say(io.StringIO(), quiet=True)


def grow_twice_elsewhere(grow, project: Path, **settings: object):  # type: ignore[no-untyped-def]
    return grow(messy(), clean=True, **settings), grow({}, clean=True, **settings)


def test_a_messy_folder_is_cleaned_and_what_was_dropped_is_said_in_one_line(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    dirty, made = grow(messy()), grow({}, clean=True, regions=("NG",))
    assert any(MENU in text for text in dirty.texts)
    assert any(NUMBER in text for text in dirty.texts)
    assert not any(MENU in text or NUMBER in text for text in made.texts)
    assert len(made.texts) == 61
    cleaning = made.facts["cleaning"]
    assert cleaning["dropped"]["boilerplate"]["lines"] == 60 == made.facts["dropped"]["boilerplate"]
    assert cleaning["private"] == {"PHONE": 1}
    assert cleaning["bytes_kept"] == made.facts["bytes"] < cleaning["bytes_in"]
    (line,) = [line for line in made.said.splitlines() if "cleaning kept" in line]
    assert "boilerplate" in line
    assert f"look at {project / 'grown' / 'corpus' / 'cleaned' / 'report.html'}" in line
    assert sorted(path.name for path in (made.out / "cleaned").iterdir()) == ["clean.json", "dropped.parquet", "kept.parquet", "report.html"]
    assert made.facts["files_seen"] == 61
    assert "cleaning" not in dirty.facts


def test_the_step_keeps_just_what_the_command_keeps(grow, project: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    made = grow(messy(), clean=True)
    settings = CleanSettings(paths=(str(project / "text"),), language="yor_Latn", near_duplicate=0.8, min_document_bytes=20)
    clean(settings, tmp_path / "by-hand", QUIET)
    assert (made.out / "cleaned" / "kept.parquet").read_bytes() == (tmp_path / "by-hand" / "kept.parquet").read_bytes()
    assert sorted(made.texts) == sorted(document.text for document in read_documents(tmp_path / "by-hand" / "kept.parquet"))


def test_the_same_text_gives_the_same_bytes(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    one, other = grow_twice_elsewhere(grow, project)
    assert one.facts == other.facts
    for name in ("train.parquet", "report.json", "cleaned/kept.parquet", "cleaned/dropped.parquet", "cleaned/clean.json", "cleaned/report.html"):
        assert (one.out / name).read_bytes() == (other.out / name).read_bytes(), name
    assert str(project) not in (one.out / "cleaned" / "clean.json").read_text(encoding="utf-8")


def test_one_file_of_little_text_is_divided_as_it_is_without_cleaning(grow) -> None:  # type: ignore[no-untyped-def]
    text = story(1, sentences=120)
    plain, made = grow({"a.txt": text}), grow({}, clean=True)
    assert made.heldout
    assert len(made.texts) == len(plain.texts) > 10
    assert sorted(line for each in made.texts for line in each.split("\n")) == sorted(text.strip().split("\n"))


def test_nothing_is_cleaned_unless_asked_and_a_setting_of_cleaning_then_is_refused(tmp_path: Path) -> None:
    recipe = tmp_path / "mbegu.toml"
    recipe.write_text('[project]\nlanguage = "yor"\n[corpus]\nregions = ["NG"]\nleave_in = ["boilerplate"]\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"settings of cleaning \(regions, leave_in\), and the text is not cleaned\. Set clean = true"):
        read_recipe(recipe)
    recipe.write_text(recipe.read_text(encoding="utf-8") + "clean = true\n", encoding="utf-8")
    assert read_recipe(recipe).settings["corpus"].regions == ("NG",)
    assert CorpusSettings().clean is False
    assert "\nclean = true\n" in new_recipe(ProjectSettings(language="yor"), (), clean=True)


def test_every_setting_of_reading_and_cleaning_reaches_the_cleaning(project: Path) -> None:
    (project / "names.txt").write_text("Ada\n", encoding="utf-8")
    given = CorpusSettings(
        clean=True, names="names.txt", rules=("soft-hyphens", "font.toml"), keep_languages=("yor",), ocr_language="yor", require_licence=True,
        leave_out=("x",), encoding="cp1252", column="t", max_file_bytes=5000, near_duplicate=0.9, passage_letters=150,
    )  # fmt: skip
    made = settings_for(given, "yor_Latn", Project(project))
    for each in (*dataclasses.fields(CleaningSettings), *dataclasses.fields(ReadingSettings)):
        if each.name not in ("names", "rules"):
            assert getattr(made, each.name) == getattr(given, each.name), each.name
    assert made.names == str(project / "names.txt")
    assert made.rules == ("soft-hyphens", str(project / "font.toml"))
    assert made.near_duplicate == 0.9
    reading = made.reading()
    assert (reading.ocr_language, reading.leave_out, reading.max_file_bytes, reading.require_licence) == ("yor", ("x",), 5000, True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rules": ("no-such-rule",)}, "there is no rule called 'no-such-rule'"),
        ({"regions": ("XX",)}, "XX"),
        ({"leave_in": ("boilerplates",)}, "did you mean 'boilerplate'"),
        ({"names": "gone.txt"}, "the list cannot be read"),
        ({"identifier": "gone.npz"}, "gone.npz"),
    ],
)
def test_a_wrong_setting_is_told_before_a_file_is_read(project: Path, settings: dict[str, object], said: str) -> None:
    put(project / "text", {"a.txt": story(1)})
    with pytest.raises(MbeguError, match=said):
        fingerprint(CorpusSettings(clean=True, **settings), project, QUIET)  # type: ignore[arg-type]
    assert fingerprint(CorpusSettings(), project, QUIET)


def test_the_fingerprint_knows_the_lists_and_what_was_brought_back(project: Path) -> None:
    put(project / "text", {"a.txt": story(1)})
    (project / "names.txt").write_text("Ada\n", encoding="utf-8")
    settings = CorpusSettings(clean=True, names="names.txt")
    seen = {fingerprint(CorpusSettings(), project, QUIET), fingerprint(settings, project, QUIET)}
    (project / "names.txt").write_text("Ada\nBisi\n", encoding="utf-8")
    seen.add(fingerprint(settings, project, QUIET))
    (project / "keep.json").write_text('{"reasons": ["boilerplate"], "places": []}', encoding="utf-8")
    seen.add(fingerprint(settings, project, QUIET))
    assert len(seen) == 4


def test_what_was_dropped_is_explained_and_brought_back_by_the_project(project: Path) -> None:
    put(project / "text", messy())
    (project / "mbegu.toml").write_text('[project]\nlanguage = "yor"\n[corpus]\nclean = true\n', encoding="utf-8")
    out = project / "grown" / "corpus"
    out.mkdir(parents=True)
    from mbegu.corpus.steps import grow_corpus

    inputs = Inputs(ProjectSettings(language="yor"), Project(project), {})
    grow_corpus(CorpusSettings(clean=True), inputs, out, QUIET)
    before = {path.name: path.read_bytes() for path in (out / "cleaned").iterdir()}
    for folder in (project, out / "cleaned"):
        assert {fate.reason for fate in explain(folder, "web/story-0000.txt")} == {"", "boilerplate"}
    restore(project, "boilerplate")
    assert json.loads((project / "keep.json").read_bytes())["reasons"] == ["boilerplate"]
    assert {path.name: path.read_bytes() for path in (out / "cleaned").iterdir()} == before
    facts = grow_corpus(CorpusSettings(clean=True), inputs, out, QUIET)
    assert "boilerplate" not in facts["dropped"]


def test_text_that_was_cleaned_before_is_not_cleaned_again_and_its_figures_are_told(grow, project: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    put(project / "text", messy())
    settings = CleanSettings(paths=(str(project / "text"),), language="yor", private=True)
    told = clean(settings, tmp_path / "cleaned", QUIET)
    made = grow({}, text=(str(tmp_path / "cleaned"),), clean=True)
    assert made.facts["cleaning"]["bytes_in"] == told["bytes_in"]
    assert made.facts["cleaning"]["part_of_the_text"] is False
    assert not (made.out / "cleaned").exists()
    put(project / "more", stories(20, 500))
    both = CorpusSettings(text=(str(tmp_path / "cleaned"), "more"))
    assert cleaning_facts(both, Project(project), tmp_path)["cleaning"]["part_of_the_text"] is True
    assert cleaning_facts(CorpusSettings(text=("more",)), Project(project), tmp_path) == {}


def test_cleaned_text_beside_other_text_is_cleaned_with_it_and_counted_once(grow, project: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    put(tmp_path / "a", messy())
    told = clean(CleanSettings(paths=(str(tmp_path / "a"),), language="yor"), tmp_path / "cleaned", QUIET)
    made = grow({f"b/{name}": f"{text}\n{MENU}\n" for name, text in stories(20, 500).items()}, text=(str(tmp_path / "cleaned"), "text"), clean=True)
    own = json.loads((made.out / "cleaned" / "clean.json").read_bytes())
    cleaning = made.facts["cleaning"]
    assert (cleaning["documents_in"], cleaning["documents_kept"]) == (81, own["documents_kept"]) == (81, len(made.texts))
    assert cleaning["bytes_in"] == told["bytes_in"] + own["bytes_in"] - told["bytes_kept"]
    assert cleaning["bytes_kept"] == own["bytes_kept"] == made.facts["bytes"]
    assert cleaning["dropped"]["boilerplate"]["lines"] == 80


def test_a_folder_with_nothing_to_read_says_so(grow) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="there is no text: looked at 1 files; left out: 1 empty") as caught:
        grow({"a.txt": ""}, clean=True)
    assert caught.value.one_line().endswith("Put text files (.txt, .docx, .pdf, .epub, .csv ...) there.")
