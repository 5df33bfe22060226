from __future__ import annotations

import io

import pytest

from mbegu.corpus.findings import EMPTY, Findings, ReadError
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.languages import same_language
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import RawText, Source

TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header srclang="en" datatype="plaintext"/><body>
<tu tuid="1"><tuv xml:lang="en"><seg>Wash your
  hands.</seg></tuv><tuv xml:lang="sw"><seg>Nawa <bpt i="1">&lt;b&gt;</bpt>mikono<ept i="1">&lt;/b&gt;</ept> <hi>yako</hi>.</seg></tuv></tu>
<tu><tuv lang="en"><seg>Stay at home.</seg></tuv><tuv xml:lang="sw"><seg>Kaa nyumbani.</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>Only one side.</seg></tuv></tu>
</body></tmx>"""


def texts(language: str) -> tuple[list[RawText], Findings]:
    findings = Findings()
    source = Source("a.tmx", len(TMX), lambda: io.BytesIO(TMX.encode()))
    found = list(read_source(source, Context(CorpusSettings(), findings, language=language)))
    return [RawText(raw.source, raw.place, ["".join(raw.chunks)], raw.language) for raw in found], findings


def test_the_side_in_the_language_of_the_project_is_taken() -> None:
    made, findings = texts("swh_Latn")
    assert made == [RawText("a.tmx", "sw", ["Nawa mikono yako.\nKaa nyumbani.\n"], "swh_Latn")]
    assert findings.notes == [("a.tmx", "sides in other languages were left out: en (3)")]


@pytest.mark.parametrize("language", ["", "yor_Latn"])
def test_else_each_side_is_a_text_that_names_its_language(language: str) -> None:
    made, _ = texts(language)
    assert [(raw.place, raw.language) for raw in made] == [("en", "eng"), ("sw", "swh")]
    assert made[0].chunks == ["Wash your hands.\nStay at home.\nOnly one side.\n"]


def test_a_memory_without_segments_is_told(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="no segments") as caught:
        read("a.tmx", "<tmx><body/></tmx>")
    assert caught.value.reason == EMPTY


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("sw", "swh_Latn", True),
        ("sw-KE", "swa", True),
        ("yo", "yor", True),
        ("am", "amh_Ethi", True),
        ("om", "gaz_Latn", True),
        ("qaa", "qaa_Latn", True),
        ("en", "yor", False),
        ("", "yor", False),
        ("", "", False),
        ("xx", "yor", False),
    ],
)
def test_codes_of_one_language(first: str, second: str, same: bool) -> None:
    assert same_language(first, second) is same
