from __future__ import annotations

import pypdf
import pytest
from tests.corpus.material import pdf

from mbegu.core.errors import ResourceError
from mbegu.corpus.findings import DAMAGED, EMPTY, PROTECTED, ReadError
from mbegu.corpus.readers import pdf as reader


def test_the_text_of_a_page_is_read(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.pdf", pdf("Habari ya asubuhi\nTwende sokoni"))
    assert made.texts[0].strip().split("\n") == ["Habari ya asubuhi", "Twende sokoni"]


def test_a_password_is_told(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="save it without a password") as caught:
        read("a.pdf", pdf("Habari", password="siri"))
    assert caught.value.reason == PROTECTED


def test_a_scan_without_text_says_what_to_do(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="scanned page") as caught:
        read("a.pdf", pdf(""))
    assert caught.value.reason == EMPTY


@pytest.mark.parametrize("data", [b"%PDF-1.7 nonsense", b"", pdf("Habari")[:200]])
def test_a_damaged_file_is_told(read, data: bytes, capfd: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match=r"not a sound PDF|holds no text") as caught:
        read("a.pdf", data)
    assert caught.value.reason in (DAMAGED, EMPTY)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("error", [ResourceError("the disk is full"), MemoryError(), ModuleNotFoundError("pypdf")])
@pytest.mark.parametrize("place", ["_opened", "PageObject.extract_text", "PdfReader.decrypt", "scanned_page", "recognise"])
def test_what_does_not_speak_of_the_file_goes_on(read, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception) -> None:  # type: ignore[no-untyped-def]
    def fails(*_: object) -> None:
        raise error

    owner = pypdf if "." in place else reader
    if place == "recognise":
        monkeypatch.setattr(reader, "scanned_page", lambda page: b"II")
    monkeypatch.setattr(f"{owner.__name__}.{place}", fails)
    with pytest.raises(type(error)) as caught:
        read("a.pdf", pdf("", password="siri" if "decrypt" in place else ""))
    assert caught.value is error
