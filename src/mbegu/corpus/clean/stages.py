"""The stages that cleaning calls besides its own: rewriting, identification, private items, papers. Each is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.papers import Paper, Papers

if TYPE_CHECKING:
    from mbegu.corpus.identify import Identifier
    from mbegu.corpus.private import Redactor
    from mbegu.corpus.rewrite import Rewriter


def make_rewriter(settings: CleanSettings) -> Rewriter | None:
    """Return the rewriter for the chosen rules, or ``None`` when none is chosen. Raises ``SettingsError`` for unknown rules."""
    from mbegu.corpus.rewrite import Rewriter

    return Rewriter(settings.rules) if settings.rules else None


def make_redactor(settings: CleanSettings) -> Redactor | None:
    """Return the redactor for what is to be replaced or blocked, or ``None`` when nothing is. Raises ``SettingsError`` for unknown regions."""
    if not (settings.private or settings.regions or settings.names or settings.blocked):
        return None
    from mbegu.corpus.private import Redactor

    return Redactor(settings.regions, settings.names, settings.blocked)


def make_identifier(settings: CleanSettings) -> Identifier:
    """Return the language identifier. Raises ``InputError`` or ``DamageError`` when the model that was named is none."""
    from mbegu.corpus.identify import Identifier

    return Identifier.load(Path(settings.identifier) if settings.identifier else None)


class SourcePapers:
    """The papers of sources: those of the ``sources.toml`` beside the files of each root."""

    def __init__(self, roots: Iterable[tuple[str, Path]]) -> None:
        self._roots = [(prefix, Papers.read(folder)) for prefix, folder in roots]

    def of(self, source: str) -> Paper | None:
        """Return the paper of a source, or ``None``."""
        for prefix, papers in sorted(self._roots, key=lambda root: -len(root[0])):
            if source.startswith(prefix):
                return papers.of(source[len(prefix) :])
        return None
