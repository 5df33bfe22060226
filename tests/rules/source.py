"""The source of Mbegu as the rules look at it: files, syntax trees, calls."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "mbegu"


@functools.cache
def python_files() -> tuple[Path, ...]:
    """Every module of the package, sorted."""
    return tuple(sorted(PACKAGE.rglob("*.py")))


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    """The path below the repository, for messages and allow-lists."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def module_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def calls_in(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted text of what is called: ``np.save``, ``open``, ``path.write_text``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    """The argument at a position or of a name, or nothing."""
    for each in call.keywords:
        if each.arg == keyword:
            return each.value
    return call.args[position] if len(call.args) > position else None
