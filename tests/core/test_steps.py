from __future__ import annotations

from pathlib import Path

import pytest

from mbegu.core.artifacts import seal
from mbegu.core.errors import SettingsError
from mbegu.core.settings import read_settings
from mbegu.core.steps import Inputs, Project, ProjectSettings


def test_a_project_needs_its_language_and_nothing_else() -> None:
    assert read_settings(ProjectSettings, {}, "project")[1][0].startswith("[project] needs 'language'")
    made, problems = read_settings(ProjectSettings, {"language": "yor_Latn"}, "project")
    assert problems == []
    assert made is not None
    assert made.parsed_language().tag == "yor_Latn"


def test_a_declared_language_is_read_with_its_name() -> None:
    assert ProjectSettings(language="qaa", language_name="Ngaatha").parsed_language().name == "Ngaatha"


@pytest.mark.parametrize(("country", "is_code"), [("", True), ("NG", True), ("nga", True), ("Nigeria", False), ("N1", False), ("NG\n", False)])
def test_a_country_is_a_code(country: str, is_code: bool) -> None:
    _, problems = read_settings(ProjectSettings, {"language": "yor", "country": country}, "project")
    assert (problems == []) == is_code
    if country == "Nigeria":
        assert problems == ["[project] country: 'Nigeria' is not an ISO 3166 code of two or three letters, such as NG"]


def test_only_what_a_model_is_for_may_have_several_lines() -> None:
    _, problems = read_settings(ProjectSettings, {"language": "yor", "name": "x\nenergy 0", "purpose": "a\nb", "not_for": "a\nb"}, "project")
    assert problems == ["[project] name: 'x\\nenergy 0' holds the end of a line or a control character: take it out"]


def test_a_folder_without_recipe_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mbegu\.toml is missing.*mbegu new DIR"):
        Project(tmp_path).require()
    (tmp_path / "mbegu.toml").write_text("", encoding="utf-8")
    assert Project(tmp_path).require().grown == tmp_path / "grown"


def test_a_step_gets_only_what_it_declared(tmp_path: Path) -> None:
    artifact = seal(tmp_path, kind="corpus", version=1, key="", parents={}, facts={})
    inputs = Inputs(ProjectSettings(language="amh"), Project(tmp_path), {"corpus": artifact})
    assert inputs["corpus"] is artifact
    with pytest.raises(SettingsError, match="not given the output of 'tokenizer'"):
        inputs["tokenizer"]
