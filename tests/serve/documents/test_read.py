from __future__ import annotations

from pathlib import Path

import pytest
from tests.corpus.material import docx, epub, odt
from tests.corpus.readers.test_image import bound, scanned_pdf
from tests.serve.documents.material import write_folder

from mbegu.core.errors import InputError
from mbegu.corpus.findings import DAMAGED, OUTSIDE, Findings, ReadError
from mbegu.serve.documents.read import list_documents, read_parts


def pages_pdf(pages: list[str]) -> bytes:
    import io

    from pypdf import PdfReader, PdfWriter
    from tests.corpus.material import pdf

    writer = PdfWriter()
    for page in pages:
        writer.append(PdfReader(io.BytesIO(pdf(page))))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


FILES: dict[str, str | bytes] = {
    "a.docx": docx(["Ẹ sè omi."]),
    "b.odt": odt("<text:p>Ẹ sè omi.</text:p>"),
    "c.epub": epub({"a.xhtml": "<p>Ẹ sè omi.</p>"}, ["a.xhtml"]),
    "d.html": "<p>Ẹ sè omi.</p>",
    "e.md": "Ẹ sè *omi*.",
    "f.txt": "Ẹ sè omi.",
    "g/LICENCE.txt": "Ẹ sè omi.",
}


def test_every_format_is_read_papers_too(tmp_path: Path) -> None:
    findings = Findings()
    files = list_documents(write_folder(tmp_path, {**FILES, "x.zip": b"PK", "danger.toml": "x = 1"}), findings)
    assert [file.name for file in files] == list(FILES)
    assert {"".join(part.text for part in read_parts(file, findings)) for file in files} == {"Ẹ sè omi."}
    assert {drop.source for drop in findings.drops} == {"x.zip", "danger.toml"}


def test_pages_of_a_pdf_keep_their_numbers_also_behind_an_empty_one(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a.pdf": pages_pdf(["Ukurasa wa kwanza", "", "Ukurasa wa tatu"]), "b.pdf": pages_pdf(["Peke yake"])})
    found = [[(part.page, part.text) for part in read_parts(file, Findings()) if part.text] for file in list_documents(tmp_path, Findings())]
    assert found == [[(1, "Ukurasa wa kwanza"), (3, "Ukurasa wa tatu")], [(1, "Peke yake")]]


def test_a_page_that_cannot_be_read_does_not_shift_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pypdf import PageObject

    whole = PageObject.extract_text

    def fragile(self: PageObject, *arguments: object, **named: object) -> str:
        text = whole(self, *arguments, **named)  # type: ignore[arg-type]
        if "mbovu" in text:
            raise KeyError("a damaged page")
        return text

    monkeypatch.setattr(PageObject, "extract_text", fragile)
    write_folder(tmp_path, {"a.pdf": pages_pdf(["Kurasa mbovu", "Ukurasa wa pili"])})
    findings = Findings()
    (file,) = list_documents(tmp_path, findings)
    assert [(part.page, part.text) for part in read_parts(file, findings)] == [(1, ""), (2, "Ukurasa wa pili")]
    assert ("a.pdf", "1 of 2 pages could not be read") in findings.notes


def test_a_cover_that_is_a_picture_does_not_cost_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mbegu.corpus.readers import ocr

    monkeypatch.setattr(ocr.shutil, "which", lambda program: None)
    write_folder(tmp_path, {"a.pdf": bound(scanned_pdf("BARAZA"), pages_pdf(["Ukurasa wa pili"]))})
    (file,) = list_documents(tmp_path, Findings())
    assert [(part.page, part.text) for part in read_parts(file, Findings())] == [(1, ""), (2, "Ukurasa wa pili")]


def test_a_document_that_is_a_scan_is_to_be_recognised_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mbegu.corpus.readers import ocr

    monkeypatch.setattr(ocr.shutil, "which", lambda program: "/usr/bin/tesseract")
    (file,) = list_documents(write_folder(tmp_path, {"a.pdf": scanned_pdf("BARAZA")}), Findings())
    with pytest.raises(ReadError, match="recognise it with an OCR program first") as caught:
        read_parts(file, Findings())
    assert "[corpus]" not in caught.value.detail


def test_rows_of_a_table_keep_their_numbers(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a.csv": "n,jibu\n1,Chemsheni maji kabla ya kunywa\n2,Mpelekeni mtoto zahanati mapema\n"})
    (file,) = list_documents(tmp_path, Findings())
    parts = read_parts(file, Findings())
    assert [(part.row, part.text) for part in parts] == [("2", "Chemsheni maji kabla ya kunywa"), ("3", "Mpelekeni mtoto zahanati mapema")]


def test_a_folder_that_is_not_there_or_empty_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not there .*Check the path"):
        list_documents(tmp_path / "none", Findings())
    with pytest.raises(InputError, match=r"holds no documents .*\.pdf \.docx"):
        list_documents(tmp_path, Findings())


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a.docx": b"no zip", "b.txt": b"\x89PNG\x00\x01\x02\xff\xfe\x00" * 50})
    for file in list_documents(tmp_path, Findings()):
        with pytest.raises(ReadError):
            read_parts(file, Findings())


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    write_folder(tmp_path / "siri", {"pin.txt": "Namba ya siri", "a/b.txt": "Namba nyingine"})
    folder = write_folder(tmp_path / "hati", {"a.txt": "Chemsheni maji", "ndani/c.txt": "Osheni mikono"})
    for link, target in (("pw.txt", "siri/pin.txt"), ("z", "siri"), ("ndani/d", "siri/a"), ("b.txt", "hati/a.txt")):
        try:
            (folder / link).symlink_to(tmp_path / target)
        except OSError:
            pytest.skip("this computer lets this user make no links")
    findings = Findings()
    files = list_documents(folder, findings)
    assert [file.name for file in files] == ["a.txt", "b.txt", "ndani/c.txt"]
    left_out = {drop.source for drop in findings.problems if drop.reason == OUTSIDE}
    assert left_out == {"pw.txt", "z", "ndani/d"}
    (tmp_path / "kiungo").symlink_to(folder)
    assert [file.name for file in list_documents(tmp_path / "kiungo", Findings())] == ["a.txt", "b.txt", "ndani/c.txt"]


def test_a_document_that_its_reader_cannot_take_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mbegu.corpus.readers import text

    def fails(source: object, context: object) -> None:
        raise IndexError("not foreseen")

    monkeypatch.setattr(text, "read", fails)
    (file,) = list_documents(write_folder(tmp_path, {"a.txt": "Chemsheni maji"}), Findings())
    with pytest.raises(ReadError, match="not as its format says: IndexError: not foreseen") as caught:
        read_parts(file, Findings())
    assert caught.value.reason == DAMAGED
