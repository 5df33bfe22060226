"""The settings of reading: what no file could be read with is refused before the first file is opened."""

from __future__ import annotations

import pytest

from mbegu.core.errors import SettingsError
from mbegu.corpus.settings import CorpusSettings, require_encoding


@pytest.mark.parametrize("name", ["nosuch", "rot13", "base64", "a\x00b", "undefined"])
def test_an_encoding_that_is_none_is_refused_by_name(name: str) -> None:
    with pytest.raises(SettingsError, match="is no encoding of text") as caught:
        require_encoding(CorpusSettings(encoding=name))
    assert "cp1252" in caught.value.one_line() and "\n" not in caught.value.one_line()


@pytest.mark.parametrize("name", ["", "cp1252", "latin-1", "CP1256", "gb18030"])
def test_an_encoding_that_there_is_is_taken(name: str) -> None:
    require_encoding(CorpusSettings(encoding=name))
