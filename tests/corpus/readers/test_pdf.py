from __future__ import annotations

import pytest
from tests.corpus.material import pdf

from mbegu.corpus.findings import DAMAGED, EMPTY, PROTECTED, ReadError


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
