from __future__ import annotations

import pytest
from tests.corpus.material import BILLION_LAUGHS

from mbegu.corpus.findings import BESIDE
from mbegu.corpus.readers.html import markup_text


def test_words_stay_in_their_blocks_and_the_rest_goes() -> None:
    page = """<!DOCTYPE html><html><head><title>x</title><style>p{}</style></head><body>
    <h1>Ìròyìn   òní</h1><p>Ọ̀rọ̀ <b>tó</b> dára<br>gan-an &amp; ni.</p><script>var a = "no";</script>
    <ul><li>iṣu</li><li>ẹ̀wà</li></ul><!-- no --><table><tr><td>1</td><td>àárọ̀</td></tr></table></body></html>"""
    assert markup_text(page) == "Ìròyìn òní\n\nỌ̀rọ̀ tó dára\ngan-an & ni.\n\niṣu\nẹ̀wà\n\n1\nàárọ̀"


def test_the_encoding_that_a_page_names_is_used_when_it_is_not_unicode(read) -> None:  # type: ignore[no-untyped-def]
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1256"></head><body>هذا نص عربي</body></html>'
    made = read("a.html", page.encode("cp1256"))
    assert made.texts == ["هذا نص عربي"]
    assert "cp1256 (as the recipe or the file says)" in made.findings.encodings


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_unicode_wins_over_what_a_page_says(read, codec: str) -> None:  # type: ignore[no-untyped-def]
    page = '<?xml version="1.0" encoding="iso-8859-1"?><html><head><meta charset="latin-1"></head><body>ọ̀rọ̀ ሰላም</body></html>'
    assert read("a.htm", page.encode(codec)).texts == ["ọ̀rọ̀ ሰላም"]


@pytest.mark.parametrize("page", ["", "   ", "<html></html>", "<!-- only -->", "\0\0"])
def test_an_empty_page_is_empty_text(page: str) -> None:
    assert markup_text(page) == ""


def test_deep_nesting_and_entity_bombs_end() -> None:
    assert "ọ" in markup_text("<div>" * 5000 + "ọ" + "</div>" * 5000) or markup_text("<div>" * 5000 + "ọ") == ""
    assert len(markup_text(BILLION_LAUGHS + "<p>&e;</p>")) < 1000


MENU = "".join(f'<li><a href="/{i}">ojú ewé {i}</a></li>' for i in range(8))


@pytest.mark.parametrize(
    "beside",
    [
        f"<nav><ul>{MENU}</ul></nav>",
        f"<header><h2>Ilé</h2>{MENU}</header>",
        "<footer><p>Ẹ kàn sí wa</p></footer>",
        f"<div><ul>{MENU}</ul></div>",
        '<div role="navigation">Ilé</div>',
        "<div hidden>Ilé</div>",
        "<p><a href=/1>ọ̀kan</a> | <a href=/2>èjì</a> | <a href=/3>ẹ̀ta</a></p>",
    ],
)
def test_what_stands_beside_the_text_is_left_out_and_listed(read, beside: str) -> None:  # type: ignore[no-untyped-def]
    made = read("a.html", f"<html><body>{beside}<p>Ọ̀rọ̀ tó dára ni èyí.</p></body></html>")
    assert made.texts == ["Ọ̀rọ̀ tó dára ni èyí."]
    assert [(drop.source, drop.reason) for drop in made.findings.drops] == [("a.html", BESIDE)]
    assert made.findings.drops[0].excerpt


@pytest.mark.parametrize(
    "text",
    [
        '<p>Ó wà ní <a href="/a">ìpínlẹ̀ Ọ̀yọ́</a> tí ó wà ní <a href="/b">ìwọ̀ oòrùn</a> gúúsù orílẹ̀-èdè <a href="/c">Nàìjíríà</a> lónìí.</p>',
        "<article><header><h1>Ìtàn ìlú</h1></header><p>Ọ̀rọ̀.</p></article>",
        f"<ul>{MENU}</ul>",
        "<p>ọmọ tí a bí ní " + " tí ó sì wà ní ".join(["<a href=/>ìlú ńlá olókìkí ti gúúsù</a>"] * 3) + " lónìí yìí.</p><p>Ó tó.</p>",
    ],
)
def test_sentences_with_links_heads_of_articles_and_pages_of_links_stay(read, text: str) -> None:  # type: ignore[no-untyped-def]
    made = read("a.html", f"<html><body>{text}</body></html>")
    assert made.texts[0]
    assert not made.findings.drops


def test_tables_of_data_are_rows_without_columns_of_numbers() -> None:
    rows = "".join(f"<tr><th>{i}</th><td>ọ̀rọ̀  \n{i}</td><td>{i * 7}</td><td><b>ìtumọ̀</b>\u00a0{i}</td></tr>" for i in range(3))
    assert markup_text(f"<p>ṣáájú</p><table>{rows}</table><p>lẹ́yìn</p>") == (
        "ṣáájú\n\nọ̀rọ̀ 0\tìtumọ̀\u00a00\nọ̀rọ̀ 1\tìtumọ̀\u00a01\nọ̀rọ̀ 2\tìtumọ̀\u00a02\n\nlẹ́yìn"
    )
    assert markup_text("<table><tr><th>0</th><td>ọ̀rọ̀</td></tr><tr><th>1</th><td>ẹ̀wà</td></tr></table>") == "ọ̀rọ̀\nẹ̀wà"


def test_tables_that_arrange_a_page_are_read_block_by_block() -> None:
    page = "<table><tr><td><p>ọ̀kan</p><p>èjì</p></td><td>ẹ̀ta</td></tr><tr><td>1</td><td><table><tr><td>ẹ̀rin</td></tr></table></td></tr></table>"
    assert markup_text(page).split() == ["ọ̀kan", "èjì", "ẹ̀ta", "1", "ẹ̀rin"]


@pytest.mark.parametrize("named", ["undefined", "hex", "rot13", "utf-16", "cp037", "no-such"])
def test_an_encoding_that_a_page_cannot_be_in_is_not_believed(read, named: str) -> None:  # type: ignore[no-untyped-def]
    made = read("a.html", f'<meta charset="{named}"><p>Café à côté</p>'.encode("cp1252"))
    assert made.texts == ["Café à côté"]
    assert list(made.findings.encodings) == ["cp1252 (guessed)"]


def test_spaces_without_end_end() -> None:
    assert markup_text(f"<p>ọ̀kan</p><pre>a{' ' * 100_000}b \n </pre><p>èjì</p>") == f"ọ̀kan\n\na{' ' * 100_000}b\n\nèjì"
