from __future__ import annotations

import csv
import io

import pytest
from tests.corpus.material import WORDS, story

from mbegu.corpus.findings import BROKEN_ROW, ReadError
from mbegu.corpus.readers import delimited

HEAD = ["category", "headline", "text", "url"]


def table(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize(("name", "delimiter"), [("a.tsv", "\t"), ("a.csv", ","), ("a.csv", ";"), ("a.csv", "|")])
def test_the_column_with_the_longest_text_is_found(read, language: str, name: str, delimiter: str) -> None:  # type: ignore[no-untyped-def]
    rows = [["news", "ọ̀rọ̀", story(i, language), "https://example.org/" + "a" * 900] for i in range(5)]
    made = read(name, table([HEAD, *rows], delimiter))
    assert made.texts == [story(i, language) for i in range(5)]
    assert "text taken from column 'text'" in made.findings.notes[0][1]


def test_a_table_without_a_head_loses_no_row(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.csv", table([[str(i), story(i).replace("\n", " ")] for i in range(5)]))
    assert len(made.texts) == 5


def test_a_single_column_of_sentences_is_read(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.csv", "".join(f"Ọmọ {i} lọ sí ilé ìwé\n" for i in range(5)))
    assert len(made.texts) == 5


def test_ragged_rows_are_listed_and_the_others_read(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.csv", table([["n", "text"], ["1", story(1)], ["2"], ["3", story(3), "more", "and more"]]))
    assert made.texts == [story(1), story(3)]
    assert made.findings.dropped == {BROKEN_ROW: 1}
    assert made.findings.drops[0].detail == "it has 1 cells, the text is in cell 2"


def test_a_missing_column_names_those_there_are(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="no column 'txt'; the columns are 'category', 'headline', 'text', 'url'"):
        read("a.tsv", table([HEAD, ["a", "b", story(1), "c"]], "\t"), column="txt")


def test_the_named_column_is_taken(read) -> None:  # type: ignore[no-untyped-def]
    assert read("a.tsv", table([HEAD, ["a", "ọ̀rọ̀", story(1), "c"]], "\t"), column="headline").texts == ["ọ̀rọ̀"]


def test_a_quotation_mark_that_never_closes_costs_nothing(read) -> None:  # type: ignore[no-untyped-def]
    rows = "n\ttext\n" + "".join(f"{i}\t{chr(34) if i == 2 else ''}{story(i)[:60]}\n" for i in range(5))
    made = read("a.tsv", rows.replace("\n\n", "\n"))
    assert len(made.texts) == 5
    assert "do not close" in made.findings.notes[0][1]


def test_quoted_cells_may_hold_lines(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.csv", table([["Title", "Text"], ["a", 'ọ̀rọ̀ kan,\n\nọ̀rọ̀ "méjì" tí ó gùn jù ti ìṣáájú lọ gan-an ni']]))
    assert made.texts == ['ọ̀rọ̀ kan,\n\nọ̀rọ̀ "méjì" tí ó gùn jù ti ìṣáájú lọ gan-an ni']


def test_a_huge_cell_is_read(read) -> None:  # type: ignore[no-untyped-def]
    huge = "ọ̀rọ̀ " * 400_000
    made = read("a.csv", table([["text"], [huge]]))
    assert made.texts == [huge]


def test_a_cell_over_the_limit_is_refused_with_the_line(read, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(delimited, "FIELD_LIMIT_CHARACTERS", 1000)
    with pytest.raises(ReadError, match="do its quotation marks close"):
        read("a.csv", table([["text"], [story(1)], ["x\n" * 600]]))


def test_a_head_without_rows_says_so(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="no row below the head; the columns are 'category', 'text'"):
        read("a.tsv", "category\ttext\n", column="text")


def test_the_limit_of_the_csv_module_is_left_as_it_was(read) -> None:  # type: ignore[no-untyped-def]
    before = csv.field_size_limit()
    read("a.csv", table([["text"], [story(1)]]))
    assert csv.field_size_limit() == before
