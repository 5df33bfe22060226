from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from tests.corpus.material import zipped
from tests.corpus.twelve_scripts import LINES

from mbegu.corpus.files import open_file
from mbegu.corpus.findings import DAMAGED, UNSUPPORTED, Findings, ReadError
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Context
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source


def read_zim(path: Path) -> tuple[list[tuple[str, str]], Findings]:
    findings = Findings()
    source = Source("a.zim", path.stat().st_size, lambda: open_file(path))
    return [(raw.place, "".join(raw.chunks)) for raw in read_source(source, Context(CorpusSettings(), findings))], findings


def write_zim(path: Path) -> None:
    writer = pytest.importorskip("libzim.writer", reason="libzim is not installed")

    class Page(writer.Item):  # type: ignore[misc,name-defined]
        def __init__(self, place: str, kind: str, content: str) -> None:
            super().__init__()
            self.place, self.kind, self.content = place, kind, content

        def get_path(self) -> str:
            return self.place

        def get_title(self) -> str:
            return self.place

        def get_mimetype(self) -> str:
            return self.kind

        def get_contentprovider(self) -> object:
            return writer.StringProvider(self.content)

        def get_hints(self) -> dict[object, int]:
            return {}

    with writer.Creator(str(path)) as creator:
        for script, lines in LINES.items():
            creator.add_item(Page(script, "text/html", f"<html><body><nav>x</nav>{''.join(f'<p>{line}</p>' for line in lines)}</body></html>"))
        creator.add_item(Page("style.css", "text/css", "p { color: red }"))
        creator.add_redirection("again", "Yoruba", "Yoruba", {})
        creator.add_metadata("Title", "T")


def test_pages_alone_are_read_in_every_script(tmp_path: Path) -> None:
    write_zim(tmp_path / "a.zim")
    texts, findings = read_zim(tmp_path / "a.zim")
    assert {place: text.split("\n\n") for place, text in texts} == dict(LINES)
    assert not findings.problems


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    write_zim(tmp_path / "a.zim")
    data = (tmp_path / "a.zim").read_bytes()
    for broken in (data[:100], data[: len(data) // 2], b"ZIM\x04" + b"\xff" * 400, b""):
        (tmp_path / "b.zim").write_bytes(broken)
        with pytest.raises(ReadError) as caught:
            read_zim(tmp_path / "b.zim")
        assert caught.value.reason == DAMAGED


def test_without_the_library_one_line_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libzim.reader", None)
    (tmp_path / "a.zim").write_bytes(b"ZIM")
    with pytest.raises(ReadError, match="pip install libzim") as caught:
        read_zim(tmp_path / "a.zim")
    assert caught.value.reason == UNSUPPORTED


def test_one_inside_another_archive_must_be_taken_out(read) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("libzim.reader", reason="libzim is not installed")
    made = read("a.zip", zipped({"a.zim": b"ZIM"}))
    assert "take it out" in made.findings.drops[0].detail
    with pytest.raises(ReadError, match="take it out"):
        list(read_source(Source("a.zim", 3, lambda: io.BytesIO(b"ZIM")), Context(CorpusSettings(), Findings())))
