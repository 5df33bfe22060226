from __future__ import annotations

import pytest
from tests.corpus.identify.conftest import from_lines, sample_lines
from tests.corpus.material import sentence

from mbegu.core.errors import InputError
from mbegu.corpus.identify.identifier import Identifier
from mbegu.corpus.identify.model_file import Model, line_key
from mbegu.corpus.identify.teaching import forget, overrule, teach


def test_held_back_lines_say_how_well_it_is_told_from_the_others() -> None:
    model = Model()
    yor, swh = sample_lines("yor", is_test=False), sample_lines("swh", is_test=False)
    teach(model, "yor", yor, from_lines(yor))
    result = teach(model, "swh", swh, from_lines(swh))
    assert result.lines == len(swh[::5])
    assert result.right + sum(result.taken_for.values()) == result.lines
    assert result.right >= 0.95 * result.lines
    twin = teach(model, "kde", swh, from_lines(swh))  # the same text under another code cannot be told apart
    assert twin.taken_for.get("swh", 0) > 0.2 * twin.lines


def test_a_language_can_be_taught_more_in_a_new_script_too() -> None:
    model = Model()
    first, second = [sentence(number, "yor") for number in range(40)], [sentence(number, "ara") for number in range(40)]
    teach(model, "yor", first, from_lines(first, "a.txt"))
    teach(model, "yor", second, from_lines(second, "b.txt"))
    taught = model.languages["yor"]
    assert [each.name for each in taught.sources] == ["a.txt", "b.txt"]
    assert taught.counts.scripts == ("Arab", "Latn")
    assert [guess.language for guess in Identifier(model, with_library=False).lines([sentence(99, "yor"), sentence(99, "ara")])] == ["yor", "yor"]


def test_the_same_file_does_not_teach_twice() -> None:
    model, lines = Model(), [sentence(number) for number in range(20)]
    teach(model, "yor", lines, from_lines(lines))
    with pytest.raises(InputError, match=r"'yor' was taught from this very file before \(own.txt\)"):
        teach(model, "yor", lines, from_lines(lines))


@pytest.mark.parametrize("lines", [[], ["ọmọ wa " * 200], ["ọmọ"] * 20, ["12 34 56 78 " * 20] * 10])
def test_too_little_text_is_refused(lines: list[str]) -> None:
    model = Model()
    with pytest.raises(InputError, match=r"too little text to learn 'yor' from: \d+ lines with \d+ letters .*Give at least 5 lines"):
        teach(model, "yor", lines, from_lines(lines))
    assert not model.languages


def test_what_is_forgotten_is_gone(taught: Model) -> None:
    model = Model(dict(taught.languages))
    overrule(model, "ọjọ́ dára", "swh")
    overrule(model, "siku njema", "yor")
    assert forget(model, "swh") == 1
    assert "swh" not in model.languages
    assert list(model.overruled) == [line_key("siku njema")]
    with pytest.raises(InputError, match=r"'swh' was not taught.*lists the taught languages: amh, ara, khm, nqo, yor"):
        forget(model, "swh")
