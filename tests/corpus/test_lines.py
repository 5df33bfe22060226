from __future__ import annotations

import pytest
from tests.corpus.material import WORDS, story

from mbegu.corpus.findings import ReadError
from mbegu.corpus.lines import bounded_lines, utf8_bytes, whole_lines


def chunks(text: str, size: int) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_lines_are_whole_however_the_text_comes(size: int) -> None:
    text = "ọkan\n\nméjì\nkẹta"
    assert list(whole_lines(chunks(text, size), 100)) == ["ọkan\n", "\n", "méjì\n", "kẹta"]


def test_a_line_over_the_limit_is_refused() -> None:
    with pytest.raises(ReadError, match="a single line of more than 10 B"):
        list(whole_lines(["x" * 11], 10))


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize("size", [3, 50, 100_000])
def test_a_long_line_comes_in_parts_and_nothing_is_lost(language: str, size: int) -> None:
    text = story(1, language, 60).replace("\n", " ") + "\n" + story(2, language)
    parts = list(bounded_lines(chunks(text, size), 400))
    assert "".join(parts) == text
    assert max(map(utf8_bytes, parts)) <= 500
    assert sum(part.endswith("\n") for part in parts) == 1 + story(2, language).count("\n")


@pytest.mark.parametrize("language", list(WORDS))
def test_parts_end_at_the_end_of_a_sentence(language: str) -> None:
    text = story(1, language, 60).replace("\n", " ")
    parts = list(bounded_lines([text], 1200))
    assert len(parts) > 2
    assert all(part.rstrip()[-1] in ".።߹។" for part in parts)


def test_without_a_space_a_part_never_ends_before_a_mark() -> None:
    text = "ọ́" * 500
    parts = list(bounded_lines([text], 301))
    assert "".join(parts) == text
    assert all(part.startswith("ọ") for part in parts)
