"""The scripts of the bench are run by hand and rarely: what they import is held to exist, by reading them."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
SCRIPTS = sorted(BENCH.glob("*.py"))


def source_of(module: str) -> Path | None:
    """Return the file of a module of the bench or of the package, ``None`` for one of a library."""
    if module.startswith("mbegu"):
        found = importlib.util.find_spec(module)
        assert found and found.origin, f"there is no module {module}"
        return Path(found.origin)
    path = BENCH / f"{module.removeprefix('bench.')}.py"
    return path if path.is_file() else None


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names that a module makes or imports at its top, submodules included."""
    names = {each.stem for each in path.parent.glob("*") if path.name == "__init__.py"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in aliases}
    return frozenset(names)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_bench_script_imports_is_there(script: Path) -> None:
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and (source := source_of(node.module)):
            missing = {alias.name for alias in node.names} - names_in(source)
            assert not missing, f"line {node.lineno}: {node.module} has no {', '.join(sorted(missing))}"
