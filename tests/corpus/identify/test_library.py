from __future__ import annotations

import sys

import pytest

from mbegu.core.errors import MissingDependencyError
from mbegu.corpus.identify.identifier import Identifier
from mbegu.corpus.identify.library import Library, iso_639_3, with_collective
from mbegu.corpus.identify.model_file import Model

ENGLISH = "The council will meet again on the first morning of the new month, and everybody may come."


def test_it_names_what_nobody_taught(taught: Model) -> None:
    pytest.importorskip("pycld2")
    language, probability = Library().language_of(ENGLISH) or ("", 0)
    assert language == "eng"
    assert 0.6 < probability <= 0.9
    assert Identifier(taught).lines([ENGLISH])[0].language == "eng"


def test_it_does_not_speak_for_a_language_that_was_taught(taught: Model) -> None:
    pytest.importorskip("pycld2")
    identifier = Identifier(taught)  # swh is taught, and the library knows Swahili as swa

    class AlwaysSwahili(Library):
        def language_of(self, text: str) -> tuple[str, float] | None:
            return "swa", 0.9

    identifier.library = AlwaysSwahili()
    assert identifier.lines([ENGLISH])[0].language == "und"


@pytest.mark.parametrize("text", ["", "12", "a\x00b\x01c", "\ud800", "qwxz"])
def test_where_it_is_not_sure_it_says_nothing(text: str) -> None:
    pytest.importorskip("pycld2")
    assert Library().language_of(text) is None


def test_without_it_the_taught_languages_go_on(monkeypatch: pytest.MonkeyPatch, taught: Model) -> None:
    monkeypatch.setitem(sys.modules, "pycld2", None)
    with pytest.raises(MissingDependencyError, match=r"need 'pycld2', which is not installed. Install it: pip install 'mbegu\[identify\]'"):
        Library()
    assert Identifier(taught).library is None
    assert Identifier(taught).lines([ENGLISH, "Watoto wanacheza nje ya nyumba kila siku"])[1].language == "swh"


@pytest.mark.parametrize(
    ("code", "expected"), [("yo", "yor"), ("iw", "heb"), ("zh-Hant", "zho"), ("ceb", "ceb"), ("un", ""), ("xx-Nkoo", ""), ("zzp", ""), ("tlh", "")]
)
def test_codes_are_those_of_iso_639_3(code: str, expected: str) -> None:
    assert iso_639_3(code) == expected


def test_a_language_is_also_known_by_the_code_of_its_collective() -> None:
    assert with_collective("swh") == {"swh", "swa"}
    assert with_collective("twi") == {"twi", "aka"}
    assert with_collective("yor") == {"yor"}
    assert with_collective("qaa") == {"qaa"}
