"""The report on a corpus: what it is made of, how it is written, what was left out, and what to collect next."""

from __future__ import annotations

from pathlib import Path

from mbegu.core import durable
from mbegu.corpus.report.folder import open_folder

__all__ = ["open_folder", "write_report"]


def write_report(folder: Path) -> Path:
    """Write report.html for the output of `mbegu corpus clean` or for a project.

    Args:
        folder: the folder, see ``open_folder``.

    Returns:
        The page, a single file that needs nothing else.

    Raises:
        InputError: there is no corpus in the folder.
        DamageError: a file of it is damaged.
    """
    from mbegu.corpus.report.facts import gather
    from mbegu.corpus.report.page import page_html

    corpus = open_folder(folder)
    durable.write_text(corpus.page, page_html(gather(corpus)))
    return corpus.page
