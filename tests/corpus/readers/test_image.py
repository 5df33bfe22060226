from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from tests.corpus.material import pdf

from mbegu.corpus.findings import DAMAGED, EMPTY, UNSUPPORTED, Findings, ReadError
from mbegu.corpus.readers import ocr, read_source
from mbegu.corpus.readers import pdf as pdf_reader
from mbegu.corpus.readers.context import Context
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="the program Tesseract is not installed")

# Letters as pictures of 5 by 7 dots.
DOTS = {
    "H": "10001 10001 10001 11111 10001 10001 10001",
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "B": "11110 10001 10001 11110 10001 10001 11110",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "I": "01110 00100 00100 00100 00100 00100 01110",
    "N": "10001 11001 10101 10101 10011 10001 10001",
    "Z": "11111 00001 00010 00100 01000 10000 11111",
    "U": "10001 10001 10001 10001 10001 10001 01110",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}
SCALE = 2
WIDTH, HEIGHT = 640, 400


def pixels(text: str) -> tuple[int, int, list[bytes]]:
    """Return width, height and rows of grey pixels of a page with a line of text."""
    rows = [b"\xff" * WIDTH] * 100
    for y in range(7):
        dots = "".join(DOTS[sign].split()[y] + "0" for sign in text)
        row = b"\xff" * 60 + b"".join((b"\x00" if dot == "1" else b"\xff") * SCALE for dot in dots)
        rows += [row.ljust(WIDTH, b"\xff")] * SCALE
    return WIDTH, HEIGHT, rows + [b"\xff" * WIDTH] * (HEIGHT - len(rows))


