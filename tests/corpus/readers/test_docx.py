from __future__ import annotations

import pytest
from tests.corpus.material import BILLION_LAUGHS, WORDS, docx, sentence, zipped

from mbegu.corpus.findings import BOMB, DAMAGED, ReadError
from mbegu.corpus.readers.docx import document_text

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


@pytest.mark.parametrize("language", list(WORDS))
def test_paragraphs_become_lines(read, language: str) -> None:  # type: ignore[no-untyped-def]
    lines = [sentence(i, language) for i in range(3)]
    assert read("a.docx", docx(lines)).texts == ["\n".join(lines) + "\n"]


def test_tabs_breaks_tables_and_nothing_deleted() -> None:
    data = (
        f"<w:document {NAMES}><w:body><w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>ọ</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>d</w:t></w:r>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>iṣu</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<mc:AlternateContent><mc:Choice><w:p><w:r><w:t>once</w:t></w:r></w:p></mc:Choice><mc:Fallback><w:p><w:r><w:t>once</w:t></w:r></w:p>"
        "</mc:Fallback></mc:AlternateContent></w:body></w:document>"
    )
    assert document_text(data.encode()) == "ọ\tb\nd\niṣu\nonce\n"


@pytest.mark.parametrize("names", [NAMES, NAMES.replace("schemas.openxmlformats.org/wordprocessingml/2006", "purl.oclc.org/ooxml/wordprocessingml")])
def test_moved_text_is_read_where_it_is_and_not_where_it_was(names: str) -> None:
    data = (
        f"<w:document {names}><w:body><w:p><w:moveFromRangeStart w:id='1' w:name='m'/>"
        "<w:moveFrom w:id='2'><w:r><w:t>Ẹ sè omi.</w:t></w:r></w:moveFrom>"
        "<w:moveFromRangeEnd w:id='1'/><w:r><w:t>Kí ẹ tó mu ún.</w:t></w:r></w:p>"
        "<w:p><w:pPr><w:rPr><w:moveFrom w:id='3'/></w:rPr></w:pPr><w:moveFrom w:id='4'><w:r><w:t>Ẹ fọwọ́.</w:t><w:tab/></w:r></w:moveFrom></w:p>"
        "<w:p><w:moveTo w:id='5'><w:r><w:t>Ẹ sè omi.</w:t></w:r></w:moveTo></w:p></w:body></w:document>"
    )
    assert document_text(data.encode()) == "Kí ẹ tó mu ún.\n\nẸ sè omi.\n"


def test_an_entity_bomb_is_refused(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="declares XML entities") as caught:
        read("a.docx", docx(["&e;"], BILLION_LAUGHS))
    assert caught.value.reason == BOMB


def test_an_entity_bomb_in_utf_16_is_refused(read) -> None:  # type: ignore[no-untyped-def]
    xml = (
        '<?xml version="1.0" encoding="UTF-16"?>' + BILLION_LAUGHS + f"<w:document {NAMES}><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:document>"
    ).encode("utf-16")
    with pytest.raises(ReadError) as caught:
        read("a.docx", zipped({"word/document.xml": xml}))
    assert caught.value.reason == BOMB


def test_a_file_from_the_disk_is_not_pulled_in(read, tmp_path) -> None:  # type: ignore[no-untyped-def]
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    doctype = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
    with pytest.raises(ReadError, match="declares XML entities"):
        read("a.docx", docx(["&s;"], doctype))


@pytest.mark.parametrize("data", [b"no zip", docx(["ọ"])[:-30], zipped({"other.xml": "<a/>"}), zipped({"word/document.xml": "<a><b></a>"})])
def test_a_damaged_document_is_told(read, data: bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError) as caught:
        read("a.docx", data)
    assert caught.value.reason == DAMAGED


def test_a_bomb_inside_is_told_before_it_is_unpacked(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="would unpack from") as caught:
        read("a.docx", zipped({"word/document.xml": b" " * 5_000_000}))
    assert caught.value.reason == BOMB
