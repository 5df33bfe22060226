"""Stop texts are found whatever the pieces."""

from __future__ import annotations

import random

import pytest

from mbegu.serve.stops import StopFinder


def written(text: str, stops: list[str], cuts: random.Random) -> tuple[str, bool]:
    finder, shown, place = StopFinder(stops), "", 0
    while place < len(text) and not finder.is_found:
        step = cuts.randint(1, 3)
        shown += finder.add(text[place : place + step])
        place += step
    return shown + finder.rest(), finder.is_found


@pytest.mark.parametrize("stops", [["ọ̀rọ̀"], ["aab", "ab"], ["b"], ["\n\n", "ẹ́"], []])
def test_it_is_as_if_the_whole_text_was_searched(stops: list[str]) -> None:
    draws = random.Random(1)
    for _ in range(500):
        text = "".join(draws.choice(["a", "b", "ọ̀", "r", "\n", "ẹ", "\u0301"]) for _ in range(draws.randint(0, 12)))
        places = [text.find(stop) for stop in stops if stop in text]
        shown, is_found = written(text, stops, draws)
        assert is_found is bool(places)
        # a shorter stop text that is whole first ends the text, even inside a longer one that began before it
        ends = [text.find(stop) + len(stop) for stop in stops if stop in text]
        assert shown == (text if not places else shown)
        assert text.startswith(shown)
        if places:
            assert len(shown) <= min(ends)
            assert not any(stop in shown for stop in stops)
        if len(stops) == 1 and places:
            assert shown == text[: places[0]]


def test_what_may_be_a_stop_is_held_back() -> None:
    finder = StopFinder(["abc"])
    assert [finder.add("xa"), finder.add("b"), finder.add("d"), finder.add("abc")] == ["x", "", "abd", ""]
    assert finder.is_found
    assert finder.add("more") == ""
