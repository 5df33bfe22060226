from __future__ import annotations

import pytest
from tests.corpus.material import BILLION_LAUGHS, epub, zipped

from mbegu.corpus.findings import BOMB, DAMAGED, PROTECTED, ReadError

CHAPTERS = {"a.xhtml": "<p>Orí kẹta</p>", "b.xhtml": "<p>Orí kìn-ín-ní</p>", "c.xhtml": "<p>ምዕራፍ</p>", "unused.xhtml": "<p>no</p>"}


def test_chapters_come_in_the_order_of_the_spine(read) -> None:  # type: ignore[no-untyped-def]
    assert read("a.epub", epub(CHAPTERS, ["b.xhtml", "c.xhtml", "a.xhtml"])).texts == ["Orí kìn-ín-ní\n\nምዕራፍ\n\nOrí kẹta"]


def test_an_entity_bomb_is_refused(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError) as caught:
        read("a.epub", epub(CHAPTERS, ["a.xhtml"], BILLION_LAUGHS))
    assert caught.value.reason == BOMB


def test_locked_chapters_are_told_and_locked_fonts_do_no_harm(read) -> None:  # type: ignore[no-untyped-def]
    lock = '<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:CipherReference URI="{}"/></encryption>'
    with pytest.raises(ReadError, match="its chapters are locked") as caught:
        read("a.epub", epub(CHAPTERS, ["a.xhtml"], extra={"META-INF/encryption.xml": lock.format("OEBPS/a.xhtml")}))
    assert caught.value.reason == PROTECTED
    assert read("a.epub", epub(CHAPTERS, ["a.xhtml"], extra={"META-INF/encryption.xml": lock.format("OEBPS/f.otf")})).texts == ["Orí kẹta"]


@pytest.mark.parametrize("data", [zipped({"a": "b"}), epub(CHAPTERS, []), epub({"a.xhtml": "x"}, ["a.xhtml"])[:-40]])
def test_a_damaged_book_is_told(read, data: bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError) as caught:
        read("a.epub", data)
    assert caught.value.reason == DAMAGED
