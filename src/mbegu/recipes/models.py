"""Finds the model that a person means by a project folder, a release, a model folder or a .gguf file, and opens its engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mbegu.core.commands import typed
from mbegu.core.errors import InputError
from mbegu.core.steps import Project

if TYPE_CHECKING:
    from mbegu.model.llama_cpp import LlamaCpp
    from mbegu.model.llama_server import LlamaServer
    from mbegu.model.torch_engine import TorchEngine

    Engine: TypeAlias = LlamaCpp | LlamaServer | TorchEngine

MOST_EXACT_FIRST = ("F32", "F16", "BF16", "Q8_0", "Q4_K_M")
QUICK_FIRST = ("Q8_0", "Q4_K_M", "F16", "BF16", "F32")
FIX = "name a project folder, a model folder or a .gguf file"


def find_model(path: Path, order: tuple[str, ...]) -> Path:
    """Return the .gguf file, or the model folder, that ``path`` stands for.

    Args:
        path: a .gguf file; a model folder; a folder with .gguf files; a project, whose release or newest training is taken.
        order: which of several GGUF formats to prefer.

    Raises:
        InputError: there is no model there.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise InputError("no such file or folder", path, FIX)
    if (path / "config.json").is_file():
        return path
    place = Project(path)
    folders = [place.release, place.grown / "export", place.grown / "train" / "model"] if place.recipe.is_file() else [path]
    for folder in folders:
        files = sorted(folder.glob("*.gguf"), key=lambda file: (_rank(file, order), file.name))
        if files:
            return files[0]
        if (folder / "config.json").is_file():
            return folder
    raise InputError("no model here yet", path, f"run `{typed('grow', path)}` first" if place.recipe.is_file() else FIX)


def _rank(file: Path, order: tuple[str, ...]) -> int:
    return next((rank for rank, name in enumerate(order) if file.stem.endswith("-" + name)), len(order))


def open_engine(path: Path, order: tuple[str, ...], threads: int | None = None) -> Engine:
    """Open the model that ``path`` stands for: a GGUF file through llama.cpp, a model folder through torch.

    Raises:
        InputError, DamageError: there is no sound model there.
        MissingDependencyError: a model folder without torch.
    """
    found = find_model(path, order)
    if found.is_file():
        from mbegu.model.llama_cpp import open_gguf

        return open_gguf(found, threads)
    from mbegu.recipes.catalog import load

    engine: TorchEngine = load("mbegu.model.torch_engine:TorchEngine").open(found, threads)
    return engine
