"""The wheel holds every file of the package that is no module: without the page's programs an installed Mbegu would have no page."""

from __future__ import annotations

import sys

import pytest
from tests.rules.source import PACKAGE, ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def patterns() -> list[str]:
    """What pyproject.toml has setuptools put into the wheel beside the modules."""
    return list(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]["mbegu"])


def matched(pattern: str) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob(pattern) if path.is_file()}


def data_files() -> set[str]:
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != ".DS_Store")
    return {path.relative_to(PACKAGE).as_posix() for path in files}


def test_every_file_of_the_package_goes_into_the_wheel() -> None:
    found = set().union(*map(matched, patterns()))
    assert sorted(data_files() - found) == []
    assert {"serve/page/static/index.html", "serve/page/static/app.js", "serve/page/static/words/swa.json"} <= found


@pytest.mark.parametrize("pattern", patterns())
def test_no_pattern_is_left_over(pattern: str) -> None:
    assert matched(pattern)


def test_every_folder_with_modules_is_a_package() -> None:
    """setuptools finds folders by their __init__.py; one without is left out of the wheel."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").is_file()) == []
