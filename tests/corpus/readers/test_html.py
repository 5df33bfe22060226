from __future__ import annotations

import pytest
from tests.corpus.material import BILLION_LAUGHS

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
