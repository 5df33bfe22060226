from __future__ import annotations

import pytest
from tests.corpus.material import BILLION_LAUGHS, WORDS, odt, sentence, zipped

from mbegu.corpus.findings import BOMB, DAMAGED, PROTECTED, ReadError


@pytest.mark.parametrize("language", list(WORDS))
def test_paragraphs_become_lines(read, language: str) -> None:  # type: ignore[no-untyped-def]
    lines = [sentence(i, language) for i in range(3)]
    assert read("a.odt", odt("".join(f"<text:p>{line}</text:p>" for line in lines))).texts == ["\n".join(lines) + "\n"]


def test_spaces_tabs_spans_and_nothing_deleted_or_annotated(read) -> None:  # type: ignore[no-untyped-def]
    body = (
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>\n <text:h>Àkọlé</text:h>"
        '<text:p>ọ<text:s text:c="2"/><text:span>b</text:span>d<text:tab/>e<text:line-break/>g'
        "<office:annotation><text:p>remark</text:p></office:annotation>h</text:p>"
    )
    assert read("a.odt", odt(body)).texts == ["Àkọlé\nọ  bd\te\ngh\n"]


def test_an_entity_bomb_is_refused(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="declares XML entities") as caught:
        read("a.odt", odt("<text:p>&e;</text:p>", BILLION_LAUGHS))
    assert caught.value.reason == BOMB


def test_a_locked_document_is_told(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="save it without a password") as caught:
        read("a.odt", zipped({"META-INF/manifest.xml": "<m:encryption-data/>", "content.xml": b"\x8f\x01\x02"}))
    assert caught.value.reason == PROTECTED


def test_a_damaged_document_is_told(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match=r"'content.xml' is missing") as caught:
        read("a.odt", zipped({"mimetype": "x"}))
    assert caught.value.reason == DAMAGED
