from __future__ import annotations

from pathlib import Path

import pytest
from tests.serve.documents.material import LEAFLETS, QUIET, write_folder

from mbegu.core.errors import SettingsError
from mbegu.serve.documents.index import index_path
from mbegu.serve.documents.library import open_documents

RULES = 'person = "Bi Amina"\n[[danger]]\nname = "x"\nwords = ["nyoka"]\ninstructions = {swa = "Nenda."}\n'


def test_the_dangers_of_the_folder_count(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hati", {**LEAFLETS, "danger.toml": RULES})
    documents = open_documents(folder, QUIET, embeddings=False)
    assert documents.answers().answer("nyoka", "swa").instruction == "Nenda."
    assert "danger.toml" not in documents.store.files()
    documents.close()


def test_a_wrong_danger_stops_everything_before_the_first_file_is_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hati", {**LEAFLETS, "danger.toml": RULES.replace("name", "nam")})
    with pytest.raises(SettingsError, match="there is no key 'nam'"):
        open_documents(folder, QUIET, embeddings=False)
    assert not index_path(folder).exists()
