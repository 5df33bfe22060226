from __future__ import annotations

from pathlib import Path

import pytest

from mbegu.corpus.identify.place import MODEL_NAME, default_model


def test_in_a_project_it_lies_beside_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "mbegu.toml").write_text("", encoding="utf-8")
    (tmp_path / "text" / "new").mkdir(parents=True)
    assert default_model(tmp_path / "text" / "new") == tmp_path.resolve() / MODEL_NAME


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_DATA_HOME", "own/mbegu"),
        ("linux", "", "home/.local/share/mbegu"),
        ("win32", "LOCALAPPDATA", "own/mbegu"),
        ("win32", "", "home/AppData/Local/mbegu"),
        ("darwin", "", "home/Library/Application Support/mbegu"),
    ],
)
def test_elsewhere_it_lies_with_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, expected: str) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    environment = {variable: str(tmp_path / "own")} if variable else {}
    assert default_model(tmp_path, environment, platform) == tmp_path / expected / MODEL_NAME
