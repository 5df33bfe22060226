"""Fonts that go into a pack: named in its styles, never without their licence."""

from __future__ import annotations

from pathlib import Path

import pytest

from mbegu.core.errors import InputError, MbeguError
from mbegu.serve.pack.fonts import read_fonts


@pytest.fixture
def font(tmp_path: Path) -> Path:
    path = tmp_path / "files" / "Ethiopic.woff2"
    path.parent.mkdir()
    path.write_bytes(b"wOF2 and so on")
    return path


def test_a_font_is_carried_with_its_licence_and_named_in_the_styles(font: Path, tmp_path: Path) -> None:
    (tmp_path / "OFL.txt").write_text("may be given away", encoding="utf-8")
    files = read_fonts([font])
    assert files["fonts/1.woff2"] == b"wOF2 and so on"
    assert files["fonts/1-LICENCE.txt"] == b"may be given away"
    assert 'url("fonts/1.woff2") format("woff2")' in files["fonts.css"].decode()
    assert '--given-fonts: "given-1"' in files["fonts.css"].decode()


def test_without_fonts_nothing_is_added() -> None:
    assert read_fonts([]) == {}


def test_a_font_without_its_licence_is_refused(font: Path) -> None:
    with pytest.raises(InputError, match=r"licence of this font is not beside it, .*Put its licence"):
        read_fonts([font])


@pytest.mark.parametrize(("name", "data"), [("a.woff2", b"<html>"), ("a.exe", b"wOF2")])
def test_what_is_no_font_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match="no font that browsers read"):
        read_fonts([tmp_path / name])


def test_a_font_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MbeguError, match=r"no such file .*nkoo\.ttf"):
        read_fonts([tmp_path / "nkoo.ttf"])
