"""A folder of documents, opened: its index brought up to date, its dangers checked. What the command line and the server begin with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mbegu.core.report import Say
from mbegu.serve.documents.answer import Answers, Phrase
from mbegu.serve.documents.danger import Danger, read_danger
from mbegu.serve.documents.embed import Embedder, installed_embedder
from mbegu.serve.documents.index import Indexed, index_path, update_index
from mbegu.serve.documents.search import Search
from mbegu.serve.documents.store import Store

DANGER_FILE = "danger.toml"


@dataclass(frozen=True)
class Documents:
    """An open folder of documents. ``language`` is the community's, for users whose own language has no file of words."""

    folder: Path
    store: Store
    search: Search
    danger: Danger
    indexed: Indexed
    language: str = ""

    def answers(self, phrase: Phrase | None = None) -> Answers:
        """Return what answers questions; see ``Answers``."""
        return Answers(self.search, self.danger, phrase, self.language)

    def close(self) -> None:
        """Close the index."""
        self.store.close()


def open_documents(
    folder: Path, say: Say, index: Path | None = None, danger: Path | None = None, language: str = "", embeddings: bool = True
) -> Documents:
    """Open a folder of documents; what is new or changed in it is indexed first.

    Args:
        folder: the documents; only read.
        say: shows the progress.
        index: the index's file; beside the folder by default.
        danger: the file of dangers; by default `danger.toml` in the folder, and none where it is not there.
        language: the community's language.
        embeddings: use them where they are installed.

    Raises:
        SettingsError: the file of dangers has problems (all at once); nothing was indexed then.
        InputError: the folder is not there or holds no documents, or the file of dangers that was named is not there.
        ResourceError: the disk refuses.
    """
    inside = folder / DANGER_FILE
    rules = read_danger(danger) if danger else read_danger(inside) if inside.is_file() else Danger()
    embedder: Embedder | None = installed_embedder() if embeddings else None
    store, indexed = update_index(folder, index or index_path(folder), embedder, say)
    return Documents(folder, store, Search(store, embedder), rules, indexed, language)
