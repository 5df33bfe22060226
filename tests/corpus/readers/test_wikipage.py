from __future__ import annotations

import pytest

from mbegu.corpus.readers.wikipage import _unmarked

HEAD = "title:\nÌbàdàn\n\nurl:\nhttps://example.org/wiki?curid=1\n\ntext:\n"


def test_the_address_goes_and_links_become_words(read) -> None:  # type: ignore[no-untyped-def]
    body = '"\nÌbàdàn jẹ́ &lt;a href="ìlú"&gt;ìlú&lt;/a&gt; ""ńlá"" ní Ọ̀yọ́.\n=Ìtàn=\nỌdún 1829."\n'
    made = read("Ìbàdàn.txt", HEAD + body)
    assert [line for line in made.texts[0].split("\n") if line] == ["Ìbàdàn", 'Ìbàdàn jẹ́ ìlú "ńlá" ní Ọ̀yọ́.', "Ìtàn", "Ọdún 1829."]
    assert made.findings.formats == {"wikipage": 1}


def test_rows_of_tables_and_pairs_of_boxes_keep_their_marks_for_the_filters(read) -> None:  # type: ignore[no-untyped-def]
    body = "Ìlú ni.\n\n| Ọdún | Iye |\n| --- | --- |\n| 1829 | 100 |\n\n# Infobox\n\n- **Orúkọ :**: Ìbàdàn\n"
    lines = [line for line in read("a.txt", HEAD + body).texts[0].split("\n") if line]
    assert lines == ["Ìbàdàn", "Ìlú ni.", "| Ọdún | Iye |", "| --- | --- |", "| 1829 | 100 |", "Infobox", "- **Orúkọ :**: Ìbàdàn"]


@pytest.mark.parametrize("text", ["title:\nọ̀rọ̀ kan\n\nọ̀rọ̀ mìíràn ni èyí.\n", "url: x\ntitle: y\n", "ọ̀rọ̀\n" + HEAD])
def test_text_that_only_has_such_words_is_text(read, text: str) -> None:  # type: ignore[no-untyped-def]
    assert read("a.txt", text).findings.formats == {"text": 1}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("== Ìtàn ==", "Ìtàn"),
        ("=Ìtàn==", "Ìtàn="),
        ("==Ìtàn=", "==Ìtàn="),
        ("= =", "= ="),
        ("=" + " " * 100_000 + "x", "=" + " " * 100_000 + "x"),
    ],
)
def test_headings_are_plain_lines_and_a_hostile_line_ends(line: str, wanted: str) -> None:
    assert _unmarked(line + "\n", False) == wanted + "\n"
