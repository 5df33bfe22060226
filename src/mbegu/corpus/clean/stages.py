"""The stages that cleaning calls besides its own: rewriting, identification, papers. Each is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mbegu.core.documents import Document
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.papers import Papers as SourcePapers
from mbegu.corpus.withdrawn import Withdrawn

if TYPE_CHECKING:
    from mbegu.corpus.identify import Identifier
    from mbegu.corpus.rewrite import Rewriter


def make_rewriter(settings: CleanSettings) -> Rewriter | None:
    """Return the rewriter for the chosen rules, or ``None`` when none is chosen. Raises ``SettingsError`` for unknown rules."""
    from mbegu.corpus.rewrite import Rewriter

    return Rewriter(settings.rules) if settings.rules else None


def make_identifier(settings: CleanSettings) -> Identifier:
    """Return the language identifier. Raises ``InputError`` or ``DamageError`` when the model that was named is none."""
    from mbegu.corpus.identify import Identifier

    return Identifier.load(Path(settings.identifier) if settings.identifier else None)


class Papers:
    """The papers of all sources, and what was withdrawn.

    Args:
        roots: for each path that is cleaned what stands before the names of its files, and the folder where its ``sources.toml`` lies.
        out: the folder that is written to, with the list of what was withdrawn from it.

    Raises:
        SettingsError: a ``sources.toml`` is wrong.
        DamageError: the list of what was withdrawn is damaged.
    """

    def __init__(self, roots: Iterable[tuple[str, Path]], out: Path) -> None:
        self._papers = SourcePapers.read_all([(folder, prefix) for prefix, folder in roots])
        self._withdrawn = Withdrawn.read(out)

    def on(self, document: Document) -> Document | None:
        """Return a document with its papers; ``None`` when it was withdrawn."""
        document = self._papers.of(document.source).on(document)
        return None if self._withdrawn.refuses(document) else document
