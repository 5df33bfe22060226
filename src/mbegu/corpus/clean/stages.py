"""The stages of others that cleaning calls: rewriting, identification, private items, papers, the report.

Each is imported when it is needed. ``NOT_MEASURED`` of the result names those that this installation does not have.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mbegu.core.errors import MissingDependencyError
from mbegu.corpus.clean.settings import CleanSettings


def _found(module: str) -> Any:
    """Return a module of Mbegu, or ``None`` where this installation has none of that name."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None


def make_rewriter(settings: CleanSettings) -> Any:
    """Return the rewriter for the chosen rules, or ``None`` when none is chosen. Raises ``MissingDependencyError`` when there is none."""
    return _required("mbegu.corpus.rewrite", "--rules").Rewriter(settings.rules) if settings.rules else None


def make_redactor(settings: CleanSettings) -> Any:
    """Return the redactor for what is to be replaced or blocked, or ``None`` when nothing is."""
    if not (settings.private or settings.regions or settings.names or settings.blocked):
        return None
    return _required("mbegu.corpus.private", "--private").Redactor(settings.regions, settings.names, settings.blocked)


def make_identifier(settings: CleanSettings) -> Any:
    """Return the language identifier, or ``None`` where this installation has none and none is asked for."""
    module = _found("mbegu.corpus.identify")
    if module is None:
        if settings.identifier or settings.keep_languages:
            _required("mbegu.corpus.identify", "--identifier and --keep-languages")
        return None
    return module.Identifier.load(Path(settings.identifier) if settings.identifier else None)


class SourcePapers:
    """The papers of sources: those of the ``sources.toml`` beside the files of each root."""

    def __init__(self, roots: Iterable[tuple[str, Path]]) -> None:
        module = _found("mbegu.corpus.papers")
        self._roots = [(prefix, module.Papers.read(folder)) for prefix, folder in roots] if module else []

    def of(self, source: str) -> Any:
        """Return the paper of a source, or ``None``."""
        for prefix, papers in sorted(self._roots, key=lambda root: -len(root[0])):
            if source.startswith(prefix):
                return papers.of(source[len(prefix) :])
        return None


def write_report(folder: Path) -> Path | None:
    """Write the report of a cleaned folder; ``None`` where this installation has none."""
    module = _found("mbegu.corpus.report")
    path: Path | None = module.write_report(folder) if module else None
    return path


def not_measured() -> list[str]:
    """Return the names of the stages that this installation does not have."""
    return [name for name in ("identify", "rewrite", "private", "papers", "report") if _found(f"mbegu.corpus.{name}") is None]


def _required(module: str, option: str) -> Any:
    found = _found(module)
    if found is None:
        raise MissingDependencyError(f"{option} needs {module}, which this installation does not have", fix="install a complete Mbegu")
    return found
