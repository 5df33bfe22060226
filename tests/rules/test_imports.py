"""Imports go down only, and what the command line loads to show its help stays light."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.rules.source import PACKAGE, ROOT, module_of

HEAVY = (
    "torch", "numpy", "pyarrow", "tokenizers", "transformers", "safetensors", "lxml", "xllamacpp", "gguf", "rensa", "pypdf", "pyppmd",
    "charset_normalizer", "iso639", "urllib.request", "http.client", "ssl",
)  # fmt: skip
LIGHT = ("core/*.py", "*/settings.py", "cli/main.py", "recipes/catalog.py", "samples/builtin.py", "samples/catalogue.py")


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "src" / "mbegu", ignore=shutil.ignore_patterns("__pycache__", "text"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_go_down_only() -> None:
    pytest.importorskip("importlinter")
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("core/units.py", "import mbegu.cli"),
        ("corpus/__init__.py", "def late() -> None:\n    from mbegu import tokenizer"),
        ("evaluate/__init__.py", "import mbegu.train"),
        ("samples/builtin.py", "from mbegu import recipes"),
    ],
)
def test_a_planted_import_upwards_or_sideways_is_seen(copy: Path, module: str, line: str) -> None:
    pytest.importorskip("importlinter")
    path = copy / "src" / "mbegu" / module
    path.write_text(path.read_text(encoding="utf-8") + "\n" + line + "\n", encoding="utf-8")
    result = lint_imports(copy)
    assert result.returncode != 0
    assert "imports go down only BROKEN" in result.stdout


def test_a_part_that_no_layer_names_is_seen(copy: Path) -> None:
    pytest.importorskip("importlinter")
    (copy / "src" / "mbegu" / "helpers").mkdir()
    (copy / "src" / "mbegu" / "helpers" / "__init__.py").write_text("", encoding="utf-8")
    result = lint_imports(copy)
    assert result.returncode != 0
    assert "helpers" in result.stdout + result.stderr


def heavy_after(code: str) -> list[str]:
    script = f"import sys\n{code}\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    return result.stdout.split()


def test_settings_core_and_the_command_line_load_nothing_heavy() -> None:
    modules = sorted({module_of(path) for pattern in LIGHT for path in PACKAGE.glob(pattern)})
    assert {"mbegu.core.settings", "mbegu.core.documents", "mbegu.samples.catalogue"} <= set(modules)
    heavy = heavy_after("\n".join(f"import {module}" for module in modules))
    if heavy:
        blame = {module: found for module in modules if (found := heavy_after(f"import {module}"))}
        pytest.fail(f"heavy imports: {blame}")


def test_a_heavy_import_is_seen() -> None:
    assert heavy_after("import numpy") == ["numpy"]