def png(text: str) -> bytes:
    width, height, rows = pixels(text)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def scanned_pdf(text: str, words: str = "") -> bytes:
    """Return a PDF with a scanned page, and before it a page with words where they are given."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject

    width, height, rows = pixels(text)
    writer = PdfWriter()
    if words:
        writer.append(PdfReader(io.BytesIO(pdf(words))))
    page = writer.add_blank_page(width=600, height=300)
    image = DecodedStreamObject()
    image.set_data(b"".join(rows))
    packed = image.flate_encode()
    packed.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(width),
            NameObject("/Height"): NumberObject(height),
            NameObject("/ColorSpace"): NameObject("/DeviceGray"),
            NameObject("/BitsPerComponent"): NumberObject(8),
        }
    )
    objects = DictionaryObject({NameObject("/Im0"): writer._add_object(packed)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): objects})
    content = DecodedStreamObject()
    content.set_data(b"q 600 0 0 300 0 0 cm /Im0 Do Q")
    page[NameObject("/Contents")] = writer._add_object(content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def recognised(name: str, data: bytes, language: str = "eng_Latn", folder: Path | None = None, **settings: str) -> tuple[list[str], Findings]:
    findings = Findings()
    context = Context(CorpusSettings(**settings), findings, language=language, keep_images=folder)  # type: ignore[arg-type]
    texts = ["".join(raw.chunks) for raw in read_source(Source(name, len(data), lambda: io.BytesIO(data)), context)]
    return texts, findings


@needs_tesseract
def test_a_picture_of_text_is_read_and_kept_beside_it(tmp_path: Path) -> None:
    texts, findings = recognised("ojú/ìwé.png", png("NURU NA AZIZA"), folder=tmp_path / "pages")
    assert texts == ["NURU NA AZIZA"]
    assert "mistakes are likely" in findings.notes[0][1]
    assert [path.read_bytes() for path in (tmp_path / "pages").iterdir()] == [png("NURU NA AZIZA")]


@needs_tesseract
def test_scanned_pages_of_a_pdf_are_read_beside_pages_of_text(tmp_path: Path) -> None:
    assert recognised("a.pdf", scanned_pdf("NURU NA AZIZA"))[0] == ["NURU NA AZIZA"]
    texts, findings = recognised("a.pdf", scanned_pdf("BARAZA", "Maneno ya kwanza."), folder=tmp_path)
    assert [page.strip() for page in texts[0].split("\f")] == ["Maneno ya kwanza.", "BARAZA"]
    assert findings.notes[-1][1].startswith("1 of 2 pages are scans")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf-0002.png"]


@needs_tesseract
def test_data_of_another_language_is_used_only_when_it_is_named() -> None:
    with pytest.raises(ReadError, match=r"no data for 'nqo_Nkoo'.*ocr_language.*installed: .*eng") as caught:
        recognised("a.png", png("BARAZA"), "nqo_Nkoo")
    assert caught.value.reason == UNSUPPORTED
    assert recognised("a.png", png("BARAZA"), "nqo_Nkoo", ocr_language="eng")[0] == ["BARAZA"]
    with pytest.raises(ReadError, match="no data 'qaa'"):
        recognised("a.png", png("BARAZA"), ocr_language="eng+qaa")


@needs_tesseract
def test_pictures_without_text_and_damaged_ones_are_told() -> None:
    with pytest.raises(ReadError) as caught:
        recognised("a.png", png("   "))
    assert caught.value.reason == EMPTY
    with pytest.raises(ReadError, match="cannot read the picture") as caught:
        recognised("a.png", png("BARAZA")[:60])
    assert caught.value.reason == DAMAGED


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_what_is_no_picture_is_told(name: str) -> None:
    with pytest.raises(ReadError, match="it is none") as caught:
        recognised(name, "ọ̀rọ̀".encode())
    assert caught.value.reason == DAMAGED


@pytest.mark.parametrize(("name", "data"), [("a.png", png("BARAZA")), ("a.pdf", scanned_pdf("BARAZA"))])
def test_without_the_program_one_line_says_what_to_do(name: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr.shutil, "which", lambda program: None)
    with pytest.raises(ReadError, match="install the program Tesseract and its data for your language") as caught:
        recognised(name, data)
    assert caught.value.reason == UNSUPPORTED
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize(("name", "data"), [("a.png", png("BARAZA")), ("a.pdf", scanned_pdf("BARAZA"))])
@pytest.mark.parametrize("program", [None, "/usr/bin/tesseract"])
def test_where_no_language_is_known_no_step_is_named_that_cannot_help(
    name: str, data: bytes, program: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr.shutil, "which", lambda name: program)
    with pytest.raises(ReadError, match="recognise it with an OCR program first") as caught:
        recognised(name, data, "")
    assert caught.value.reason == UNSUPPORTED
    assert "Tesseract" not in caught.value.detail and "[corpus]" not in caught.value.detail


def bound(*parts: bytes) -> bytes:
    """Return the pages of several PDFs as one."""
    from pypdf import PdfReader, PdfWriter

    writer, out = PdfWriter(), io.BytesIO()
    for part in parts:
        writer.append(PdfReader(io.BytesIO(part)))
    writer.write(out)
    return out.getvalue()


def test_a_cover_that_is_a_picture_does_not_cost_the_book(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr.shutil, "which", lambda program: None)
    texts, findings = recognised("a.pdf", bound(scanned_pdf("BARAZA"), pdf("Maneno ya kwanza."), scanned_pdf("NURU")))
    assert [page.strip() for page in texts[0].split("\f")] == ["", "Maneno ya kwanza.", ""]
    assert [(drop.source, drop.reason, drop.detail) for drop in findings.drops] == [
        (f"a.pdf#page {number}", UNSUPPORTED, ocr.HOW_TO_INSTALL) for number in (1, 3)
    ]
    assert findings.notes[-1] == ("a.pdf", "2 of 3 pages are scans: their text was recognised or is listed; check it")


def test_a_scan_that_cannot_be_recognised_does_not_cost_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_second(image: bytes, name: str, context: Context) -> str:
        if "0002" not in name:
            raise ReadError(DAMAGED, f"Tesseract cannot read the picture: {name}")
        return "NURU"

    monkeypatch.setattr(pdf_reader, "recognise", only_second)
    texts, findings = recognised("a.pdf", bound(scanned_pdf("BARAZA"), scanned_pdf("NURU")))
    assert [page.strip() for page in texts[0].split("\f")] == ["", "NURU"]
    assert [(drop.source, drop.reason) for drop in findings.drops] == [("a.pdf#page 1", DAMAGED)]
    with pytest.raises(ReadError, match=r"cannot read the picture: a\.pdf-0001\.png"):
        recognised("a.pdf", scanned_pdf("BARAZA"))


def test_no_name_of_a_picture_reaches_outside_the_folder(tmp_path: Path) -> None:
    ocr._keep(b"x", "../../a/..\\b.zip/../c.png", tmp_path / "pages")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == ["pages/_.._a_.._b.zip_.._c.png"]


def test_a_page_packed_by_a_fax_machine_becomes_a_tiff() -> None:
    from pypdf.generic import BooleanObject, DictionaryObject, NameObject, NumberObject, StreamObject

    from mbegu.corpus.readers.pdf_image import picture

    image = StreamObject()
    image._data = b"\x00\x10\x01"
    said = {NameObject("/K"): NumberObject(-1), NameObject("/Columns"): NumberObject(640), NameObject("/BlackIs1"): BooleanObject(False)}
    image.update(
        {
            NameObject("/Filter"): NameObject("/CCITTFaxDecode"),
            NameObject("/DecodeParms"): DictionaryObject(said),
            NameObject("/Width"): NumberObject(640),
            NameObject("/Height"): NumberObject(480),
        }
    )
    tiff = picture(image)
    assert tiff is not None and tiff[:4] == b"II*\x00"
    (at,) = struct.unpack("<I", tiff[4:8])
    (count,) = struct.unpack("<H", tiff[at : at + 2])
    fields = {tag: value for tag, _, _, value in (struct.unpack("<HHII", tiff[at + 2 + 12 * i : at + 14 + 12 * i]) for i in range(count))}
    assert (fields[256], fields[257], fields[259], fields[279], tiff[fields[273] :][:3]) == (640, 480, 4, 3, b"\x00\x10\x01")
    image.update({NameObject("/Filter"): NameObject("/JBIG2Decode")})
    assert picture(image) is None


@needs_tesseract
def test_the_program_is_not_a_shell(tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        recognised("a.png", png("BARAZA"), ocr_language=f"eng; touch {tmp_path}/evil")
    assert list(tmp_path.iterdir()) == []
    assert subprocess.run(["tesseract", "--version"], capture_output=True, check=False).returncode == 0
