"""The stages that cleaning calls besides its own: rewriting, identification, papers. Each is loaded when it is asked for."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mbegu.corpus.admit import Admission
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.papers import Papers
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


def make_admission(settings: CleanSettings, roots: Iterable[tuple[str, Path]], lists: Path, day: datetime.date) -> Admission:
    """Return who decides which documents may be used.

    Args:
        settings: of cleaning.
        roots: for each path that is cleaned what stands before the names of its files, and the folder where its ``sources.toml`` lies.
        lists: the folder with the list of what was withdrawn.
        day: the day that it is.

    Raises:
        SettingsError: a ``sources.toml`` is wrong.
        DamageError: the list of what was withdrawn is damaged.
    """
    papers = Papers.read_all([(folder, prefix) for prefix, folder in roots])
    return Admission(papers, Withdrawn.read(lists), settings.require_licence, day)
