"""A withdrawal changes what Mbegu wrote; the user's own files beside it are only read, whatever they are called."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.corpus.conftest import put
from tests.corpus.material import story
from tests.end_to_end.project import CommandLine

from mbegu.core import artifacts
from mbegu.core.documents import Document, read_documents, write_documents
from mbegu.core.steps import Project
from mbegu.corpus.files import is_written_folder
from mbegu.corpus.withdraw.own import is_own_text, own_files, own_folders

RECIPE = '[project]\nlanguage = "yor"\n\n[corpus]\ntext = ["{text}"]\n'
HERS, OTHERS = story(1, sentences=10), story(2, sentences=10)


def document(source: str, text: str) -> Document:
    return Document(source, text, "yor", source)


def write_cleaned(folder: Path) -> None:
    write_documents(folder / "kept.parquet", [document("ada.txt", HERS), document("b.txt", OTHERS)])
    put(folder, {"clean.json": '{"version": 1, "settings": {}, "dropped": {}}'})


@pytest.fixture
def radio(project: Path) -> Path:
    put(project, {"mbegu.toml": RECIPE.format(text="text"), "text/ada.txt": HERS, "text/b.txt": OTHERS})
    return project


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def withdrawn(mbegu: CommandLine, folder: Path, *more: str) -> dict[str, list[str]]:
    said = mbegu("corpus", "withdraw", "ada.txt", "--project", folder, "--json", *more)
    assert said.code == 0, said.err
    result: dict[str, list[str]] = json.loads(said.out)
    return result


@pytest.mark.parametrize("name", ["text/kept.parquet", "kept.parquet", "text/clean.json", "clean.json", "text/manifest.json", "manifest.json"])
def test_a_name_of_mbegus_beside_the_text_makes_it_not_mbegus(radio: Path, name: str, mbegu: CommandLine) -> None:
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"text": [story(3, sentences=10)]}), radio / name)
    else:
        put(radio, {name: json.dumps({"name": "mine"})})
    put(radio, {"text/ada.partial": "mine", "text/ada.db": HERS})
    before = bytes_of(radio / "text")
    result = withdrawn(mbegu, radio)
    assert bytes_of(radio / "text") == before
    assert (radio / name).is_file()
    assert (result["changed"], result["removed"], result["originals_to_delete"]) == ([], [], ["text/ada.txt"])


def test_text_that_a_person_keeps_in_a_cleaned_folder_stays(radio: Path, mbegu: CommandLine) -> None:
    write_cleaned(radio / "clean")
    put(radio, {"mbegu.toml": RECIPE.format(text="clean"), "clean/mine.txt": HERS, "clean/mine.db": HERS, "clean/manifest.json": "{}"})
    result = withdrawn(mbegu, radio)
    assert [each.source for each in read_documents(radio / "clean" / "kept.parquet")] == ["b.txt"]
    assert (result["changed"], result["removed"]) == (["clean/kept.parquet"], [])
    assert {"clean/mine.db", "clean/mine.txt"} <= set(result["other_files_to_look_at"])
    assert {"clean/mine.db", "clean/mine.txt", "clean/manifest.json"} <= set(bytes_of(radio))


def test_a_release_that_was_cut_is_mbegus_and_a_folder_of_that_name_is_not(radio: Path, mbegu: CommandLine) -> None:
    put(radio, {"release/started.json": '{"key": ""}', "release/README.md": f"kept\n{HERS}", "mine/release/README.md": HERS})
    result = withdrawn(mbegu, radio)
    assert (radio / "release" / "README.md").read_text(encoding="utf-8").startswith("kept\n[withdrawn]")
    assert result["other_files_to_look_at"] == ["mine/release/README.md"]
    put(radio, {"text/ada.txt": OTHERS, "release/notes.txt": OTHERS, "text/b.txt": HERS})
    (radio / "release" / "started.json").unlink()
    assert "release/notes.txt" in withdrawn(mbegu, radio)["other_files_to_look_at"]


def test_what_a_killed_cleaning_left_goes_and_a_download_of_a_persons_stays(radio: Path, mbegu: CommandLine) -> None:
    write_cleaned(radio / "clean")
    put(radio / "clean", {"kept.parquet.partial": HERS, "work/plan.json": "{}", "work/1.drops.parquet.partial": HERS, "film.partial": "mine"})
    withdrawn(mbegu, radio)
    assert sorted(path.name for path in (radio / "clean").rglob("*.partial")) == ["film.partial"]


def test_text_behind_a_link_that_the_recipe_names_is_an_original_too(radio: Path, mbegu: CommandLine) -> None:
    (radio / "text").rename(radio.parent / "elsewhere")
    (radio / "text").symlink_to(radio.parent / "elsewhere")
    assert withdrawn(mbegu, radio, "--dry-run")["originals_to_delete"] == ["text/ada.txt"]


def test_a_cleaned_folder_among_the_text_or_outside_the_project_is_named_and_not_changed(radio: Path, mbegu: CommandLine) -> None:
    write_cleaned(radio / "text" / "clean")
    assert withdrawn(mbegu, radio)["other_files_to_look_at"] == ["text/clean/kept.parquet"]
    write_cleaned(radio.parent / "clean")
    put(radio, {"mbegu.toml": RECIPE.format(text="../clean")})
    shutil.rmtree(radio / "text")
    before = bytes_of(radio.parent / "clean")
    result = withdrawn(mbegu, radio)
    assert result["originals_to_edit"] == {"../clean/kept.parquet": ["ada.txt"]}
    assert bytes_of(radio.parent / "clean") == before


def test_a_folder_without_facts_is_mbegus_by_the_columns_of_its_documents(tmp_path: Path) -> None:
    write_documents(tmp_path / "kept.parquet", [document("a.txt", HERS)])
    assert not is_written_folder(tmp_path)
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "dropped.parquet")
    assert is_written_folder(tmp_path)
    assert is_own_text(tmp_path / "kept.parquet", Project(tmp_path))
    assert not is_own_text(tmp_path / "dropped.parquet", Project(tmp_path))
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "kept.parquet")
    assert not is_written_folder(tmp_path)


def test_of_a_sealed_folder_what_its_manifest_lists_is_mbegus_and_of_a_step_everything(tmp_path: Path) -> None:
    place = Project(tmp_path)
    for name in ("given", "grown/corpus"):
        put(tmp_path, {f"{name}/a.txt": "x"})
        artifacts.seal(tmp_path / name, kind="corpus", version=1, key="", parents={}, facts={})
        put(tmp_path, {f"{name}/b.txt": "x"})
    put(tmp_path, {"game/manifest.json": "{}", "game/a.txt": "x"})
    assert own_folders(place, {}, ()) == [tmp_path / "given", tmp_path / "grown" / "corpus"]
    assert own_folders(place, {}, (tmp_path / "given",)) == [tmp_path / "grown" / "corpus"]
    assert own_folders(place, {}, (tmp_path,)) == [tmp_path / "grown" / "corpus"]
    assert [path.name for path in own_files(tmp_path / "given", place, {})] == ["a.txt"]
    assert [path.name for path in own_files(tmp_path / "grown" / "corpus", place, {})] == ["a.txt", "b.txt"]
    manifest = artifacts.read_manifest(tmp_path / "given").manifest
    write_cleaned(tmp_path / "clean")
    put(tmp_path / "clean", {"work/plan.json": '{"key": ""}', "work/000000.drops.parquet": "x", "mine.txt": "x", "mine/kept.parquet": "x"})
    names = ["clean.json", "kept.parquet", "work/000000.drops.parquet", "work/plan.json"]
    assert [path.relative_to(tmp_path / "clean").as_posix() for path in own_files(tmp_path / "clean", place, {})] == names
    (tmp_path / "given" / "manifest.json").unlink()
    assert [path.name for path in own_files(tmp_path / "given", place, {"given": manifest})] == ["a.txt"]
