from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from tests.corpus.identify.conftest import sample_lines
from tests.corpus.material import sentence

from mbegu.core.errors import InputError
from mbegu.corpus.identify import UNKNOWN, Guess, Identifier, Span
from mbegu.corpus.identify.by_script import SCRIPT_CERTAINTY
from mbegu.corpus.identify.model_file import Model
from mbegu.corpus.identify.teaching import overrule

MIXED = "Watoto wanacheza nje ya nyumba kila siku. Àwọn ọmọ ń ṣeré ní ìta ilé wa lójoojúmọ́."


@pytest.mark.parametrize("code", ["yor", "swh"])
def test_lines_that_did_not_teach_are_known(identifier: Identifier, code: str) -> None:
    lines = [line for line in sample_lines(code, is_test=True) if len(line) > 40]
    guesses = identifier.lines(lines)
    assert len(lines) > 50
    assert sum(guess.language == code for guess in guesses) >= 0.98 * len(lines)
    assert all(0 <= guess.probability <= 1 for guess in guesses)


@pytest.mark.parametrize("code", ["amh", "nqo", "ara", "khm"])
def test_other_scripts_are_known(identifier: Identifier, code: str) -> None:
    guess = identifier.lines([sentence(77, code)])[0]
    assert guess.language == code
    assert guess.probability > 0.9


def test_text_that_is_typed_without_marks_is_still_known(identifier: Identifier) -> None:
    lines = [line for line in sample_lines("yor", is_test=True) if len(line) > 40]
    bare = ["".join(each for each in unicodedata.normalize("NFD", line) if not unicodedata.combining(each)) for line in lines]
    assert sum(guess.language == "yor" for guess in identifier.lines(bare)) >= 0.95 * len(lines)


@pytest.mark.parametrize(
    "line",
    [
        "The council will meet again on the first morning of the new month.",
        "Pracujemy nad tym od wielu lat i nie mamy zamiaru teraz przestać.",
        "Wxq zzkrt pphlm bvvn qqrs ttkzz wrrtx",
        "Сегодня утром мы ходили на рынок за хлебом.",
        "",
        "12:45 – 13:00",
        "😂😂",
    ],
)
def test_what_nobody_taught_is_unknown(identifier: Identifier, line: str) -> None:
    assert identifier.lines([line])[0].language == UNKNOWN


def test_a_script_of_one_language_gives_it_away_without_teaching() -> None:
    plain = Identifier.load(None, with_library=False)
    lines = ["ߒߞߏ ߞߊ߲ ߛߓߍ", "ខ្មែរ កុមារ", "ꕙꔤ ꕞꕌ", "𞤆𞤵𞤤𞤢𞤪", "ሰላም ለልጆች", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "ọmọ wa"]
    assert [guess.language for guess in plain.lines(lines)] == ["nqo", "khm", "vai", "ful", UNKNOWN, UNKNOWN, UNKNOWN]
    assert plain.lines(lines)[0].probability == SCRIPT_CERTAINTY


def test_with_nothing_taught_a_line_of_two_scripts_is_in_the_one_of_most_of_its_letters() -> None:
    plain = Identifier.load(None, with_library=False)
    lines = [f"{sentence(5, 'khm')} radio", "radio mbili tatu nne tano sita ខ្មែរ", f"{sentence(5, 'nqo')} 12", "😂"]
    assert [guess.language for guess in plain.lines(lines)] == ["khm", UNKNOWN, "nqo", UNKNOWN]


def test_many_lines_at_once_are_said_what_each_is_said_alone(identifier: Identifier) -> None:
    lines = [*sample_lines("yor", is_test=True)[:30], "", *sample_lines("swh", is_test=True)[:30], sentence(5, "amh"), sentence(6, "khm")]
    alone = [identifier.lines([line])[0] for line in lines]
    assert identifier.lines(lines) == alone
    assert identifier.lines([]) == []


def test_a_line_that_mixes_languages_is_cut_where_it_changes(identifier: Identifier) -> None:
    spans = identifier.spans(MIXED)
    assert [span.language for span in spans] == ["swh", "yor"]
    assert MIXED[spans[0].start : spans[0].end] == "Watoto wanacheza nje ya nyumba kila siku"
    assert MIXED[spans[1].start : spans[1].end] == "Àwọn ọmọ ń ṣeré ní ìta ilé wa lójoojúmọ́"
    assert all(span.probability > 0.9 for span in spans)


def test_scripts_that_change_within_a_line(identifier: Identifier) -> None:
    line = f"  {sentence(3, 'amh')} {sentence(3, 'khm')}"
    assert [span.language for span in identifier.spans(line)] == ["amh", "khm"]


def test_a_line_in_one_language_is_one_span_without_the_spaces_around_it(identifier: Identifier) -> None:
    text = f"  {sample_lines('yor', is_test=True)[3]} "
    guess = identifier.lines([text])[0]
    assert identifier.spans(text) == [Span(2, len(text) - 1, *guess)]
    assert identifier.spans("   ") == []


def test_an_unknown_whole_gets_the_language_of_most_of_it(identifier: Identifier) -> None:
    guess, spans = identifier.marked(MIXED, Guess(UNKNOWN, 0.7))
    assert len(spans) == 2
    assert guess.language in ("swh", "yor")
    assert 0.4 < guess.probability < 0.7
    assert identifier.marked(MIXED, Guess("swh", 0.6))[0] == Guess("swh", 0.6)


def test_a_person_overrules_it(taught: Model) -> None:
    line = "Ọjọ́ kan ni ìjàpá lọ sí oko."
    model = Model(dict(taught.languages))
    overrule(model, unicodedata.normalize("NFD", f" {line}\n"), "pcm")
    own = Identifier(model, with_library=False)
    assert own.lines([line, f"{line} ", line + "x"]) == [Guess("pcm", 1.0), Guess("pcm", 1.0), own.lines([line + "x"])[0]]
    assert own.lines([line + "x"])[0].language == "yor"
    assert own.spans(line) == [Span(0, len(line), "pcm", 1.0)]


def test_without_the_file_of_a_model_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no such model of languages .*Teach a language first: mbegu identify teach"):
        Identifier.load(tmp_path / "none.npz")
