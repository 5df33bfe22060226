"""Languages of lines: which are wrong, what a mixed line is, what a document's meta says."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.corpus.conftest import put
from tests.corpus.identify.conftest import SAMPLES, from_lines, sample_lines

from mbegu.core.documents import read_documents
from mbegu.core.errors import SettingsError
from mbegu.core.report import Say
from mbegu.corpus.clean import tag
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.identify.identifier import Guess, Identifier
from mbegu.corpus.identify.model_file import Model, write_model
from mbegu.corpus.identify.teaching import teach

MIXED = "Watoto wanacheza nje ya nyumba kila siku. Àwọn ọmọ ń ṣeré ní ìta ilé wa lójoojúmọ́."
WRONG = "Watoto wanacheza nje ya nyumba kila siku na mama anapika chakula jikoni."


@pytest.fixture(scope="module")
def taught() -> Model:
    model = Model()
    for code in SAMPLES:
        lines = sample_lines(code, is_test=False)
        teach(model, code, lines, from_lines(lines, code))
    return model


@pytest.fixture(scope="module")
def identifier(taught: Model) -> Identifier:
    return Identifier(taught, with_library=False)


def test_a_line_mixed_with_a_wanted_language_is_not_wrong(identifier: Identifier) -> None:
    lines = [MIXED, WRONG, WRONG, WRONG, WRONG]
    guesses = [Guess("swh", 0.97), Guess("swh", 0.97), Guess("swh", 0.5), Guess("und", 0.99), Guess("yor", 0.99)]
    assert tag.wrong_lines(lines, guesses, ["yor"], 0.9, identifier) == [False, True, False, False, False]
    assert tag.wrong_lines(lines, guesses, ["swa"], 0.9, identifier) == [False, False, False, False, True]


def test_a_part_of_a_macrolanguage_is_what_the_macrolanguage_is() -> None:
    assert tag.is_one_of("swh", ["yor", "swa"])
    assert tag.is_one_of("swa", ["swh"])
    assert not tag.is_one_of("yor", ["swa"])
    assert not tag.is_one_of("yor", [])


def test_lines_in_another_language_are_dropped_and_mixed_ones_stay(tmp_path: Path, taught: Model) -> None:
    prose = [line for line in sample_lines("yor", is_test=True) if len(line) > 60][:8]
    put(tmp_path / "text", {"a.txt": "\n".join([*prose[:4], WRONG, MIXED, *prose[4:]]) + "\n"})
    write_model(tmp_path / "model.npz", taught)
    texts, model = (str(tmp_path / "text"),), str(tmp_path / "model.npz")
    settings = CleanSettings(paths=texts, language="yor", document="file", keep_languages=("yor",), identifier=model)
    clean(settings, tmp_path / "out", Say(io.StringIO(), quiet=True))
    (document,) = read_documents(tmp_path / "out" / "kept.parquet")
    assert WRONG not in document.text
    assert MIXED in document.text
    assert json.loads(document.meta["languages"])["yor"] > 0.8


def test_a_wrong_code_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Yoruba"):
        clean(CleanSettings(paths=(str(tmp_path),), language="yor", keep_languages=("Yoruba",)), tmp_path / "out", Say(io.StringIO(), quiet=True))


def test_spans_are_stretches_of_lines_in_one_language() -> None:
    lines = ["ọmọ", "", "ilé", "watoto", "ọjà"]
    guesses = [Guess("yor", 0.9), Guess("und", 1.0), Guess("yor", 0.95), Guess("swh", 0.9), Guess("yor", 0.9)]
    text = "\n".join(lines)
    meta = tag.meta_of(lines, guesses, {"yor": 0.6, "swh": 0.4})
    spans = json.loads(meta["spans"])
    assert [(text[start:end], language, probability) for start, end, language, probability in spans] == [
        ("ọmọ\n\nilé", "yor", 0.95),
        ("watoto", "swh", 0.9),
        ("ọjà", "yor", 0.9),
    ]
    assert "spans" not in tag.meta_of(lines, guesses, {"yor": 0.95, "swh": 0.05})


class Counting:
    """An identifier that says a language by the first letter, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def lines(self, texts: Sequence[str]) -> list[Guess]:
        self.asked += texts
        return [Guess("yor" if text[0] == "ọ" else "hau", 0.9) for text in texts]


def test_short_lines_are_asked_about_once_and_lines_that_are_gone_never() -> None:
    identifier = Counting()
    languages = tag.LineLanguages(identifier)
    long = "ɗ" * (tag.SHORT_CHARACTERS + 1)
    for _ in range(2):
        guesses = languages.some(["ọjà", "gone", "ɗaki", "ọjà", long], [0, 2, 3, 4])
        assert [guess.language for guess in guesses] == ["yor", tag.UNKNOWN, "hau", "yor", "hau"]
    assert identifier.asked == ["ọjà", "ɗaki", long, long]
