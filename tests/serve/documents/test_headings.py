from __future__ import annotations

import io

import pytest
from tests.corpus.material import docx, epub, odt, zipped

from mbegu.corpus.source import Source
from mbegu.serve.documents.headings import headings_of

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def styled_docx(paragraphs: list[tuple[str, str]]) -> bytes:
    body = "".join(f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>' for style, text in paragraphs)
    return zipped({"word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'})


FILES = {
    "a.md": "# Ibà *gíga*\n\n## Omi ##\n\nmaji\n".encode(),
    "a.html": "<h1>Ibà <em>gíga</em></h1><p>x</p><h3>\nOmi </h3>".encode(),
    "a.odt": odt("<text:h>Ibà gíga</text:h><text:p>x</text:p><text:h>Omi</text:h>"),
    "a.docx": styled_docx([("Heading1", "Ibà gíga"), ("Normal", "x"), ("Titre2", "Omi")]),
    "a.epub": epub({"a.xhtml": "<h1>Ibà gíga</h1><p>x</p>", "b.xhtml": "<h2>Omi</h2>"}, ["a.xhtml", "b.xhtml"]),
}


def test_a_heading_that_was_moved_stands_where_it_is_now() -> None:
    style, run = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>', "<w:r><w:t>Ibà</w:t></w:r>"
    body = f"<w:p>{style}<w:moveFrom>{run}</w:moveFrom></w:p><w:p>{style}<w:moveTo>{run}</w:moveTo></w:p>"
    data = zipped({"word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'})
    assert headings_of(source("a.docx", data)) == ["Ibà"]


def source(name: str, data: bytes) -> Source:
    return Source(name, len(data), lambda: io.BytesIO(data))


@pytest.mark.parametrize("name", list(FILES))
def test_headings_are_found_as_the_format_marks_them(name: str) -> None:
    assert headings_of(source(name, FILES[name])) == ["Ibà gíga", "Omi"]


@pytest.mark.parametrize("name", ["a.docx", "a.odt", "a.epub", "a.pdf", "a.html", "a.md"])
@pytest.mark.parametrize("data", [b"", b"\x00\xff no such format", docx(["x"])[:40]])
def test_a_damaged_file_has_no_headings_and_stops_nothing(name: str, data: bytes) -> None:
    assert headings_of(source(name, data)) == []


def test_plain_text_has_none() -> None:
    assert headings_of(source("a.txt", b"# not a heading here")) == []
